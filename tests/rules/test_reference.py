"""Rules end and agree with a reference: engine and naive interpreter, side by side on generated rules."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Label
from helpdesk.lib.fields import AGE, CHOICE, DATE, FLAG, KINDS, LOOSE, NUMBER, RANK, SET, TEXT, Field, Fixed, Kind
from helpdesk.users.models import Group
from rules import drafts
from rules.evaluator import prepare
from rules.models import Run
from rules.services import explain
from tests import world
from tests.rules import reference
from tests.rules.desk import fired, fresh, rule

pytestmark = pytest.mark.both

NOW = datetime(2026, 3, 29, 3, 30, tzinfo=UTC)
WORDS = ("ab", "B", "straße", "STRASSE", "ÄÖ", "äö", "5", "no account", "ﬁ", "x y")
OPTIONS = ("one", "two", "three")
IDS = (1, 2, 3)

texts = st.one_of(st.none(), st.just(""), st.just("  "), st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join))
moments = st.integers(-3000, 3000).map(lambda hours: NOW + timedelta(hours=hours))
days = st.dates(date(2025, 12, 1), date(2026, 6, 1))

# What can be seen of a field of each kind.
SEEN: dict[str, st.SearchStrategy[Any]] = {
    TEXT.key: texts,
    CHOICE.key: st.sampled_from((None, *OPTIONS)),
    RANK.key: st.sampled_from((None, *IDS)),
    LOOSE.key: st.one_of(
        texts, st.sampled_from((True, False, "7", " -2.5", "0x1", "٣")), st.integers(-5, 5), st.floats(-5, 5, width=16)
    ),
    FLAG.key: st.sampled_from((None, True, False)),
    NUMBER.key: st.one_of(st.none(), st.integers(-5, 5)),
    DATE.key: st.one_of(st.none(), moments, days),
    AGE.key: st.one_of(st.none(), moments),
    SET.key: st.frozensets(st.sampled_from(IDS)),
}
NUMBERED = Fixed(tuple((n, str(n)) for n in IDS))
CHOICES = {CHOICE.key: Fixed(tuple((o, o) for o in OPTIONS)), RANK.key: NUMBERED, SET.key: NUMBERED}


def field_of(kind: Kind, number: int) -> Field:
    key = f"{kind.key}.{number}"
    return Field(key, kind.key, kind, lambda facts: facts[key], CHOICES.get(kind.key), optional=True)


FIELDS = {field.key: field for kind in KINDS for number in (1, 2) for field in [field_of(kind, number)]}

iso = days.map(date.isoformat)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "none": st.none(),
    "words": st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    "pattern": st.sampled_from(("^a", "b$", "(a+)+$", r"\bno\b", "5|x", ".")),
    "number": st.integers(-5, 5),
    "range": st.lists(st.integers(-5, 5), min_size=2, max_size=2).map(sorted),
    "date": iso,
    "dates": st.lists(iso, min_size=2, max_size=2).map(sorted),
    "span": st.fixed_dictionaries(
        {"amount": st.integers(1, 90), "unit": st.sampled_from(("minutes", "hours", "days"))}
    ),
}


def value_of(field: Field, control: str) -> st.SearchStrategy[Any]:
    if field.choices is None or control not in {"choice", "choices"}:
        return VALUES[control]
    one = st.sampled_from([choice.value for choice in field.choices.all()])
    return one if control == "choice" else st.lists(one, min_size=1, max_size=3)


@st.composite
def conditions(draw: Any, fields: dict[str, Field]) -> dict[str, Any]:
    field = fields[draw(st.sampled_from(sorted(fields)))]
    operator = draw(st.sampled_from(field.operators))
    return {"field": field.key, "operator": operator.key, "value": draw(value_of(field, operator.control))}


facts_of_all = st.fixed_dictionaries({key: SEEN[field.kind.key] for key, field in FIELDS.items()})
rules_of_all = st.fixed_dictionaries(
    {
        "list": st.just("time"),
        "title": st.just("r"),
        "all": st.lists(conditions(FIELDS), max_size=4),
        "any": st.lists(conditions(FIELDS), max_size=4),
        "actions": st.just([{"kind": "set_status", "values": {"status": "open"}}]),
    }
)


@pytest.mark.promise("P27")
@given(rules_of_all, facts_of_all)
def test_a_rule_matches_exactly_when_the_reference_says_so(data, facts):
    clean, errors = drafts.check(drafts.read(data)[0], FIELDS)
    assert set(errors) <= {"all"}  # "a time rule needs a clock": not the point here
    with time_machine.travel(NOW, tick=False):
        missed = prepare(clean, FIELDS, id=1, version=1).missed(facts)
    assert (missed is None) == reference.matches(data, facts, NOW)
    if missed is not None and missed[0] >= 0:
        row = data["all"][missed[0]]
        assert not reference.holds(row["operator"], clean.all[missed[0]].value, facts[row["field"]], NOW)
        assert missed[1] == facts[row["field"]]


@pytest.mark.promise("P27")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
@given(st.data())
def test_a_negative_operator_is_the_exact_opposite_also_where_the_value_is_missing(kind, data):
    field = FIELDS[f"{kind.key}.1"]
    seen = data.draw(SEEN[kind.key])
    for operator in field.operators:
        positive = reference.NEGATIVE.get(operator.key, "")
        if positive in kind.operators:
            value = data.draw(value_of(field, operator.control))
            assert field.prepare(operator.key, value)(seen) is not field.prepare(positive, value)(seen)


# On the database: whole lists, whose actions change what the next rule sees.

STATES = ("open", "pending", "closed")
LEVELS = ("low", "normal", "high", "critical")


def on_case(groups: list[int], labels: list[int]) -> dict[str, st.SearchStrategy[Any]]:
    """Conditions and actions over what these actions change."""
    some = st.lists(st.sampled_from(labels), min_size=1, max_size=2, unique=True)

    def one(field: str, operators: tuple[str, ...], value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.fixed_dictionaries({"field": st.just(field), "operator": st.sampled_from(operators), "value": value})

    condition = st.one_of(
        one("case.status", ("is", "is_not"), st.sampled_from(STATES)),
        one("case.priority", ("is_any", "is_none"), st.lists(st.sampled_from(LEVELS), min_size=1, max_size=2)),
        one("case.group", ("is", "is_not"), st.sampled_from(groups)),
        one("case.group", ("empty", "not_empty"), st.none()),
        one("case.labels", ("has_any", "has_all", "has_none"), some),
    )
    action = st.one_of(
        st.builds(lambda s: {"kind": "set_status", "values": {"status": s}}, st.sampled_from(STATES)),
        st.builds(lambda p: {"kind": "set_priority", "values": {"priority": p}}, st.sampled_from(LEVELS)),
        st.builds(lambda g: {"kind": "set_group", "values": {"group": g}}, st.sampled_from([None, *groups])),
        st.builds(lambda ls: {"kind": "add_labels", "values": {"labels": ls}}, some),
        st.builds(lambda ls: {"kind": "remove_labels", "values": {"labels": ls}}, some),
    )
    return {"condition": condition, "action": action}


def facts_of(case: Case) -> dict[str, Any]:
    row = fresh(case)
    labels = frozenset(row.labels.values_list("pk", flat=True))
    return {
        "case.status": row.status,
        "case.priority": row.priority,
        "case.group": row.group_id,
        "case.labels": labels,
    }


@pytest.mark.promise("P27")
@pytest.mark.slow
@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_list_of_rules_does_what_the_reference_does_and_explains_each_of_them(data):
    case = world.says(world.customer(world.messenger()), "hello").case
    groups = [Group.objects.get_or_create(title=title)[0].pk for title in ("A", "B")]
    labels = [Label.objects.get_or_create(title=title)[0].pk for title in ("l", "m", "n")]
    parts = on_case(groups, labels)
    rules = [
        {
            "title": f"rule {number}",
            "all": data.draw(st.lists(parts["condition"], max_size=2)),
            "any": data.draw(st.lists(parts["condition"], max_size=2)),
            "actions": data.draw(st.lists(parts["action"], min_size=1, max_size=3)),
            "stop": data.draw(st.booleans()),
            "active": data.draw(st.integers(0, 4)) > 0,
        }
        for number in range(data.draw(st.integers(1, 6)))
    ]
    made = [rule(**each) for each in rules]
    expected, after = reference.run(rules, facts_of(case), NOW)
    cases.set_subject(case, "something happens", by=None)
    assert fired(case) == expected
    assert facts_of(case) == after
    run = Run.objects.filter(case=case).first()
    told = explain(run) if run else []
    assert [line.title for line in told if line.outcome == "fired"] == expected
    assert all(line.why for line in told if line.outcome == "missed")
    for row in made:
        row.delete()
    Run.objects.all().delete()
