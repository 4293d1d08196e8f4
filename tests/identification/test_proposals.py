"""Where the widget asks for confirmation, a code only proposes: the page that made it decides."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Message
from helpdesk.channels.models import Widget
from helpdesk.events.models import Event
from helpdesk.users.models import CustomField, Link, Profile
from helpdesk.users.services import blocking, profiles, told, values
from identification import services
from identification.models import Brake, Code, Proposal, SigningKey
from identification.services import brakes, deciding, forgetting
from tests import world
from tests.identification.asking import BOB, SITE, ask, claims, problem, sign
from tests.identification.proposing import decide, look, post, proposed

pytestmark = pytest.mark.django_db


def checked() -> list[tuple[str, str]]:
    rows = Event.objects.filter(kind="code.checked").order_by("pk")
    return [(event.data["outcome"], event.data["reason"]) for event in rows]


def again(profile: Profile) -> Profile:
    return Profile.objects.select_related("person").get(pk=profile.pk)


@pytest.mark.promise("P25")
def test_a_pasted_code_links_nothing_and_tells_nothing(site: Client, careful: Widget, bob: Profile) -> None:
    before = again(bob)
    proposed(site, careful, bob, BOB | {"user_full_name": "Bob Builder"})
    after = again(bob)
    assert (after.person, after.level, after.person.name) == (before.person, 1, "")
    assert Link.objects.filter(profile=bob).count() == 1
    assert checked() == [("proposed", "")]
    assert not Message.objects.exclude(author="profile").exists()
    assert Code.objects.get().used_at is not None
    assert not Brake.objects.filter(key=f"profile:{bob.pk}").exists()


def test_the_answer_of_codes_says_that_there_will_be_a_question(site: Client, careful: Widget) -> None:
    assert ask(site, careful, BOB).json()["confirm"] is True
    careful.confirm_codes = False
    careful.save()
    assert "confirm" not in ask(site, careful, BOB).json()


def test_the_page_shows_which_account_wants_to_be_linked(
    site: Client, careful: Widget, bob: Profile, messenger: CustomChannel
) -> None:
    told.tell(bob, told.Told(said={"name": "Bobby\u202e Tables"}), by=None)
    shown = proposed(site, careful, bob)
    assert (shown["channel"], shown["name"]) == ("Messenger", "Bobby Tables")
    assert shown["address"] == "bo…er", "on page data's word nobody reads it whole"
    assert 590 <= shown["expires_in"] <= 600
    assert set(shown) == {"id", "channel", "name", "address", "at", "expires_in"}


def test_a_name_that_an_agent_gave_is_not_shown_as_the_channels(site: Client, careful: Widget, bob: Profile) -> None:
    values.say(bob, "agent", {"name": "Known only inside"}, by=None)
    assert proposed(site, careful, bob)["name"] == ""


@pytest.mark.promise("P25")
def test_accepting_links_at_the_widgets_level_and_keeps_what_came_with_the_code(
    site: Client, careful: Widget, bob: Profile, tariff: CustomField
) -> None:
    user = BOB | {"user_full_name": "Bob Builder", "custom_fields": {"tariff": "VIP"}}
    shown = proposed(site, careful, bob, user)
    answer = decide(site, careful, shown["id"], proof=user)
    assert (answer.status_code, answer.json()) == (200, {"state": "accepted"})
    linked, account = again(bob), profiles.find("email", "bob@example.com")
    assert account is not None
    assert linked.person == account.person
    assert (linked.level, linked.person.name, linked.person.values) == (2, "Bob Builder", {"tariff": "2"})
    link = Link.objects.get(profile=bob, until=None)
    assert (link.method, link.evidence["proposal"]) == ("code", shown["id"])
    assert checked() == [("proposed", ""), ("valid", "")]
    assert Code.objects.get().payload == ""
    assert look(site, careful) == []


def test_messages_before_keep_their_level_and_those_since_have_the_new_one(
    site: Client, careful: Widget, bob: Profile
) -> None:
    shown = proposed(site, careful, bob)
    decide(site, careful, shown["id"])
    world.says(bob, "and now?")
    assert list(Message.objects.order_by("pk").values_list("level", flat=True)) == [1, 2]


@pytest.mark.promise("P25")
def test_with_a_token_it_is_proven(site: Client, widget: Widget, key: SigningKey, bob: Profile) -> None:
    widget.confirm_codes = True
    widget.save()
    proof = {"token": sign(key, claims(external_id="42"))}
    shown = proposed(site, widget, bob, proof)
    assert shown["address"] == "bob-in-messenger", "who shows the account by a token reads it"
    other = {"token": sign(key, claims(external_id="42", name="Bob"))}
    assert decide(site, widget, shown["id"], proof=other).json() == {"state": "accepted"}
    assert again(bob).level == 3


@pytest.mark.promise("P25")
@pytest.mark.parametrize("who", ["somebody else", "nobody", "a weaker proof", "another widget", "a forged token"])
def test_nobody_but_the_owner_of_the_account_sees_or_decides(
    site: Client, widget: Widget, key: SigningKey, bob: Profile, who: str
) -> None:
    widget.confirm_codes = widget.trust_page_data = True
    widget.save()
    proof = {"token": sign(key, claims(external_id="42"))}
    shown = proposed(site, widget, bob, proof)
    there = Widget.objects.create(title="Elsewhere", trust_page_data=True) if who == "another widget" else widget
    wrong: dict[str, tuple[Any, set[int]]] = {
        "somebody else": ({"token": sign(key, claims(external_id="43"))}, {404}),
        "nobody": ({}, {422}),
        "a weaker proof": ({"external_id": "42"}, {404}),
        "another widget": (proof, {404}),
        "a forged token": ({"token": proof["token"][:-4] + "AAAA"}, {401}),
    }
    told_by, statuses = wrong[who]
    seen = post(site, there, "proposals", {"proof": told_by})
    assert seen.status_code in {200, 401, 422}
    assert seen.status_code != 200 or seen.json() == {"proposals": []}
    assert decide(site, there, shown["id"], proof=told_by).status_code in statuses
    assert Proposal.objects.get().state == "open"
    assert again(bob).level == 1


@pytest.mark.parametrize("number", ["0", "999999", "9" * 40, "1%00", "x", "-1"])
def test_an_unknown_number_is_not_found(site: Client, careful: Widget, number: str) -> None:
    assert decide(site, careful, number).status_code in {400, 404}


@pytest.mark.parametrize("body", ["{}", "[]", '{"proof": 7}', '{"proof": null}', '{"proof": {}, "accept": 1}', "{"])
def test_a_strange_body_is_refused(site: Client, careful: Widget, body: str) -> None:
    assert post(site, careful, "proposals/1", body).status_code == 400
    if "accept" not in body:
        assert post(site, careful, "proposals", body).status_code == 400


@pytest.mark.promise("A31")
def test_only_sites_on_the_list_may_ask(careful: Widget) -> None:
    careful.allowed_origins = SITE
    careful.save()
    good, evil = Client(headers={"Origin": SITE}), Client(headers={"Origin": "https://evil.example"})
    assert post(good, careful, "proposals", {"proof": BOB})["Access-Control-Allow-Origin"] == SITE
    for path, body in (("proposals", {"proof": BOB}), ("proposals/1", {"proof": BOB, "accept": True})):
        assert problem(post(evil, careful, path, body)) == (403, "origin_refused")


# --- declined, too late, no longer possible ---


@pytest.mark.promise("P25")
def test_declining_links_nothing_counts_and_tells_agents_only(site: Client, careful: Widget, bob: Profile) -> None:
    shown = proposed(site, careful, bob)
    assert decide(site, careful, shown["id"], accept=False).json() == {"state": "declined"}
    assert again(bob).level == 1
    event = Event.objects.get(kind="code.declined")
    assert (event.red, event.profile_id, event.case_id) == (True, bob.pk, Message.objects.get().case_id)
    assert Brake.objects.get(key=f"profile:{bob.pk}").failures == 1
    assert Message.objects.count() == 1
    assert checked() == [("proposed", "")]
    assert problem(decide(site, careful, shown["id"])) == (409, "proposal_over")


def test_five_declined_lock_the_one_who_wrote(site: Client, careful: Widget, bob: Profile) -> None:
    for _ in range(5):
        decide(site, careful, proposed(site, careful, bob)["id"], accept=False)
    world.says(bob, ask(site, careful, BOB).json()["code"])
    assert checked()[-1] == ("invalid", "locked")


def test_ten_minutes_later_it_is_over_and_what_came_with_it_forgotten(
    site: Client, careful: Widget, bob: Profile
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        shown = proposed(site, careful, bob, BOB | {"user_full_name": "Bob"})
        assert Code.objects.get().payload
        clock.shift(timedelta(minutes=10, seconds=1))
        assert look(site, careful) == []
        assert problem(decide(site, careful, shown["id"])) == (409, "proposal_over")
        forgetting.forget_old()
    assert Proposal.objects.get().state == "expired"
    assert Code.objects.get().payload == ""
    assert again(bob).level == 1


@pytest.mark.parametrize("which", ["writer", "account"])
def test_whoever_is_blocked_meanwhile_is_not_linked(site: Client, careful: Widget, bob: Profile, which: str) -> None:
    shown = proposed(site, careful, bob)
    account = profiles.find("email", "bob@example.com")
    assert account is not None
    blocking.block((bob if which == "writer" else account).person, by=None)
    assert problem(decide(site, careful, shown["id"])) == (409, "proposal_over")
    assert again(bob).level == 1


def test_what_was_signed_before_a_revocation_confirms_nothing(
    site: Client, widget: Widget, key: SigningKey, bob: Profile
) -> None:
    widget.confirm_codes = True
    widget.save()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        shown = proposed(site, widget, bob, {"token": sign(key)})
        clock.shift(5)
        services.revoke_tokens(Code.objects.get().profile, by=None)
        clock.shift(5)
        fresh = {"token": sign(key, claims(iat=int(timezone.now().timestamp())))}
        assert look(site, widget, fresh) == []
        assert problem(decide(site, widget, shown["id"], proof=fresh)) == (409, "proposal_over")
    assert again(bob).level == 1


def test_somebody_proven_otherwise_meanwhile_is_a_conflict_and_no_link(
    site: Client, careful: Widget, bob: Profile
) -> None:
    shown = proposed(site, careful, bob)
    world.says(bob, services.make_code({"user_email": "carol@example.com"}, by=None)[0])
    person = again(bob).person
    assert decide(site, careful, shown["id"]).json() == {"state": "declined"}
    assert again(bob).person == person
    assert checked()[-1] == ("invalid", "someone_else")
    assert Event.objects.filter(kind="code.conflict", red=True).exists()


def test_in_a_case_that_was_merged_meanwhile_it_is_the_surviving_one_that_hears_of_it(
    site: Client, careful: Widget, bob: Profile, messenger: CustomChannel
) -> None:
    shown = proposed(site, careful, bob)
    into = world.says(world.customer(messenger, "bob-on-another-phone"), "hello").case
    cases.merge(Message.objects.get(profile=bob).case, into, by=world.admin())
    assert decide(site, careful, shown["id"]).json() == {"state": "accepted"}
    assert Event.objects.get(kind="code.accepted").case_id == into.pk


# --- how often ---


def test_looking_has_a_brake_of_its_own(site: Client, careful: Widget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "LOOKS", brakes.Limit(3, *[timedelta(minutes=1)] * 3))
    statuses = [post(site, careful, "proposals", {"proof": BOB}).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert ask(site, careful, BOB).status_code == 201


def test_deciding_counts_as_asking(site: Client, careful: Widget) -> None:
    statuses = [decide(site, careful, 1).status_code for _ in range(61)]
    assert statuses == [404] * 60 + [429]
