"""Groups of rules: they stand in the list's order, collapse, move and are switched off as one."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from helpdesk.cases.models import Priority
from helpdesk.events.models import Event
from helpdesk.outbox.models import Job
from rules import exchange, services
from rules.models import Rule, RuleGroup, RuleVersion, Wait
from rules.services import OrderChanged, OtherList
from rules.services.grouping import BadGroup
from tests import world
from tests.rules.desk import do, fired, fresh, rule, when

pytestmark = pytest.mark.django_db

CLOCK = [when("clock.created", "at_least", {"amount": 1, "unit": "hours"})]


@pytest.fixture
def ann() -> Any:
    return world.admin("Ann")


def shape(name: str = "updated") -> list[Any]:
    """A list as people see it: titles, and (group, its titles)."""
    items = services.layout(name).items
    return [
        one.title if isinstance(one, Rule) else (one.group.title, [row.title for row in one.rules]) for one in items
    ]


def in_order(name: str = "updated") -> list[str]:
    return [one.title for one in Rule.objects.filter(list=name).order_by("position", "pk")]


@pytest.fixture
def abcd(ann: Any) -> dict[str, Rule]:
    """A, a group with B and C, and D."""
    rules = {title: rule(title) for title in "ABC"}
    group = services.make_group("updated", "Group", by=ann)
    rules["D"] = rule("D")
    for title in "BC":
        services.put(rules[title], group=group, by=ann)
    assert shape() == ["A", ("Group", ["B", "C"]), "D"]
    return rules


def test_a_group_stands_among_the_rules_and_what_is_shown_is_what_runs(abcd: Any) -> None:
    assert in_order() == ["A", "B", "C", "D"]
    assert [one.title for one in services.now().of("updated")] == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("title", "places", "after"),
    [
        ("B", 1, ["A", ("Group", ["C", "B"]), "D"]),
        ("B", -1, ["A", "B", ("Group", ["C"]), "D"]),
        ("C", 1, ["A", ("Group", ["B"]), "C", "D"]),
        ("A", 1, [("Group", ["A", "B", "C"]), "D"]),
        ("D", -1, ["A", ("Group", ["B", "C", "D"])]),
        ("D", -99, ["D", "A", ("Group", ["B", "C"])]),
        ("A", 99, [("Group", ["B", "C"]), "D", "A"]),
        ("A", -1, ["A", ("Group", ["B", "C"]), "D"]),
    ],
)
def test_a_rule_moves_through_groups(abcd: Any, ann: Any, title: str, places: int, after: list[Any]) -> None:
    services.move(Rule.objects.get(title=title), places, by=ann)
    assert shape() == after
    assert in_order() == [name for item in after for name in (item[1] if isinstance(item, tuple) else [item])]


@pytest.mark.parametrize(
    ("title", "beside", "after"),
    [
        ("A", {"after": "B"}, [("Group", ["B", "A", "C"]), "D"]),
        ("C", {"before": "A"}, ["C", "A", ("Group", ["B"]), "D"]),
        ("B", {}, ["A", ("Group", ["C"]), "D", "B"]),
        ("B", {"before": "B"}, ["A", ("Group", ["B", "C"]), "D"]),
    ],
)
def test_a_rule_is_put_beside_another(abcd: Any, ann: Any, title: str, beside: Any, after: list[Any]) -> None:
    services.put(abcd[title], by=ann, **{side: abcd[other] for side, other in beside.items()})
    assert shape() == after


def test_a_rule_goes_into_no_group_of_another_list(abcd: Any, ann: Any) -> None:
    elsewhere = services.make_group("new", "Group", by=ann)
    with pytest.raises(OtherList):
        services.put(abcd["A"], group=elsewhere, by=ann)
    with pytest.raises(OtherList):
        services.put(abcd["A"], before=rule("Other", list="new"), by=ann)


def test_a_whole_order_is_taken_or_refused(abcd: Any, ann: Any) -> None:
    a, b, c, d = (abcd[title].pk for title in "ABCD")
    group = RuleGroup.objects.get().pk
    services.arrange("updated", [(None, [d]), (group, [c, a]), (None, [b])], by=ann)
    assert shape() == ["D", ("Group", ["C", "A"]), "B"]
    assert Event.objects.get(kind="rules.ordered").actor_id == ann.pk
    orders: list[list[tuple[int | None, list[int]]]] = []
    orders += ([(None, [d])], [(None, [a, b, c, d])], [(None, [a, b, c, d, d]), (group, [])])
    for wrong in orders:
        with pytest.raises(OrderChanged):
            services.arrange("updated", wrong, by=ann)
    assert shape() == ["D", ("Group", ["C", "A"]), "B"]


def test_the_same_order_again_is_no_change(abcd: Any, ann: Any) -> None:
    a, b, c, d = (abcd[title].pk for title in "ABCD")
    services.arrange("updated", [(None, [a]), (RuleGroup.objects.get().pk, [b, c]), (None, [d])], by=ann)
    assert not Event.objects.filter(kind="rules.ordered").exists()


def test_groups_move_as_one(abcd: Any, ann: Any) -> None:
    group = RuleGroup.objects.get()
    services.move_group(group, -1, by=ann)
    assert shape() == [("Group", ["B", "C"]), "A", "D"]
    services.move_group(group, 99, by=ann)
    assert shape() == ["A", "D", ("Group", ["B", "C"])]
    services.move_group(group, 1, by=ann)
    assert Event.objects.filter(kind="rule_group.moved").count() == 2


def test_a_group_that_is_off_asks_none_of_its_rules(abcd: Any, ann: Any) -> None:
    case = world.says(world.customer(world.messenger()), "hello").case
    services.switch_group(RuleGroup.objects.get(), False, by=ann)
    world.says(case.profile, "again")
    assert fired(case) == ["A", "D"]
    services.switch_group(RuleGroup.objects.get(), True, by=ann)
    world.says(case.profile, "and again")
    assert fired(case)[2:] == ["A", "B", "C", "D"]


def test_deleting_a_group_keeps_its_rules_in_their_places(abcd: Any, ann: Any) -> None:
    services.delete_group(RuleGroup.objects.get(), by=ann)
    assert shape() == ["A", "B", "C", "D"]
    assert all(Rule.objects.values_list("active", flat=True))
    assert Event.objects.get(kind="rule_group.deleted").data["title"] == "Group"


def test_deleting_a_group_that_is_off_starts_nothing(abcd: Any, ann: Any) -> None:
    services.switch_group(RuleGroup.objects.get(), False, by=ann)
    services.delete_group(RuleGroup.objects.get(), by=ann)
    assert [one.title for one in services.now().of("updated")] == ["A", "D"]


@pytest.mark.parametrize("title", ["", "  ", "x" * 121, "Group", " Group ", "a\x00b"])
def test_titles_of_groups_are_checked(abcd: Any, ann: Any, title: str) -> None:
    other = services.make_group("updated", "Other", by=ann)
    with pytest.raises(BadGroup):
        services.make_group("updated", title, by=ann)
    with pytest.raises(BadGroup):
        services.rename_group(other, title, by=ann)
    assert services.make_group("new", "Group", by=ann).title == "Group"
    assert services.rename_group(other, "Other", by=ann).title == "Other"


def test_a_copy_stands_in_the_group_of_its_original(abcd: Any, ann: Any) -> None:
    services.clone(abcd["B"], by=ann)
    assert shape() == ["A", ("Group", ["B", "B (copy)", "C"]), "D"]


def test_a_rule_that_is_saved_stays_in_its_group_and_versions_know_of_none(abcd: Any, ann: Any) -> None:
    rule("B again", rule=Rule.objects.get(title="B"))
    assert shape() == ["A", ("Group", ["B again", "C"]), "D"]
    assert all("group" not in kept.body for kept in RuleVersion.objects.all())
    services.restore(Rule.objects.get(title="B again"), 1, by=ann)
    assert shape() == ["A", ("Group", ["B", "C"]), "D"]


def test_a_rule_that_goes_to_another_list_leaves_its_group(abcd: Any) -> None:
    rule("B", rule=Rule.objects.get(title="B"), list="new")
    assert shape() == ["A", ("Group", ["C"]), "D"]
    assert shape("new") == ["B"]


@pytest.mark.usefixtures("outbox")
def test_the_clocks_of_a_group_start_anew_when_it_is_switched_on(ann: Any) -> None:
    slow = rule("slow", list="time", all=CLOCK, actions=[do("set_priority", priority="high")])
    group = services.make_group("time", "Slow ones", by=ann)
    services.put(slow, group=group, by=ann)
    services.switch_group(group, False, by=ann)
    case = world.says(world.customer(world.messenger()), "hello").case
    Wait.objects.all().delete()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        services.ring()
        assert fresh(case).priority == Priority.NORMAL
        before = Job.objects.filter(kind="rules.set_clocks").count()
        services.switch_group(group, True, by=ann)
        assert Job.objects.filter(kind="rules.set_clocks").count() == before + 1
        services.set_clocks_of_all()
        services.ring()
    assert fresh(case).priority == Priority.HIGH


def test_groups_go_out_by_their_titles_and_come_in_again_in_the_same_order(abcd: Any) -> None:
    out = exchange.export()
    assert [item.get("group") for item in out] == [None, "Group", "Group", None]
    Rule.objects.all().delete()
    assert {change.verb for change in exchange.load(out)} == {"new"}
    assert shape() == ["A", ("Group", ["B", "C"]), "D"]
    RuleGroup.objects.all().delete()
    Rule.objects.all().delete()
    exchange.load(out)
    assert shape() == ["A", ("Group", ["B", "C"]), "D"]
    assert {change.verb for change in exchange.load(out)} == {"same"}


def test_a_file_moves_a_rule_into_another_group_and_says_so(abcd: Any) -> None:
    out = exchange.export()
    out[1]["group"] = "Second"
    del out[2]["group"]
    found = {change.title: (change.verb, change.changes) for change in exchange.load(out)}
    assert found["B"] == ("change", {"group": ("Group", "Second")})
    assert found["C"] == ("same", {}), "a file that says nothing of a group leaves it"
    assert shape() == ["A", ("Group", ["C"]), "D", ("Second", ["B"])]


@pytest.mark.parametrize("title", [5, ["x"], "x" * 121, {"a": 1}])
def test_a_group_of_another_shape_is_named_at_its_place(title: Any) -> None:
    with pytest.raises(exchange.WrongRules) as caught:
        exchange.load([{"list": "new", "title": "x", "actions": [do("add_note", text="x")], "group": title}])
    assert caught.value.lines[0].startswith("rules[0].group: ")
