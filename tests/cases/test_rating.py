"""A customer is asked for a rating: one link, one page, one number; and nobody learns the link but them."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message, Rating
from helpdesk.cases.services import rating
from helpdesk.events.models import Event
from helpdesk.users.models.fields import Source
from helpdesk.users.services import blocking, values
from tests import world
from tests.cases.test_actions import do, wrong
from tests.rules.desk import do as step
from tests.rules.desk import fired, rule, when

pytestmark = pytest.mark.django_db

GONE = "This link is not valid any more."


@pytest.fixture
def bob():
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob):
    return world.agent(sees=[bob.channel])


@pytest.fixture
def case(bob) -> Case:
    return world.says(bob, "hello").case


@pytest.fixture
def asked(case, ann) -> Rating:
    return cases.request_rating(case, by=ann)


@pytest.fixture
def bobs_browser() -> Client:
    return Client(enforce_csrf_checks=True)


def path(rating: Rating) -> str:
    return f"/r/{rating.token}/"


def last_text(case: Case) -> str:
    return Message.objects.filter(case=case).latest("pk").text


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def test_the_customer_gets_a_link_and_nobody_else_does(case, asked, settings):
    assert f"{settings.BASE_URL}{path(asked)}" in last_text(case)
    assert asked.message_id == fresh(case).last_message_id
    told = " ".join(str(event.data) for event in Event.objects.all())
    assert asked.token not in told


def test_while_a_link_is_good_no_second_is_sent_answered_or_not(case, ann, asked):
    before = Message.objects.count()
    assert cases.request_rating(case, by=ann) == asked
    cases.rate(asked.token, 5)
    assert cases.request_rating(case, by=ann) == asked
    assert Message.objects.count() == before


def test_an_old_request_does_not_keep_a_new_one_from_being_sent(case, ann, asked):
    Rating.objects.update(expires_at=timezone.now())
    assert cases.request_rating(case, by=ann) != asked


def test_the_text_is_in_the_customers_language_and_has_to_hold_the_link(case, bob, ann):
    values.say(bob, Source.AGENT, {"language": "de"}, by=None)
    do("request_rating", case, ann, texts={"en": "Rate us: {{ rating.link }}", "de": "Bewerten: [rating_link]"})
    assert re.fullmatch(r"Bewerten: http\S+/r/\S{20,}/", last_text(case))
    assert wrong("request_rating", texts={"en": "Rate us"}) == {"texts": "The text has to say {{ rating.link }}."}
    assert wrong("send_message", texts={"en": "{{ rating.link }}"}).keys() == {"texts"}


def test_opening_the_link_changes_nothing_however_often(asked, bobs_browser):
    for _time in range(2):
        answer = bobs_browser.get(path(asked))
        assert answer.status_code == 200
        assert bobs_browser.head(path(asked)).status_code == 200
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"].startswith("max-age=0")
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert Rating.objects.get().score is None
    assert not Event.objects.filter(kind="case.rated").exists()


class Radios(HTMLParser):
    """The choices of a page: {value: the words beside it}, and which of them is chosen."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: dict[str, str] = {}
        self.chosen = self.last = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs) -> None:
        given = dict(attrs)
        if given.get("type") == "radio":
            self.last = given["value"]
            self.chosen = self.last if "checked" in given else self.chosen

    def handle_data(self, data: str) -> None:
        if self.last and data.strip():
            self.words[self.last] = data.strip()
            self.last = ""


def test_the_page_offers_five_answers_in_words(asked, bobs_browser):
    shown = Radios(bobs_browser.get(path(asked)).content.decode())
    assert shown.words == {"5": "Very good", "4": "Good", "3": "Middling", "2": "Bad", "1": "Very bad"}
    assert shown.chosen == ""


def test_the_answer_is_kept_told_and_can_be_changed(case, bob, asked, bobs_browser):
    answer = bobs_browser.post(path(asked), {"score": "2", "comment": " too slow "})
    assert answer.status_code == 200
    assert "Thank you!" in answer.content.decode()
    rating = Rating.objects.get()
    assert (rating.score, rating.comment, fresh(case).rating) == (2, "too slow", 2)
    event = Event.objects.get(kind="case.rated")
    assert (event.actor, event.red, event.data["score"]) == (("profile", bob.pk), True, 2)
    bobs_browser.post(path(asked), {"score": "2", "comment": "too slow"})
    assert Event.objects.filter(kind="case.rated").count() == 1
    assert Radios(bobs_browser.get(path(asked)).content.decode()).chosen == "2"
    bobs_browser.post(path(asked), {"score": "4"})
    assert (Rating.objects.get().score, Rating.objects.get().comment, fresh(case).rating) == (4, "", 4)
    assert Event.objects.filter(kind="case.rated").latest("pk").red is False


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Choose one of the five."),
        ({"score": "6"}, "Choose one of the five."),
        ({"score": "0"}, "Choose one of the five."),
        ({"score": "٣"}, "Choose one of the five."),
        ({"score": "5", "comment": "x" * 1001}, "1,000"),
        ({"score": "5", "comment": "nul \0"}, "errorlist"),
    ],
)
def test_a_wrong_answer_is_told_at_its_place_and_nothing_is_kept(asked, bobs_browser, sent, said):
    answer = bobs_browser.post(path(asked), sent)
    assert answer.status_code in (400, 422)
    assert answer.status_code == 400 or said.replace(",", "") in answer.content.decode().replace(",", "")
    assert Rating.objects.get().score is None


def test_a_link_that_is_too_old_and_one_that_never_was_look_alike(asked, bobs_browser):
    with time_machine.travel(timezone.now() + timedelta(days=14, minutes=1), tick=False):
        old = [bobs_browser.get(path(asked)), bobs_browser.post(path(asked), {"score": "5"})]
        never = [bobs_browser.get("/r/nonsense/"), bobs_browser.post("/r/nonsense/", {"score": "5"})]
    assert {answer.status_code for answer in old + never} == {410}
    assert len({answer.content for answer in old + never}) == 1
    assert GONE in old[0].content.decode()
    assert Rating.objects.get().score is None


def test_one_link_is_answered_so_often_and_then_no_more(asked, bobs_browser, monkeypatch):
    monkeypatch.setattr(rating, "ANSWERS", 3)
    answers = [bobs_browser.post(path(asked), {"score": score}).status_code for score in "12345"]
    assert answers == [200, 200, 200, 410, 410]
    assert Event.objects.filter(kind="case.rated").count() == 3


def test_somebody_who_was_blocked_rates_no_more(bob, asked, bobs_browser):
    blocking.block(bob.person, by=None)
    assert bobs_browser.post(path(asked), {"score": "1"}).status_code == 410
    assert Rating.objects.get().score is None


def test_what_a_customer_writes_stays_text_on_every_page(case, asked, ann, bobs_browser):
    hostile = "</textarea><script>alert(1)</script>{actor.password}"
    page = bobs_browser.post(path(asked), {"score": "1", "comment": hostile}).content.decode()
    assert "<script>alert(1)" not in page
    inbox = Client()
    inbox.force_login(ann)
    page = inbox.get(f"/cases/{case.number}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "rated the help 1 of 5, very bad" in page
    assert "{actor.password}" in page
    assert "Rated 1 of 5" in page


def test_a_rating_of_a_case_that_was_merged_counts_for_the_one_that_goes_on(case, asked, ann):
    other = world.says(world.customer(case.channel.customchannel, "carol"), "hello").case
    cases.merge(case, other, by=ann)
    cases.rate(asked.token, 5)
    assert fresh(other).rating == 5
    assert Event.objects.get(kind="case.rated").actor == ("profile", case.profile_id)


def test_rules_ask_hear_the_answer_and_do_not_ask_again_because_of_it(bob, ann, case):
    rule("ask", actions=[step("request_rating")], all=[when("case.status", "is", "closed")])
    cases.end_chat(case, "closed", by=ann)
    (rating,) = Rating.objects.all()
    cases.rate(rating.token, 1)
    assert fired(case) == ["ask", "ask"]
    assert Message.objects.filter(case=case, author="rule").count() == 1
