"""The whole catalogue, read from its tables: each field with each of its operators, and a test for each action.

What a field sees in which situation stands in samples.py, the situations in situations.py, where an action is tested
in actions.py.
"""

import copy
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from helpdesk.cases.actions import ACTIONS
from helpdesk.cases.facts import Facts
from helpdesk.cases.fields.events import HAPPENED, WHAT
from helpdesk.cases.models import Case
from helpdesk.events.kinds import touching
from helpdesk.lib.fields import FIELDS, FLAG, KINDS, LOOSE, SET, Field, Operator, WrongValue, remembered
from helpdesk.lib.fields.choices import from_names
from helpdesk.lib.fields.dates import day
from helpdesk.lib.registry import UnknownKey
from rules import drafts, schema
from rules.models import RuleList
from rules.services.traces import sentence
from tests.rules import actions, reference
from tests.rules.samples import SAMPLES
from tests.rules.situations import NOW, SITUATIONS, Desk, desk

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
OWN_KINDS = {field.key for field in FIELDS if field.kind not in KINDS}


@pytest.fixture(scope="module")
def _desk(django_db_setup: None, django_db_blocker: Any) -> Iterator[Desk]:
    """The desk, made once for all tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(NOW, tick=False):
            made = desk()
        with django_db_blocker.block():
            yield made
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def it(_desk: Desk, settings: Any) -> Iterator[Desk]:
    """The desk, in Berlin, at night; as if nothing had happened in other tests."""
    settings.DESK_TIME_ZONE = "Europe/Berlin"
    with time_machine.travel(NOW, tick=False):
        yield copy.deepcopy(_desk)


# — the tables are whole —


def test_every_field_has_a_sample():
    missing = set(FIELDS.now()) - set(SAMPLES)
    assert not missing, f"add to tests/rules/samples.py what these fields see, and in which situation: {missing}"
    assert all(family.prefix in {"metadata."} for family in FIELDS.families), "add samples of the new family"


@pytest.mark.parametrize("key", SAMPLES)
def test_a_sample_says_at_least_two_different_things(key):
    field = FIELDS.now()[key]
    seen = list(SAMPLES[key].values())
    if key not in OWN_KINDS:
        assert len({repr(one) for one in seen if one is not None}) >= 2, f"{key}: add a situation with another value"
    if field.optional and field.kind not in (SET, FLAG):
        assert any(one in (None, "") for one in seen), f"{key}: add a situation in which it is missing"


@pytest.mark.parametrize("name", RuleList.values)
def test_no_two_fields_of_a_section_have_the_same_name(name):
    titles = [(schema.section(field.key), str(field.label)) for field in FIELDS if field.stands_in(name)]
    assert sorted(titles) == sorted(set(titles))


def test_whatever_touches_a_case_has_a_name_in_what_happened():
    told_by_author = {"message.added"}
    elsewhere = {"case.opened": "the list of new cases", "code.accepted": "it links as well: profile.linked"}
    missing = set(touching()) - set(HAPPENED) - told_by_author - set(elsewhere)
    assert not missing, f"name in helpdesk/cases/fields/events.py what these events mean: {missing}"
    assert set(HAPPENED.values()) <= {choice.value for choice in WHAT.all()}


def test_every_action_has_a_test():
    missing = {kind.key for kind in ACTIONS} - set(actions.TESTS)
    assert not missing, f"write a test for these actions and name it in tests/rules/actions.py: {missing}"
    gone = set(actions.TESTS) - {kind.key for kind in ACTIONS}
    assert not gone, f"tests/rules/actions.py names actions that do not exist: {gone}"


@pytest.mark.parametrize(("key", "place"), actions.TESTS.items())
def test_the_test_of_an_action_is_there_and_does_it(key, place):
    path, name = place.split("::")
    source = (ROOT / path).read_text(encoding="utf-8")
    body = re.search(rf"^def {re.escape(name)}\(.*?(?=^\S|\Z)", source, re.M | re.S)
    assert body, f"{path} has no test {name}"
    assert f'"{key}"' in source, f"{path} does not name the action {key!r}"


# — what a field sees —


def stored(field: Field, seen: Any) -> Any:
    """What a sample says, as the getter gives it."""
    if isinstance(seen, set | frozenset):
        assert field.choices is not None
        return frozenset(from_names(field.choices, sorted(seen)))
    if field.kind.key == "date" and isinstance(seen, str):
        return date.fromisoformat(seen)
    return from_names(field.choices, seen) if field.choices and isinstance(seen, str) else seen


@pytest.mark.parametrize("name", SITUATIONS)
def test_fields_see_what_happened(name, it):
    facts = SITUATIONS[name](it)
    fields = FIELDS.now()
    expected = {key: stored(fields[key], seen[name]) for key, seen in SAMPLES.items() if name in seen}
    assert {key: fields[key].getter(facts) for key in expected} == expected


def test_nothing_is_read_before_a_condition_asks_for_it_and_then_once(it, django_assert_max_num_queries):
    facts = SITUATIONS["known"](it)
    fields, channel = FIELDS.now(), facts.case.channel
    assert channel.sync
    for key in SAMPLES:
        with django_assert_max_num_queries(0):
            fresh = Facts(facts.case, facts.events)
        with django_assert_max_num_queries(2):
            seen = fields[key].getter(fresh)
        with django_assert_max_num_queries(0):
            assert fields[key].getter(fresh) == seen


# — every field × every operator × every value —


def questions(field: Field, operator: Operator, seen: list[Any]) -> list[Any]:  # noqa: C901 (a line per control)
    """Values to compare with: such that hold for what is seen, and others."""
    there = [one for one in seen if one not in (None, "")]
    match operator.control:
        case "none":
            return [None]
        case "words":
            words = [str(reference.spelled(one)) for one in there]
            return [[word] for word in words] + [[word[:3] or word] for word in words] + [[*words, "zzz"], ["zzz"]]
        case "pattern":
            return [f"^{re.escape(one[:3])}" for one in there] + ["zzz", "(a+)+$"]
        case "choice":
            return [choice.value for choice in field.choices.all()] if field.choices else []
        case "choices":
            every = [choice.value for choice in field.choices.all()] if field.choices else []
            return [[one] for one in every] + [every[:2], every]
        case "number":
            numbers = [n for n in map(reference.number, there) if isinstance(n, int)] or [0]
            return sorted({n + more for n in numbers for more in (-1, 0, 1)})
        case "range":
            numbers = [n for n in map(reference.number, there) if isinstance(n, int)] or [0]
            return [[n, n] for n in numbers] + [[n + 1, n + 5] for n in numbers]
        case "date":
            return [day(one + more).isoformat() for one in there for more in (-A_DAY, timedelta(0), A_DAY)]
        case "dates":
            return [[day(one).isoformat(), day(one + A_DAY).isoformat()] for one in there] + [["1999-01-01"] * 2]
        case "span" | "clock":
            return [{"amount": n, "unit": u} for n, u in ((1, "minutes"), (2, "hours"), (1, "days"), (9000, "hours"))]
        case "times":
            return [["09:00", "17:00"], ["22:00", "06:00"], ["00:00", "00:30"], ["00:30", "00:31"]]
    raise AssertionError(f"add to `questions` what the control {operator.control!r} is tried with")


A_DAY = timedelta(days=1)


def expected(operator: Operator, value: Any, seen: Any) -> bool:
    """By the second interpreter, which shares no code with the engine; it takes days as they are at the desk."""
    if isinstance(seen, datetime) and operator.control in {"date", "dates"}:
        seen = day(seen)
    return reference.holds(operator.key, value, seen, timezone.now())


def all_seen(field: Field) -> list[Any]:
    """What the samples say, and nothing at all, where that can be."""
    seen = [stored(field, one) for one in SAMPLES[field.key].values()]
    if field.kind is LOOSE:
        return [*seen, "Gold", "7", 12, 2.5, True, False, None]
    return seen if field.kind is SET or field.key.startswith("time.") else [*seen, None]


@pytest.mark.promise("P27")
@pytest.mark.parametrize("key", [key for key in SAMPLES if key not in OWN_KINDS])
def test_each_operator_holds_where_it_should_and_nowhere_else(key):
    field = FIELDS.now()[key]
    seen = all_seen(field)
    for operator in field.operators:
        answers = set()
        for value in questions(field, operator, seen):
            parsed = field.parse(operator.key, value)
            assert field.parse(operator.key, parsed) == parsed, "a parsed value is parsed to itself"
            test = field.prepare(operator.key, parsed)
            for one in seen:
                held = test(one)
                assert held is expected(operator, parsed, one), (operator.key, value, one)
                answers.add(held)
        assert answers == {True, False}, f"{operator.key}: no value for which it holds, or none for which it does not"


@pytest.mark.promise("P27")
@pytest.mark.parametrize("key", SAMPLES)
def test_a_negation_is_true_exactly_where_the_other_is_not(key):
    field = FIELDS.now()[key]
    seen = all_seen(field)
    for operator in field.operators:
        if (positive := NEGATIVE.get(operator.key)) is None:
            continue
        for value in questions(field, operator, seen):
            parsed = field.parse(operator.key, value)
            for one in seen:
                assert field.prepare(operator.key, parsed)(one) is not field.prepare(positive, parsed)(one)


NEGATIVE = {**reference.NEGATIVE, "outside": "inside", "not_between": "between"}

# Fields with operators of their own: (operator, value as a file names it, situation, whether it holds).
OWN: dict[str, list[tuple[str, Any, str, bool]]] = {
    "identification.code": [
        (operator, None, situation, outcome == operator)
        for situation, outcome in SAMPLES["identification.code"].items()
        for operator in ("not_sent", "invalid", "valid")
    ],
    # It is Sunday, half past midnight.
    "time.hours": [
        ("inside", "Night", "known", True),
        ("inside", "Office", "known", False),
        ("outside", "Night", "known", False),
        ("outside", "Office", "known", True),
    ],
    "time.weekday": [
        ("is", "sunday", "known", True),
        ("is", "saturday", "known", False),
        ("is_not", "saturday", "known", True),
        ("is_not", "sunday", "known", False),
        ("is_any", ["saturday", "sunday"], "known", True),
        ("is_any", ["monday"], "known", False),
        ("is_none", ["monday"], "known", True),
        ("is_none", ["sunday"], "known", False),
    ],
    "time.date": [
        ("on", "2026-03-29", "known", True),
        ("on", "2026-03-28", "known", False),
        ("after", "2026-03-28", "known", True),
        ("after", "2026-03-29", "known", False),
        ("before", "2026-03-30", "known", True),
        ("before", "2026-03-29", "known", False),
        ("between", ["2026-03-01", "2026-03-29"], "known", True),
        ("between", ["2026-03-01", "2026-03-28"], "known", False),
    ],
    "time.clock": [
        ("between", ["22:00", "06:00"], "known", True),
        ("between", ["09:00", "17:00"], "known", False),
        ("not_between", ["09:00", "17:00"], "known", True),
        ("not_between", ["22:00", "06:00"], "known", False),
    ],
}


@pytest.mark.promise("P27")
@pytest.mark.parametrize("key", sorted(OWN_KINDS))
def test_operators_of_a_fields_own_hold_where_they_should(key):
    assert key in OWN, f"add examples of each operator of {key} to OWN"
    field = FIELDS.now()[key]
    answers: dict[str, set[bool]] = {operator.key: set() for operator in field.operators}
    with remembered():
        for operator, value, situation, holds in OWN[key]:
            value = from_names(field.choices, value) if field.choices and value is not None else value
            seen = SAMPLES[key][situation]
            assert field.prepare(operator, field.parse(operator, value))(seen) is holds, (operator, value, seen)
            answers[operator].add(holds)
    assert set(map(frozenset, answers.values())) == {frozenset({True, False})}, "each holds once, and once not"


# — in words —

SENTENCES = [
    ("user.blocked", "yes", None, "User's access is blocked"),
    ("user.is_new", "no", None, "User's first message is not this one"),
    ("user.wrote_before", "ago_more", {"amount": 30, "unit": "days"}, "User wrote before this at least 30 days ago"),
    ("user.wrote_before", "empty", None, "User wrote before this never"),
    (
        "user.created",
        "between",
        ["2024-01-01", "2024-02-01"],
        "User has been created between 2024-01-01 and 2024-02-01",
    ),
    ("case.messages", "between", [2, 5], "Number of messages is between 2 and 5"),
    ("case.via", "is_not", "api", "Case was opened not by the API"),
    ("case.rating", "not_empty", None, "Rating (1 to 5) was given"),
    ("message.has_files", "yes", None, "Attachment came with the message"),
    ("message.from_api", "no", None, "Message came not through the API"),
    ("event.what", "has_none", ["note", "status"], "What happened is none of a new note, a change of the status"),
    ("event.by", "is", "customer", "What happened was done by the customer"),
    ("event.old_status", "is", "closed", "Old status was closed"),
    ("event.new_group", "is", 0, "New group is none"),
    ("event.reopened", "yes", None, "Closed case was opened again"),
    ("event.resumed", "is", "agent", "Ended chat was taken up again by an agent"),
    ("event.rated", "yes", None, "New rating was given"),
]


@pytest.mark.parametrize(("key", "operator", "value", "said"), SENTENCES)
def test_a_condition_reads_as_a_sentence(key, operator, value, said):
    field = FIELDS.now()[key]
    assert sentence(drafts.Term(key, operator, field.parse(operator, value)), field) == said


# — what is refused —

WRONG: dict[str, list[Any]] = {
    "none": ["x", 1, ["x"], True],
    "words": [None, "", [], [""], [" "], [7], 7, {}, {"a": 1}, ["x" * 501], ["a\0"], ["x"] * 201, True],
    "pattern": [None, "", "(", "[", "*", 7, ["a"], {}, "x" * 501, "a\0", r"(?=a)", True],
    "choice": [None, "", "nonsense", -1, [], {}, ["nonsense"], True, 1.5],
    "choices": [None, "", [], [None], ["nonsense"], {}, [[]], [True], ["nonsense"] * 201],
    "number": [None, "", "seven", "1.5", 1.5, True, [], {}, 10**10],
    "range": [None, 7, [], [1], [1, 2, 3], [5, 1], ["a", "b"], {}, "12x", True],
    "date": [None, "", "8.4.2024", "2024-02-30", 7, [], {}, True],
    "dates": [None, "2024-04-08", [], ["2024-04-08"], ["2024-04-08", "2024-04-01"], ["a", "b"], 7, True],
    "span": [None, 7, "2 hours", {}, {"amount": 0, "unit": "hours"}, {"amount": 2, "unit": "weeks"}, [], True],
    "clock": [None, 7, "2 hours", {}, {"amount": 0, "unit": "hours"}, {"amount": 2, "unit": "weeks"}, [], True],
    "times": [None, 7, "9-17", ["09:00"], ["09:00", "25:00"], ["09:00", "09:00"], {}, [9, 17], True],
}


@pytest.mark.promise("P27")
@pytest.mark.parametrize("key", SAMPLES)
def test_a_value_of_the_wrong_type_is_refused_with_a_sentence(key):
    field = FIELDS.now()[key]
    for operator in field.operators:
        assert operator.control in WRONG, f"add wrong values for the control {operator.control!r} to WRONG"
        for value in WRONG[operator.control]:
            with pytest.raises(WrongValue) as caught:
                field.parse(operator.key, value)
            assert str(caught.value).endswith((".", ").")), (operator.key, value)


@pytest.mark.parametrize("key", SAMPLES)
def test_an_operator_of_another_kind_is_refused(key):
    field = FIELDS.now()[key]
    mine = {operator.key for operator in field.operators}
    every = {operator.key for other in FIELDS for operator in other.operators} | {"", "explode", "__class__"}
    for operator in every - mine:
        with pytest.raises(UnknownKey):
            field.parse(operator, None)
        _draft, errors = drafts.check(draft(field, operator), FIELDS.now())
        assert "cannot be compared like this" in errors["all.0"]


@pytest.mark.parametrize("key", ["case.colour", "", "user", "user.cf.none", "metadata.", "event", "case.cf.", "\0"])
def test_an_unknown_field_is_refused(key):
    term = drafts.Term(key, "is", ["x"])
    _draft, errors = drafts.check(drafts.Draft("updated", "A rule", all=(term,)), FIELDS.now())
    assert errors["all.0"]


def draft(field: Field, operator: str) -> drafts.Draft:
    name = next(name for name in RuleList.values if field.stands_in(name))
    return drafts.Draft(name, "A rule", all=(drafts.Term(field.key, operator, None),))


# — what a query finds —


@pytest.mark.both
def test_a_query_finds_exactly_the_cases_for_which_the_condition_holds(it):
    # Carol is blocked in one of them.
    for make in sorted(SITUATIONS.values(), key=lambda make: make.__name__ == "other"):
        make(it)
    rows = Case.objects.select_related("profile__person__company", "channel", "assignee")
    asked = 0
    for field in filter(lambda field: field.lookup, FIELDS.now().values()):
        seen = {case.pk: field.getter(Facts(case)) for case in rows}
        for operator in filter(lambda operator: operator.ask, field.operators):
            for value in questions(field, operator, list(seen.values())):
                parsed = field.parse(operator.key, value)
                test, found = field.prepare(operator.key, parsed), rows.filter(field.ask(Case, operator.key, parsed))
                holds = sorted(pk for pk, one in seen.items() if test(one))
                assert sorted(found.values_list("pk", flat=True)) == holds, (field.key, operator.key, value)
                asked += 1
    assert asked > 300
    assert len(seen) >= 8, "one of each situation, and those of the same chat once"
