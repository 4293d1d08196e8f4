"""The field table: what some rows see, as people would say it. The whole catalogue: tests/rules/test_catalogue.py."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from helpdesk.cases import services as cases
from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case
from helpdesk.channels.models import Language
from helpdesk.lib.fields import AGE, CHOICE, FIELDS, RANK, SET, remembered
from helpdesk.users.models import CustomField, Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.services import identity, profiles, values
from tests import world

pytestmark = pytest.mark.django_db

# Late on the 28th in UTC, and the 29th already at the desk, in Berlin.
NOW = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _berlin(settings: Any) -> None:
    settings.DESK_TIME_ZONE = "Europe/Berlin"


def test_the_fields_can_be_asked_for_in_lists():
    askable = {field.key for field in FIELDS if field.lookup}
    assert askable >= {"case.status", "case.group", "case.assignee", "case.channel", "case.labels"}
    assert askable >= {"user.identified", "user.created", "user.level"}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.key)
def test_each_row_of_the_table_is_whole(field):
    assert str(field.label)
    if field.kind in (CHOICE, RANK, SET):
        assert field.choices is not None
    assert field.lists <= {"new", "updated", "time"}
    assert set(field.words) <= set(field.kind.operators)
    assert len({operator.key for operator in field.operators}) == len(field.operators) >= 2
    if field.kind is AGE:
        assert field.lists == {"time"}


def test_lists_in_which_a_field_may_stand():
    by_key = {field.key: field for field in FIELDS}
    assert by_key["identification.code"].lists == {"updated"}
    assert by_key["message.text"].stands_in("new")
    assert not by_key["message.text"].stands_in("time")
    assert by_key["user.identified"].stands_in("time")


# What each kind of condition sees, as people would say it. (field, operator, value, whether it holds)
BOB: list[tuple[str, str, Any, bool]] = [
    ("user.identified", "no", None, True),
    ("user.identified", "yes", None, False),
    ("user.level", "is", "1", True),
    ("user.level", "at_least", "1", True),
    ("user.level", "at_least", "2", False),
    ("user.level", "below", "2", True),
    ("user.level", "below", "1", False),
    ("user.identified_by", "empty", None, True),
    ("user.identified_by", "is_not", "code", True),
    ("user.external_id", "no", None, True),
    ("user.look_up_failed", "no", None, True),
    ("metadata.plan", "is", ["GOLD"], True),
    ("metadata.plan", "equals_not", 7, True),
    ("metadata.seats", "more", 11, True),
    ("metadata.seats", "is", ["12"], True),
    ("metadata.text seats", "between", [12, 12], True),
    ("metadata.trial", "yes", None, True),
    ("metadata.trial", "is_not", ["false"], True),
    ("metadata.elsewhere", "empty", None, True),
    ("metadata.elsewhere", "no", None, True),
    ("metadata.elsewhere", "contains_none", ["x"], True),
    ("metadata.elsewhere", "less", 1, False),
    ("user.created", "after", "2026-03-28", True),
    ("user.created", "after", "2026-03-29", False),
    ("user.created", "before", "2026-03-30", True),
    ("user.created", "on", "2026-03-29", True),
    ("user.name", "is", ["BOB BRÄUER"], True),
    ("user.name", "contains_none", ["bräu"], False),
    ("user.name", "starts", ["Rob", "bob"], True),
    ("user.company", "contains_any", ["acme"], True),
    ("user.company", "empty", None, False),
    ("user.email", "is", ["Bob@Example.com"], True),
    ("user.phone", "no", None, True),
    ("user.language", "is", "de", True),
    ("user.cf.tariff", "is", "2", True),
    ("user.cf.tariff", "is_not", "1", True),
    ("user.cf.tariff", "empty", None, False),
    ("user.cf.since", "before", "2024-01-02", True),
    ("user.cf.since", "ago_more", {"amount": 365, "unit": "days"}, True),
    ("user.cf.gold", "yes", None, True),
    ("user.cf.memo", "matches", "^v.p$", True),
    ("user.cf.other", "empty", None, True),
    ("user.cf.other", "is_not", ["x"], True),
    ("case.cf.order", "is", ["a-1"], True),
    ("case.sync", "yes", None, True),
    ("case.active_chat", "yes", None, True),
    ("case.messages", "equals", 1, True),
    ("case.created", "ago_less", {"amount": 1, "unit": "minutes"}, True),
    ("case.assignee", "empty", None, True),
    ("case.labels", "empty", None, True),
    ("message.text", "contains_all", ["STRASSE", "５"], True),
    ("message.text", "contains_any", ["platz"], False),
    ("message.text", "is_not", ["x"], True),
    ("message.text", "starts_not", ["ich"], False),
    ("message.text", "matches", "stra(ß|ss)e", True),
    ("message.text", "matches_not", "(a+)+$", True),
    ("message.text", "empty", None, False),
    ("message.author", "is", "profile", True),
    ("message.author", "is_not", "agent", True),
    ("identification.code", "not_sent", None, True),
]


@pytest.fixture
def seen() -> Facts:
    """Bob has just written from his messenger, and the desk knows a lot about him."""
    Language.objects.get_or_create(code="de", defaults={"title": "Deutsch"})
    world.tariff()
    for key, kind in (("since", "date"), ("gold", "checkbox"), ("memo", "text"), ("other", "textarea")):
        CustomField.objects.create(key=key, title=key, kind=kind, level="user")
    CustomField.objects.create(key="order", title="Order", kind="text", level="case")
    with time_machine.travel(NOW, tick=False):
        bob = world.customer(world.messenger())
        said = {"name": "Bob Bräuer", "company": "ACME GmbH", "language": "de", "tariff": "VIP"}
        values.say(bob, Source.AGENT, {**said, "since": "2023-05-01", "gold": True, "memo": "VIP"}, by=None)
        mail = profiles.meet("email", "bob@example.com")
        identity.link(mail, bob.person, method="agent", level=0, by=None)
        bob.person.metadata = {"plan": "Gold", "seats": 12, "text seats": "12", "trial": True}
        bob.person.save(update_fields=["metadata"])
        case = world.says(bob, "Ich wohne Lange Straße 5").case
        cases.set_value(case, "order", "A-1", by=None)
    return Facts(Case.objects.get(pk=case.pk), events_of(case))


def events_of(case: Case) -> list[Any]:
    from helpdesk.events.models import Event  # noqa: PLC0415

    return list(Event.objects.filter(case_id=case.pk).order_by("pk"))


def test_conditions_see_what_people_would_say(seen):
    fields = FIELDS.now()
    with time_machine.travel(NOW + timedelta(seconds=10), tick=False), remembered():
        for key, operator, value, expected in BOB:
            field = fields[key]
            test = field.prepare(operator, field.parse(operator, value))
            assert test(field.getter(seen)) is expected, (key, operator, value)


def test_message_conditions_look_at_the_last_public_word_that_no_rule_wrote():
    bob = world.customer(world.messenger("http://127.0.0.1:9/hook"))
    ann = world.agent(sees=[bob.channel])
    case = world.says(bob, "hello").case
    cases.note(case, "a note", by=ann)
    facts = Facts(Case.objects.get(pk=case.pk), events_of(case))
    assert facts.message is not None
    assert facts.message.text == "hello"
    assert Facts(case).message is None
    assert Facts(case).asked is None


def test_a_wicked_pattern_takes_no_time():
    field = next(field for field in FIELDS if field.key == "message.text")
    test = field.prepare("matches", field.parse("matches", "(a+)+$"))
    started = datetime.now(UTC)
    assert test("a" * 50_000 + "!") is False
    assert datetime.now(UTC) - started < timedelta(seconds=1)


def test_dates_are_days_of_the_desk():
    field = next(field for field in FIELDS if field.key == "user.created")
    after = field.prepare("after", "2026-03-28")
    assert after(NOW)
    assert not after(NOW - timedelta(minutes=31))
    assert not after(None)
    assert after(date(2026, 3, 29))


def test_facts_are_fetched_when_asked_for_and_once(django_assert_num_queries, seen):
    case = Case.objects.select_related("profile__person__company").get(pk=seen.case.pk)
    facts = Facts(case, seen.events)
    with django_assert_num_queries(0):
        assert facts.profile.is_identified is False
        assert facts.company == "ACME GmbH"
    with django_assert_num_queries(1):
        assert facts.message is not None
        assert facts.message.text
    with django_assert_num_queries(1):
        assert facts.labels == facts.labels == frozenset()
    with django_assert_num_queries(1):
        assert facts.address("email") == facts.address("email") == "bob@example.com"


def test_the_users_address_is_the_profiles_own_first(seen):
    mail = Profile.objects.get(kind="email")
    assert seen.address("email") == mail.address
    assert seen.address("phone") is None
