"""Rules end and agree with a reference: engine and naive interpreter, side by side on generated rules."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.actions import ACTIONS, ActionKind
from helpdesk.cases.models import Case, Label
from helpdesk.events.models import Event
from helpdesk.lib.fields import AGE, CHOICE, DATE, FLAG, KINDS, LOOSE, NUMBER, RANK, SET, TEXT, Field, Fixed, Kind
from helpdesk.users.models import Group
from rules import drafts, services
from rules.evaluator import prepare
from rules.grid import Grid
from rules.models import Rule, RuleGroup, Run
from rules.services import explain
from tests import world
from tests.rules import reference
from tests.rules.desk import fired, fresh, rule, when

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
VALUES["clock"] = VALUES["span"]


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


class Breaks(ActionKind):
    """Changes the case, then fails."""

    key = reference.BREAKS
    label = "Break"

    def run(self, case: Case, values: dict[str, Any], *, by: Any) -> None:
        cases.set_priority(case, "critical", by=by)
        cases.add_labels(case, Label.objects.all(), by=by)
        raise ZeroDivisionError("planted")


@pytest.fixture
def breaks(monkeypatch):
    monkeypatch.setitem(ACTIONS._items, Breaks.key, Breaks())


def switched(group: str, name: str, on: bool) -> RuleGroup:
    return RuleGroup.objects.update_or_create(title=group, list=name, defaults={"active": on})[0]


def drawn(data: Any, parts: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Some rules of one list: on or off, in groups that are on or off, that stop, and that fail in the middle."""
    last = st.sampled_from(({"kind": Breaks.key, "values": {}}, {"kind": reference.STOPS, "values": {}}))
    rules = []
    for number in range(data.draw(st.integers(1, 6))):
        actions = data.draw(st.lists(parts["action"], min_size=1, max_size=3))
        if data.draw(st.integers(0, 4)) == 0:
            actions.append(data.draw(last))
        rules.append(
            {
                "title": f"rule {number}",
                "list": name,
                "all": data.draw(st.lists(parts["condition"], max_size=2)),
                "any": data.draw(st.lists(parts["condition"], max_size=2)),
                "actions": actions,
                "stop": data.draw(st.booleans()),
                "active": data.draw(st.integers(0, 4)) > 0,
            }
        )
    return rules


def saved(rules: list[dict[str, Any]], group_of: dict[int, RuleGroup]) -> list[Rule]:
    """As an admin would make them. A time rule has a clock besides: a minute after the customer's message."""
    clock = when("clock.customer", "at_least", {"amount": 1, "unit": "minutes"})
    made = []
    for number, each in enumerate(rules):
        every = [clock, *each["all"]] if each["list"] == "time" else each["all"]
        row = rule(**{**each, "all": every})
        if number in group_of:
            Rule.objects.filter(pk=row.pk).update(group=group_of[number])
        made.append(row)
    services.revise()
    return made


def happens(name: str, case: Case | None, customer: Any) -> Case:
    """What the rules of this list wait for."""
    if name == "new" or case is None:
        return world.says(customer, "hello").case
    if name == "updated":
        cases.set_subject(case, f"something happens {uuid.uuid4()}", by=None)
    else:
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            services.ring()
    return case


@pytest.mark.promise("P27")
@pytest.mark.slow
@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_list_of_rules_does_what_the_reference_does_and_explains_each_of_them(breaks, data):
    """Order, stop, groups that are off, both blocks, actions that change what later rules see, and some that fail."""
    name = data.draw(st.sampled_from(("new", "updated", "time")))
    customer = world.customer(CustomChannel.objects.first() or world.messenger(), str(uuid.uuid4()))
    groups = [Group.objects.get_or_create(title=title)[0].pk for title in ("A", "B")]
    labels = [Label.objects.get_or_create(title=title)[0].pk for title in ("l", "m", "n")]
    rules = drawn(data, on_case(groups, labels), name)
    group_of = {}
    for number, each in enumerate(rules):
        where = data.draw(st.sampled_from((None, "on", "off")))
        if where:
            group_of[number] = switched(where, name, where == "on")
            rules[number] = {**each, "group_off": where == "off"}
    case = world.says(customer, "hello").case if name == "updated" else None
    made = saved([{k: v for k, v in each.items() if k != "group_off"} for each in rules], group_of)
    if name == "time":
        case = world.says(customer, "hello").case
    before = facts_of(case) if case else {**NEW_CASE}
    expected, broken, after = reference.run(rules, before, NOW, alone=name == "time")
    case = happens(name, case, customer)
    assert fired(case) == expected
    assert [event.data["title"] for event in Event.objects.filter(case_id=case.pk, kind="rule.failed")] == broken
    assert facts_of(case) == after
    told = [line for run in Run.objects.filter(case=case, list=name).order_by("pk") for line in explain(run)]
    assert [line.title for line in told if line.outcome == "fired"] == expected
    assert [line.title for line in told if line.outcome == "failed"] == broken
    assert all(line.why for line in told if line.outcome == "missed")
    for row in made:
        row.delete()
    Run.objects.all().delete()


NEW_CASE: dict[str, Any] = {
    "case.status": "open",
    "case.priority": "normal",
    "case.group": None,
    "case.labels": frozenset(),
}


@pytest.mark.promise("P27")
@given(st.lists(rules_of_all, max_size=6), facts_of_all, st.integers(0, 5))
def test_rules_asked_side_by_side_say_what_each_of_them_says_alone(rows, facts, first):
    checks: Any = {}
    clean = [drafts.check(drafts.read(data)[0], FIELDS)[0] for data in rows]
    with time_machine.travel(NOW, tick=False):
        rules = [prepare(one, FIELDS, id=n, version=1, checks=checks) for n, one in enumerate(clean)]
        together = Grid(rules).missed(facts, first)
        assert together[first:] == [one.missed(facts) for one in rules[first:]]


def test_a_broken_condition_is_the_business_of_the_rules_that_come_to_it():
    """Its getter is called once; a rule that fails before it, and one without it, know nothing of it."""
    called = []

    def broken(facts: Any) -> Any:
        called.append(facts)
        raise ZeroDivisionError

    fields = {"flag.1": FIELDS["flag.1"], "flag.9": Field("flag.9", "broken", FLAG, broken)}
    yes, bad = {"field": "flag.1", "operator": "yes"}, {"field": "flag.9", "operator": "yes"}
    no, act = {"field": "flag.1", "operator": "no"}, [{"kind": "set_status", "values": {"status": "open"}}]
    rows = ([yes, bad], [no, bad], [yes], [bad])
    checks: Any = {}
    drawn_up = [drafts.read({"list": "new", "title": "r", "all": row, "actions": act})[0] for row in rows]
    rules = [prepare(one, fields, id=n, version=1, checks=checks) for n, one in enumerate(drawn_up)]
    found = Grid(rules).missed({"flag.1": True})
    assert [type(one) for one in found] == [ZeroDivisionError, tuple, type(None), ZeroDivisionError]
    assert len(called) == 1
