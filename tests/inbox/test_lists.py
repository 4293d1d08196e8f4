"""The views of the inbox: what is in them, how many, page by page, in few queries."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.inbox import trays
from tests import world

pytestmark = [pytest.mark.both, pytest.mark.django_db]

MOST_QUERIES = 10


def page(client, key: str = "all", **query: str) -> str:
    answer = client.get(reverse("inbox:tray", args=[key]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def numbers(text: str) -> list[str]:
    """The cases of a list, in order."""
    return re.findall(r'<a href="/cases/([\d-]+)/', text)


def rows(channel, count: int) -> list[Case]:
    """Cases that were active a minute apart, the newest first."""
    made = [world.says(world.customer(channel, f"customer-{n}"), f"question {n}").case for n in range(count)]
    for number, case in enumerate(made):
        Case.objects.filter(pk=case.pk).update(last_activity_at=timezone.now() - timedelta(minutes=number))
    return made


@pytest.fixture
def zoo(channel, ann):
    """A case for each view."""
    made = dict(zip(["open", "mine", "chat", "pending", "closed"], rows(channel, 5), strict=True))
    for name, case in made.items():
        if name != "chat":
            cases.end_chat(case, "pending" if name == "pending" else "open", by=None)
    cases.assign(made["mine"], ann, by=None)
    cases.assign(made["chat"], world.agent("Gina"), by=None)
    cases.set_status(made["closed"], "closed", by=None)
    return {name: case.number for name, case in made.items()}


@pytest.mark.parametrize(
    ("key", "inside"),
    [
        ("open", {"open", "mine", "chat"}),
        ("mine", {"mine"}),
        ("unassigned", {"open"}),
        ("chats", {"chat"}),
        ("pending", {"pending"}),
        ("closed", {"closed"}),
        ("all", {"open", "mine", "chat", "pending", "closed"}),
    ],
)
def test_each_view_holds_its_cases_and_says_how_many(as_ann, zoo, key, inside):
    text = page(as_ann, key)
    assert set(numbers(text)) == {zoo[name] for name in inside}
    title = trays.BY_KEY[key].title
    many = len(inside)
    assert f'aria-label="{title}, {many} case{"s" if many > 1 else ""}"' in text


def test_the_first_page_is_the_open_cases(as_ann, zoo):
    text = as_ann.get("/").content.decode()
    assert set(numbers(text)) == {zoo[name] for name in ("open", "mine", "chat")}


def test_a_view_that_does_not_exist_is_not_found(as_ann):
    assert as_ann.get(reverse("inbox:tray", args=["nonsense"])).status_code == 404


def test_pages_follow_each_other_without_a_gap_or_a_double(as_ann, channel):
    made = rows(channel, trays.ROWS + 3)
    same = timezone.now()
    # Three cases of the same moment, across the border of two pages.
    Case.objects.filter(pk__in=[case.pk for case in made[-5:-2]]).update(last_activity_at=same - timedelta(hours=1))
    first = page(as_ann)
    after = re.search(r'\?after=([\d-]+)"', first)
    assert after
    second = page(as_ann, after=after[1])
    seen = numbers(first) + numbers(second)
    assert len(seen) == len(set(seen)) == len(made)
    assert "?after=" not in second.split('class="more"')[1]


@pytest.mark.parametrize("after", ["nonsense", "-", "1-", "9" * 39 + "-1", "1-2-3", "²-1"])
def test_a_place_that_nobody_gave_shows_the_newest_or_nothing_but_never_fails(as_ann, zoo, after):
    page(as_ann, after=after)


def test_a_number_stops_at_999(ann, channel, monkeypatch):
    monkeypatch.setattr(trays, "MOST", 3)
    rows(channel, 4)
    shown = {one.tray.key: one.shown for one in trays.standing(ann).trays}
    assert shown["open"] == "2+"
    assert shown["closed"] == "0"


def test_a_merged_case_stands_in_no_list(as_ann, zoo):
    one, other = (Case.objects.get(number=zoo[name]) for name in ("open", "mine"))
    cases.merge(one, other, by=None)
    assert one.number not in numbers(page(as_ann))


def test_a_row_tells_who_where_what_and_what_is_out_of_the_ordinary(as_ann, case, ann, bob):
    bob.level = 3
    bob.save(update_fields=["level"])
    cases.set_priority(case, "critical", by=ann)
    text = page(as_ann)
    assert "bob" in text
    assert "hello, is somebody there?" in text
    assert 'class="mark proven"' in text
    assert "Critical" in text
    assert "Waits for an answer." in text
    message = cases.reply(case, "yes", by=ann)
    cases.failed(message.pk, attempts=6, problem="no answer")
    text = page(as_ann)
    assert "Not delivered" in text
    assert "Waits for an answer." not in text


def test_an_icon_that_does_not_exist_breaks_nothing(as_ann, case, channel):
    channel.icon = "no-such-icon"
    channel.save()
    page(as_ann)


@pytest.mark.parametrize("name", ["tray", "rows"])
@pytest.mark.parametrize("many", [5, 60])
def test_a_list_takes_few_queries_however_many_cases_there_are(
    as_ann, channel, django_assert_max_num_queries, many, name
):
    rows(channel, many)
    with django_assert_max_num_queries(MOST_QUERIES):
        as_ann.get(reverse(f"inbox:{name}", args=["all"]))


def test_the_part_that_is_asked_for_again_says_where_it_belongs(as_ann, zoo):
    answer = as_ann.get(reverse("inbox:rows", args=["all"]), {"open": zoo["mine"]})
    text = answer.content.decode()
    assert "<html" not in text
    assert re.findall(r'hx-target="(#[\w-]+)"', text) == ["#trays", "#bell-count", "#rows"]
    assert text.count('aria-current="true"') == 1


def test_an_empty_view_says_so(as_ann):
    assert "Nothing is assigned to you." in page(as_ann, "mine")


def test_only_admins_are_shown_the_way_to_the_administration(as_ann, client):
    assert reverse("admin:index") not in page(as_ann)
    client.force_login(world.admin())
    assert reverse("admin:index") in page(client)
