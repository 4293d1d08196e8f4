"""A customer sends a code: who that makes them, and what a wrong one does."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from channels_custom.models import CustomChannel
from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Level
from helpdesk.events.models import Event
from helpdesk.outbox.models import Job
from helpdesk.users.models import CustomField, Link, Profile
from helpdesk.users.models.fields import Source, Value
from helpdesk.users.services import identity, profiles, values
from identification import codes, services
from identification.models import Code
from tests import world

pytestmark = pytest.mark.django_db

BOB = {"user_email": "bob@example.com"}


def make(user: Mapping[str, Any] = BOB, **more: Any) -> str:
    return services.make_code(user, by=None, **more)[0]


def checked() -> list[tuple[str, str]]:
    """(outcome, reason) of every check so far."""
    return [(event.data["outcome"], event.data["reason"]) for event in Event.objects.filter(kind="code.checked")]


def again(profile: Profile) -> Profile:
    return Profile.objects.select_related("person").get(pk=profile.pk)


@pytest.mark.seed("000", "their profile from social media or messenger will be associated with the profile")
@pytest.mark.promise("P25")
def test_a_right_code_links_the_writer_with_the_account(bob: Profile) -> None:
    text = make(BOB | {"user_full_name": "Bob Builder"})
    said = world.says(bob, f"here it is: {text}")
    account = profiles.find("email", "bob@example.com")
    assert account is not None
    assert again(bob).person == account.person
    assert again(bob).level == Level.PROVEN
    assert again(bob).person.name == "Bob Builder"
    assert Message.objects.get(pk=said.message.pk).level == Level.PROVEN
    assert checked() == [("valid", "")]


@pytest.mark.seed("000", "Identification code — was not sent / is invalid / is valid")
def test_text_without_a_code_is_no_code(bob: Profile) -> None:
    world.says(bob, "what code? ID please")
    assert checked() == []


def test_it_is_found_in_lower_case_with_spaces_among_other_words(bob: Profile) -> None:
    text = make().lower().replace("-", " ")
    world.says(bob, f"my code is {text}, thank you")
    assert checked() == [("valid", "")]


def test_it_is_found_and_blanked_in_html_that_says_something_else_than_the_text(bob: Profile) -> None:
    text = make()
    said = world.says(bob, "see above", html=f"<p>{text}</p>")
    assert checked() == [("valid", "")]
    assert text not in Message.objects.get(pk=said.message.pk).html


def test_the_link_says_how_we_know(bob: Profile) -> None:
    make()
    text = make()
    world.says(bob, text)
    link = Link.objects.get(profile=bob, until=None)
    assert (link.method, link.level) == ("code", Level.PROVEN)
    assert link.evidence["code"] == Code.objects.latest("pk").pk


@pytest.mark.seed("000", "any other user data in Deskie")
def test_the_user_data_that_came_with_the_code_arrives_with_it(bob: Profile, tariff: CustomField) -> None:
    text = make(BOB | {"custom_fields": {"tariff": "VIP"}, "company_name": "Builders", "user_note": "nice"})
    assert again(bob).person.values == {}
    world.says(bob, text)
    person = again(bob).person
    assert person.values == {"tariff": "2"}
    assert person.company is not None
    assert (person.company.name, person.note) == ("Builders", "nice")
    assert Value.objects.get(key="cf:tariff").source == Source.CODE
    assert Code.objects.get().payload == ""


def test_a_field_that_is_gone_in_the_meantime_stops_nobody(bob: Profile, tariff: CustomField) -> None:
    text = make(BOB | {"custom_fields": {"tariff": "VIP"}, "user_full_name": "Bob"})
    tariff.delete()
    world.says(bob, text)
    assert checked() == [("valid", "")]
    assert (again(bob).person.name, again(bob).person.values) == ("Bob", {})


@pytest.mark.parametrize(("method", "source"), [("token", Source.TOKEN), ("page", Source.PAGE), ("api", Source.CODE)])
def test_each_value_remembers_who_said_it(bob: Profile, method: str, source: str) -> None:
    world.says(bob, make(BOB | {"user_full_name": "Bob"}, method=method, level=2 if method == "page" else 3))
    assert Value.objects.get(key="name").source == source


def test_a_code_from_page_data_vouches_but_does_not_prove(bob: Profile) -> None:
    world.says(bob, make(method="page", level=Level.VOUCHED))
    assert again(bob).level == Level.VOUCHED
    assert again(bob).is_identified


@pytest.mark.promise("P25")
@pytest.mark.seed("000", "valid for only 5 minutes")
@pytest.mark.parametrize(("seconds", "outcome"), [(299, ("valid", "")), (301, ("invalid", "expired"))])
def test_a_code_lives_for_five_minutes(bob: Profile, seconds: int, outcome: tuple[str, str]) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        text = make()
        clock.shift(timedelta(seconds=seconds))
        world.says(bob, text)
    assert checked() == [outcome]
    assert again(bob).is_identified == (outcome[0] == "valid")


@pytest.mark.promise("P25")
def test_a_code_works_once(bob: Profile, messenger: CustomChannel) -> None:
    text, eve = make(), world.customer(messenger, "eve")
    world.says(bob, text)
    world.says(eve, text)
    assert checked() == [("valid", ""), ("invalid", "used")]
    assert not again(eve).is_identified
    assert again(eve).person != again(bob).person


def test_a_wrong_symbol_an_unknown_and_a_voided_code_are_invalid(bob: Profile) -> None:
    voided = make()
    right = make()
    place = next(i for i, symbol in enumerate(right) if i > 2 and symbol in "23456789")
    slip = right[:place] + ("2" if right[place] != "2" else "3") + right[place + 1 :]
    for text in (slip, codes.make(), voided):
        world.says(bob, text)
    assert checked() == [("invalid", "check"), ("invalid", "unknown"), ("invalid", "voided")]
    assert not again(bob).is_identified


@pytest.mark.promise("P25")
def test_all_failures_look_alike_in_the_conversation(bob: Profile) -> None:
    used, voided = make({"external_id": "7"}), make()
    make()
    world.says(world.customer(bob.channel.customchannel, "other"), used)  # type: ignore[union-attr]
    texts = [world.says(bob, text).message.pk for text in (used, voided, codes.make())]
    shown = Message.objects.filter(pk__in=texts)
    assert {(message.text, message.html, message.level) for message in shown} == {(codes.MASK, "", 1)}
    assert Case.objects.get(profile=bob).messages_count == 3


@pytest.mark.promise("P31")
def test_right_or_wrong_the_code_is_blanked_in_the_transcript(bob: Profile) -> None:
    right, wrong = make(), codes.make()
    said = world.says(bob, f"first {wrong} then {right}!", html="")
    case, message = Case.objects.get(), Message.objects.get(pk=said.message.pk)
    assert message.text == f"first {codes.MASK} then {codes.MASK}!"
    assert case.last_message_text == message.text
    told = str([event.data for event in Event.objects.all()]) + str([job.body for job in Job.objects.all()])
    assert right not in told
    assert wrong not in told


@pytest.mark.parametrize(
    "html",
    [
        "<p>my code: {}</p>",
        "<p>my <b>{}</b></p>",
        "<p>ID-<b>{five}</b>-{rest}</p>",
        "<p>ID&nbsp;{five}&#45;{rest}</p>",
    ],
)
def test_it_is_blanked_in_html_too_even_across_tags(bob: Profile, html: str) -> None:
    text = make()
    said = world.says(bob, "", html=html.format(text, five=text[3:8], rest=text[9:]))
    message = Message.objects.get(pk=said.message.pk)
    assert checked() == [("valid", "")]
    assert text[9:] not in message.html + message.text
    assert codes.MASK in message.html


def test_a_code_that_is_cut_off_in_the_list_is_blanked_there_too(bob: Profile) -> None:
    text = make()
    world.says(bob, "word " * 29 + text)
    assert text[:8] not in Case.objects.get().last_message_text


def test_a_code_in_the_subject_is_blanked(messenger: CustomChannel, bob: Profile) -> None:
    text = make()
    world.says(bob, text, facts=world.cases.Facts(subject=f"code {text}"))
    assert Case.objects.get().subject == f"code {codes.MASK}"


def test_only_the_customers_own_messages_are_looked_at(bob: Profile) -> None:
    text = make()
    case = world.says(bob, "hello").case
    world.cases.note(case, f"he should send {text}", by=world.admin())
    assert checked() == []
    assert Code.objects.get().used_at is None


@pytest.mark.promise("P25")
def test_somebody_proven_to_be_another_person_gets_nowhere_with_a_right_code(bob: Profile) -> None:
    world.says(bob, make())
    carols = make({"user_email": "carol@example.com"})
    before = again(bob).person
    world.says(bob, carols)
    assert checked()[-1] == ("invalid", "someone_else")
    assert again(bob).person == before
    conflict = Event.objects.get(kind="code.conflict")
    assert conflict.red
    assert conflict.profile_id == bob.pk
    # It was shown to the wrong one, so it is worth nothing any more.
    assert Code.objects.latest("pk").used_at is not None


def test_two_people_with_external_ids_are_not_made_one(messenger: CustomChannel) -> None:
    """The writer is not proven, but the person has an account id of its own: only an agent may judge that."""
    writer, account = world.customer(messenger, "bob"), profiles.meet("external", "1")
    identity.link(writer, account.person, method="agent", level=1, by=None)
    world.says(writer, make({"external_id": "2"}))
    assert checked() == [("invalid", "someone_else")]


def test_the_same_person_may_send_a_code_again(bob: Profile) -> None:
    world.says(bob, make())
    world.says(bob, make(BOB | {"user_full_name": "Robert"}))
    assert checked() == [("valid", ""), ("valid", "")]
    assert again(bob).person.name == "Robert"


@pytest.mark.seed("003", "continue conversations while switching from one channel to another")
def test_a_second_messenger_joins_the_same_person(bob: Profile) -> None:
    other = world.customer(world.messenger(title="Other"), "bob-elsewhere")
    world.says(bob, make())
    world.says(other, make())
    assert again(bob).person == again(other).person


def test_a_link_by_code_can_be_undone(bob: Profile) -> None:
    alone = again(bob).person
    world.says(bob, make(BOB | {"user_full_name": "Bob"}))
    link = Link.objects.get(profile=bob, until=None)
    assert link.operation is not None
    identity.undo(link.operation, by=None)
    assert (again(bob).person, again(bob).level) == (alone, Level.CLAIMED)


def test_a_message_that_comes_twice_redeems_once(bob: Profile) -> None:
    text = make()
    world.says(bob, text, external_id="m1")
    world.says(bob, text, external_id="m1")
    assert checked() == [("valid", "")]


def test_of_a_message_full_of_codes_only_three_are_tried(bob: Profile) -> None:
    right = make()
    world.says(bob, " ".join([codes.make() for _ in range(50)] + [right]))
    assert checked() == [("invalid", "unknown")]
    assert codes.find(Message.objects.get().text) == []


def test_values_told_by_a_stronger_source_later_stay(bob: Profile) -> None:
    world.says(bob, make(BOB | {"user_full_name": "From the page"}, method="page", level=2))
    account = profiles.find("email", "bob@example.com")
    assert account is not None
    values.say(account, Source.AGENT, {"name": "From Ann"}, by=None)
    world.says(bob, make(BOB | {"user_full_name": "From the page again"}, method="page", level=2))
    assert again(bob).person.name == "From Ann"


def test_looking_ahead_names_everybody_who_would_be_locked(bob: Profile, messenger: CustomChannel) -> None:
    text = make(BOB | {"external_id": "7"})
    assert services.foresee("hello", bob) == set()
    assert services.foresee(codes.make(), bob) == set()
    assert services.foresee(text.lower(), bob) == set(Profile.objects.values_list("pk", flat=True))
