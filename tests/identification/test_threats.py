"""Threats to identity that no other test has for its own (docs/threats.md)."""

import json
from typing import Any

import pytest
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Level, Widget
from helpdesk.users.models import Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.services import identity, profiles, told, values
from identification import services
from identification.models import Code, SigningKey
from tests import world
from tests.identification.asking import BOB, claims, sign
from tests.users import picture

pytestmark = pytest.mark.django_db


def fresh(profile: Profile) -> Profile:
    return Profile.objects.select_related("person").get(pk=profile.pk)


def test_who_identifies_late_goes_on_in_the_same_case(bob: Profile) -> None:
    before = world.says(bob, "hello")
    code = services.make_code(BOB, by=None)[0]
    same, after = world.says(bob, code), world.says(bob, "so, my question")
    assert same.case == after.case == before.case
    levels = list(
        Message.objects.filter(case=before.case, author="profile").order_by("pk").values_list("level", flat=True)
    )
    assert levels == [Level.CLAIMED, Level.PROVEN, Level.PROVEN]
    assert Case.objects.of_person(profiles.meet("email", "bob@example.com").person).get() == before.case


def test_who_somebody_is_is_never_read_from_an_address(site: Client, trusting: Widget, key: SigningKey) -> None:
    """Addresses stand in logs, in histories and in what the next site is told."""
    before = picture.identity()
    told = {"token": sign(key, claims()), "external_id": "42", **BOB}
    for path in ("codes", "texts", "proposals"):
        address = f"/widget/v1/identify/{trusting.public_id}/{path}"
        for answer in (
            site.get(address, told),
            site.post(f"{address}?token={told['token']}", content_type="text/plain"),
        ):
            assert answer.status_code in {200, 400, 405, 415}
            assert "bob@example.com" not in answer.content.decode()
    answer = site.post(f"{address}?token={told['token']}", json.dumps({}), content_type="application/json")
    assert answer.status_code == 400
    assert not Code.objects.exists()
    assert picture.differences(before, picture.identity()) == {}


@pytest.mark.parametrize("path", ["/accounts/login/", "/links/undo/nonsense/", "/sign-in/nonsense/", "/nowhere/"])
def test_pages_for_strangers_give_no_address_away(client: Client, path: str) -> None:
    assert client.get(path)["Referrer-Policy"] in {"no-referrer", "same-origin"}


def test_after_a_merge_each_old_address_still_leads_to_the_one_person(messenger: CustomChannel, bob: Profile) -> None:
    work = world.customer(messenger, "bob-at-work")
    told.tell(work, told.Told(email="bob@work.example"), by=None)
    identity.merge(fresh(work).person, fresh(bob).person, by=None)
    people = {fresh(one).person_id for one in (work, bob, profiles.meet("email", "BOB@work.example"))}
    assert people == {fresh(bob).person_id}
    assert world.says(work, "me again").case.profile == work


def test_the_same_id_in_two_channels_is_two_people(messenger: CustomChannel) -> None:
    there = world.messenger(title="Forum")
    here, elsewhere = world.customer(messenger, "4930901820"), world.customer(there, "4930901820")
    phone = profiles.meet("phone", "+4930901820")
    assert len({here.person_id, elsewhere.person_id, phone.person_id}) == 3


def test_a_merge_in_the_middle_of_a_chat_is_not_noticed_there(messenger: CustomChannel, bob: Profile) -> None:
    chat = world.says(bob, "hello").case
    other = world.customer(messenger, "bob-at-work")
    elsewhere = world.says(other, "another matter").case
    identity.merge(fresh(bob).person, fresh(other).person, by=None)
    answer = cases.reply(Case.objects.get(pk=chat.pk), "yes?", by=None)
    assert (answer.case, world.says(bob, "still there?").case) == (chat, chat)
    assert world.says(other, "and this one?").case == elsewhere
    assert Case.objects.get(pk=chat.pk).active_chat


def test_an_address_that_an_agent_notes_links_nobody(bob: Profile) -> None:
    profiles.meet("email", "carol@example.com")
    before = picture.identity()["users.Link"]
    said: dict[str, Any] = {"note": "says that she is carol@example.com", "name": "carol@example.com"}
    values.say(bob, Source.AGENT, said, by=world.admin())
    assert picture.identity()["users.Link"] == before
    assert fresh(bob).level == Level.CLAIMED
