"""Statistics: numbers of a period by channel and agent, of what the agent may see."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message, Rating
from tests import world

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def told(agent, days: int = 7) -> dict:
    """What the API tells a key of this agent."""
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {world.api_key(agent, 'read')}")
    answer = client.get(f"/api/v1/statistics/?days={days}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def of(found: dict, title: str) -> dict:
    (line,) = [line for line in found["channels"] if line["title"] == title]
    return line


@pytest.fixture
def answered(case, ann) -> Case:
    """Ann's first answer came 90 seconds after the case was made; Bob wrote once more; a rule and a note."""
    cases.reply(case, "yes, I am here", by=ann)
    cases.note(case, "he sounds nice", by=ann)
    world.says(case.profile, "good")
    Case.objects.filter(pk=case.pk).update(created_at=timezone.now() - timedelta(minutes=10))
    first = Message.objects.filter(case=case, agent=ann, note=False)
    first.update(created_at=timezone.now() - timedelta(minutes=10) + timedelta(seconds=90))
    return case


def test_each_channel_has_its_cases_messages_answers_and_the_time_to_the_first_one(answered, ann):
    line = of(told(ann), "Shop messenger")
    wait = line.pop("first_answer_seconds")
    assert wait == pytest.approx(90, abs=5)
    assert line == {
        "channel": answered.channel.api_key,
        "title": "Shop messenger",
        "new_cases": 1,
        "closed_cases": 0,
        "customer_messages": 2,
        "identified_messages": 0,
        "answers": 1,
        "automatic_answers": 0,
        "ratings": 0,
        "average_rating": None,
    }


@pytest.mark.seed("001", "agents' performance statistics")
def test_each_agent_has_the_answers_and_the_time_to_them(answered, ann):
    (line,) = told(ann)["staff"]
    assert (line["staff_full_name"], line["answered_cases"], line["answers"]) == ("Ann", 1, 1)
    assert line["first_answer_seconds"] == pytest.approx(90, abs=5)


@pytest.mark.seed("001", "we add it to the statistics")
def test_a_new_channel_stands_in_the_statistics_at_once(ann, as_ann):
    made = world.messenger(title="Brand new")
    ann.channels.add(made.channel_ptr)
    assert of(told(ann), "Brand new")["new_cases"] == 0
    assert "Brand new" in as_ann.get(reverse("inbox:statistics")).content.decode()


def test_what_is_older_does_not_count(answered, ann):
    long_ago = timezone.now() - timedelta(days=8)
    Case.objects.update(created_at=long_ago, last_activity_at=long_ago)
    Message.objects.update(created_at=long_ago)
    line = of(told(ann, 7), "Shop messenger")
    assert (line["new_cases"], line["customer_messages"], line["answers"]) == (0, 0, 0)
    assert of(told(ann, 30), "Shop messenger")["customer_messages"] == 2


def test_messages_of_identified_people_are_counted_apart(answered, ann):
    Message.objects.filter(case=answered, author="profile").update(level=2)
    assert of(told(ann), "Shop messenger")["identified_messages"] == 2


def test_a_closed_case_counts_where_it_was_closed(answered, ann):
    cases.set_status(answered, "closed", by=ann)
    assert of(told(ann), "Shop messenger")["closed_cases"] == 1


def test_a_case_that_was_silent_for_longer_counts_on_the_day_on_which_it_was_closed(answered, ann):
    long_ago = timezone.now() - timedelta(days=8)
    Case.objects.update(created_at=long_ago, last_activity_at=long_ago)
    cases.set_status(answered, "closed", by=ann)
    line = of(told(ann, 7), "Shop messenger")
    assert (line["new_cases"], line["closed_cases"]) == (0, 1)


def test_ratings_count_for_the_channel_and_for_whoever_had_the_case(answered, ann, as_ann):
    cases.assign(answered, ann, by=None)
    for score in (5, 4, 4):
        Rating.objects.filter(case=answered).update(expires_at=timezone.now())
        cases.rate(cases.request_rating(answered, by=ann).token, score)
    cases.assign(answered, None, by=None)
    Rating.objects.filter(case=answered).update(expires_at=timezone.now())
    cases.rate(cases.request_rating(answered, by=ann).token, 1)
    line, (mine,) = of(told(ann), "Shop messenger"), told(ann)["staff"]
    assert (line["ratings"], line["average_rating"]) == (4, 3.5)
    assert (mine["ratings"], mine["average_rating"]) == (3, 4.3)
    assert "4.3" in as_ann.get(reverse("inbox:statistics")).content.decode()
    Rating.objects.update(rated_at=timezone.now() - timedelta(days=8))
    assert of(told(ann, 7), "Shop messenger")["ratings"] == 0
    cases.set_group(answered, world.group("Board"), by=None)
    assert of(told(ann, 30), "Shop messenger")["ratings"] == 0, "she may not see the case"


def test_eve_reads_nothing_of_it(answered, as_eve):
    eve = world.agent("Evelyn")
    assert told(eve)["channels"] == []
    assert [line["answers"] for line in told(eve)["staff"]] == [0]
    assert "Shop messenger" not in as_eve.get(reverse("inbox:statistics")).content.decode()


def test_cases_of_a_group_that_an_agent_does_not_see_do_not_count(answered, ann, channel):
    cases.set_group(answered, world.group("Board"), by=None)
    assert of(told(ann), "Shop messenger")["new_cases"] == 0
    assert of(told(world.admin()), "Shop messenger")["new_cases"] == 1


def test_an_administrator_reads_of_everybody_and_an_agent_of_oneself(answered, ann):
    world.agent("Gina")
    assert [line["staff_full_name"] for line in told(ann)["staff"]] == ["Ann"]
    assert {line["staff_full_name"] for line in told(world.admin())["staff"]} >= {"Ann", "Gina"}


def test_the_number_of_queries_is_the_same_for_one_channel_and_for_many(
    answered, as_ann, ann, django_assert_max_num_queries
):
    for number in range(5):
        ann.channels.add(world.messenger(title=f"Messenger {number}").channel_ptr)
    as_ann.get(reverse("inbox:statistics"))  # the first page writes down that Ann is there
    with django_assert_max_num_queries(12):
        as_ann.get(reverse("inbox:statistics"))


@pytest.mark.parametrize("days", ["", "0", "8", "x", "7 OR 1=1"])
def test_another_period_is_refused_in_words_by_the_api_and_is_the_usual_one_on_the_page(days, ann, as_ann):
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {world.api_key(ann, 'read')}")
    answer = client.get("/api/v1/statistics/", {"days": days})
    assert answer.status_code == 400
    assert "1, 7, 30, 90" in answer.json()["errors"]["days"][0]
    assert as_ann.get(reverse("inbox:statistics"), {"days": days}).status_code == 200


def test_a_stranger_is_sent_to_sign_in(db):
    assert Client().get(reverse("inbox:statistics")).status_code == 302
