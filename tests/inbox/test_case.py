"""The page of a case: what was said and happened, how sure we are of whom, what is known of the customer."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from helpdesk.cases import services as cases
from helpdesk.cases.files import Stored
from helpdesk.cases.models import Message
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.events.services import record
from helpdesk.inbox import timeline
from helpdesk.users.models import Company, CustomField
from helpdesk.users.services import identity, profiles, values
from tests import world

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15
HOSTILE = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><b>bold</b>', "<hx-partial hx-target=body>"]


def page(client, case, **query: str) -> str:
    answer = client.get(reverse("inbox:case", args=[case.number]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def thread(text: str) -> str:
    """The timeline without tags, one space between words."""
    part = text[text.index('<ol class="thread">') : text.index("</ol>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part))


def in_order(text: str, *words: str) -> bool:
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


@pytest.fixture
def account(bob):
    """Bob has shown by a code who he is."""
    account = profiles.meet("external", "kunde-4711", level=3)
    identity.prove(bob, account, method="code", level=3, evidence={"code": 5, "made_by": "api"}, by=None)
    bob.refresh_from_db()
    return account


def test_messages_notes_and_what_happened_stand_in_order_of_time(as_ann, ann, bob, case):
    cases.assign(case, ann, by=world.admin())
    cases.note(case, "he has called before", by=ann)
    cases.reply(case, "good morning", by=ann)
    world.says(bob, "thank you")
    words = thread(page(as_ann, case))
    assert in_order(
        words,
        "Today",
        "The case was opened",
        "hello, is somebody there?",
        "The desk ended the chat as open",
        "Ada assigned the case to Ann",
        "Internal note",
        "he has called before",
        "good morning",
        "thank you",
    )


def test_another_day_is_named(as_ann, case):
    Message.objects.filter(case=case).update(created_at=timezone.now() - timedelta(days=1))
    Event.objects.filter(case_id=case.pk).update(created_at=timezone.now() - timedelta(days=400))
    words = thread(page(as_ann, case))
    assert in_order(words, str((timezone.now() - timedelta(days=400)).year), "Yesterday", "hello")


@occasion
def fires(case, number: int, title: str) -> Event:
    return record("rule.fired", by=None, case=case, rule=number, version=1, title=title)


def test_a_rules_answer_carries_the_rules_name(as_ann, case):
    cases.reply(case, "Please send a code.", by=fires(case, 7, "Ask for a code"))
    text = page(as_ann, case)
    assert in_order(thread(text), "Rule “Ask for a code”", "Please send a code.")
    assert 'class="message rule"' in text


def test_an_answer_of_the_desk_itself_is_not_an_agents(as_ann, case):
    cases.reply(case, "The office is closed.", by=None)
    assert in_order(thread(page(as_ann, case)), "The desk", "The office is closed.")


@pytest.mark.parametrize(
    ("act", "state", "words"),
    [
        (None, "queued", "Waits to be sent"),
        (lambda pk: cases.delivered(pk, attempts=1), "delivered", "Delivered"),
        (lambda pk: cases.read(pk), "read", "Read"),
        (lambda pk: cases.failed(pk, attempts=6, problem="no answer"), "failed", "Not delivered: no answer"),
        (lambda pk: cases.refused(pk, attempts=6, problem="404"), "failed", "the receiver refused it: 404"),
        (lambda pk: cases.switched_off(pk, problem="410"), "failed", "the channel is switched off: 410"),
        (
            lambda pk: cases.retrying(pk, attempts=1, at=timezone.now() + timedelta(seconds=5), problem="timeout"),
            "retrying",
            "will be tried again at",
        ),
        (
            lambda pk: cases.retrying(pk, attempts=1, at=timezone.now() - timedelta(seconds=5), problem="timeout"),
            "retrying",
            "Not delivered yet, waits for its turn: timeout",
        ),
        (lambda pk: cases.delivered(pk, attempts=3), "delivered", "Delivered, at try 3"),
        (lambda pk: cases.cancel_sending(Message.objects.get(pk=pk), by=None), "cancelled", "Not sent: taken back"),
    ],
)
def test_how_far_an_answer_got_is_said_in_words(as_ann, ann, case, act, state, words):
    message = cases.reply(case, "good morning", by=ann)
    if act:
        act(message.pk)
    text = page(as_ann, case)
    part = text[text.index(f'id="message-{message.pk}"') :]
    assert f'data-state="{state}"' in part
    assert words in re.sub(r"\s+", " ", part)
    assert ("Try again" in part) == (state in {"failed", "cancelled"})
    assert ("Retry now" in part) == (state == "retrying")
    assert (">Cancel<" in part) == (state in {"queued", "retrying"})


def test_an_answer_behind_one_that_has_not_left_says_what_it_waits_for(as_ann, ann, case):
    first, second = (cases.reply(case, text, by=ann) for text in ("one", "two"))
    words = thread(page(as_ann, case))
    assert in_order(words, "one", "Waits to be sent", "two", "Waits to be sent, after the answer before it")
    cases.delivered(first.pk, attempts=1)
    words = thread(page(as_ann, case))
    assert "after the answer before it" not in words
    assert second.pk > first.pk


def test_what_the_channel_itself_could_not_deliver_is_not_offered_to_be_sent_again(as_ann, ann, case):
    message = cases.reply(case, "good morning", by=ann)
    cases.delivered(message.pk, attempts=1)
    cases.failed(message.pk, attempts=1, problem="no such phone")
    text = page(as_ann, case)
    assert "Not delivered: no such phone" in text
    assert "Try again" not in text


def test_a_check_mark_on_each_message_says_how_we_knew_then(as_ann, bob, case, account):
    world.says(bob, "now you know me")
    text = page(as_ann, case)
    first, second = text.split('class="message customer"')[1:]
    assert 'class="mark' not in first
    assert "Not identified" in first
    mark = r'class="mark proven" role="img" aria-label="Proven by code at [^"]*, less than a minute before'
    assert re.search(mark, second)


def test_a_vouched_level_has_an_outlined_mark_with_its_own_reason(as_ann, case, bob):
    account = profiles.meet("external", "kunde-4711", level=2)
    identity.prove(bob, account, method="page", level=2, evidence={}, by=None)
    world.says(bob, "me again")
    mark = r'class="mark vouched"[^>]*aria-label="Vouched for by your page at '
    assert re.search(mark, page(as_ann, case))


def test_a_merge_of_people_does_not_change_what_an_old_message_says(as_ann, bob, case, account):
    world.says(bob, "now you know me")
    other = profiles.meet("email", "bob@example.com").person
    identity.merge(account.person, other, by=None)
    assert 'aria-label="Proven by code' in page(as_ann, case).split('class="message customer"')[2]


def test_the_panel_says_who_how_we_know_and_what_is_known(as_ann, bob, case, account):
    world.tariff()
    CustomField.objects.create(key="order", title="Order", level="case", kind="text")
    CustomField.objects.create(key="hidden", title="Hidden", level="user", kind="text", on_user_data=False)
    CustomField.objects.create(key="news", title="Newsletter", level="user", kind="checkbox")
    CustomField.objects.create(key="size", title="Size", level="company", kind="text")
    said = {"name": "Bob Kern", "company": "Kern GmbH", "tariff": "VIP", "hidden": "secret", "news": False}
    values.say(account, "code", said, by=None)
    Company.objects.update(values={"size": "50 people"})
    cases.set_value(case, "order", "A-5530", by=None)
    panel = page(as_ann, case).split('<aside class="panel"')[1]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", panel))
    assert in_order(words, "Bob Kern", "Identified by code", "code #5, made by api", "Company", "Kern GmbH")
    assert "Tariff VIP from an identification code, today" in words
    assert "Newsletter no from an identification code, today" in words
    assert "Size 50 people" in words
    assert "Order A-5530" in words
    assert "secret" not in words
    assert in_order(words, "External id", "kunde-4711")
    assert in_order(words[words.rindex("External id") :], "kunde-4711", "Your server said so", "Proven")
    assert "bob" in words


def test_a_field_of_which_nothing_is_known_is_shown_empty(as_ann, case):
    world.tariff()
    panel = page(as_ann, case).split('<aside class="panel"')[1]
    assert re.search(r"<dt>Tariff</dt>\s*<dd>–", panel)


@pytest.mark.seed("003", "carry on a conversation across multiple devices and channels")
@pytest.mark.seed("001", "see the history of correspondence with this user through other channels")
def test_other_cases_of_the_person_are_beside_it_whatever_the_channel(as_ann, ann, case, account):
    forum = world.messenger("http://127.0.0.1:9/hook", title="Forum", sync=False)
    ann.channels.add(forum)
    there = world.customer(forum, "bob-in-the-forum")
    identity.prove(there, account, method="code", level=3, evidence={}, by=None)
    there.refresh_from_db()
    other = world.says(there, "a question in the forum").case
    assert f"/cases/{other.number}/" in page(as_ann, case)


@pytest.mark.promise("P29")
@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_customer_writes_is_shown_as_text(as_ann, ann, bob, channel, text):
    case = world.says(bob, f"{text} hello").case
    values.say(bob, "channel", {"name": f"{text} Bob", "note": text, "company": text}, by=None)
    cases.set_subject(case, f"{text} subject", by=ann)
    cases.note(case, f"{text} note", by=ann)
    channel.title = f"{text} channel"
    channel.save()
    message = cases.reply(case, f"{text} answer", by=ann)
    cases.failed(message.pk, attempts=6, problem=f"{text} problem")
    whole = page(as_ann, case)
    parts = as_ann.get(reverse("inbox:fresh", args=[case.number])).content.decode()
    rows = as_ann.get(reverse("inbox:rows", args=["all"])).content.decode()
    for word in ("hello", "Bob", "subject", "note", "channel", "answer", "problem"):
        assert f"{text} {word}" not in whole + parts + rows
        assert f"{escape(text)} {word}" in whole


def test_what_looks_like_a_template_is_text_like_any_other(as_ann, bob):
    case = world.says(bob, "{{ 7|add:7 }} {% csrf_token %}").case
    assert "{{ 7|add:7 }} {% csrf_token %}" in page(as_ann, case)


def test_html_is_shown_as_it_was_cleaned_and_out_of_the_reach_of_our_own_scripts(as_ann, ann, case):
    cases.reply(case, html='<p onclick="x()">Hello <b hx-get="/x">there</b><script>1</script></p>', by=ann)
    text = page(as_ann, case)
    body = re.search(r'<div class="body html" hx-ignore>(.*?)</div>', text, re.DOTALL)
    assert body
    assert body[1] == "<p>Hello <b>there</b></p>"


def test_a_file_is_a_signed_link(as_ann, ann, case):
    stored = Stored(token=uuid.uuid4(), name="a<b>.pdf", size=2048, mime="application/pdf", path="x")
    cases.reply(case, "see", by=ann, stored=(stored,))
    text = page(as_ann, case)
    assert re.search(r'href="/files/[^"]+"[^>]*download', text)
    assert "a&lt;b&gt;.pdf" in text


@pytest.mark.seed("003", "duplicate tickets for a single issue, which agents might need to manually merge")
def test_a_merged_case_leads_to_the_one_it_became_part_of_and_both_are_read_as_one(as_ann, case, channel):
    carol = world.customer(channel, "carol")
    other = world.says(carol, "the same from carol").case
    cases.merge(other, case, by=None)
    answer = as_ann.get(reverse("inbox:case", args=[other.number]), {"view": "mine"})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("inbox:case", args=[case.number]) + "?view=mine"
    assert in_order(thread(page(as_ann, case)), "hello, is somebody there?", "the same from carol", other.number)


def test_a_long_case_begins_with_its_newest_messages_and_has_a_way_to_the_earlier_ones(as_ann, bob, case, monkeypatch):
    monkeypatch.setattr(timeline, "SHOWN", 3)
    for number in range(5):
        world.says(bob, f"line {number}")
    text = page(as_ann, case)
    assert "line 4" in text
    assert "hello, is somebody" not in thread(text)
    more = re.search(r'href="[^"]*[?&](?:amp;)?show=(\d+)"', text)
    assert more
    assert "hello, is somebody" in thread(page(as_ann, case, show=more[1]))


@pytest.mark.parametrize("show", ["nonsense", "-1", "999999999", "²"])
def test_a_made_up_length_breaks_nothing(as_ann, case, show):
    page(as_ann, case, show=show)


def test_an_old_event_that_lacks_a_fact_is_told_by_its_label(as_ann, case):
    Event.objects.filter(case_id=case.pk, kind="chat.ended").update(data={})
    assert "Chat ended" in thread(page(as_ann, case))


def test_the_list_beside_the_case_stays_where_the_agent_was(as_ann, case):
    text = page(as_ann, case, view="unassigned")
    assert f'href="/cases/{case.number}/?view=unassigned" aria-current="true"' in text
    assert "view=unassigned" in re.findall(r'action="(/cases/[^"]+)"', text)[0]


@pytest.mark.both
@pytest.mark.parametrize("name", ["case", "fresh"])
@pytest.mark.parametrize("many", [1, 30])
def test_a_case_takes_few_queries_however_long_it_is(
    as_ann, ann, bob, case, account, channel, django_assert_max_num_queries, many, name
):
    world.tariff()
    for number in range(many):
        world.says(bob, f"line {number}")
        cases.note(case, f"note {number}", by=ann)
        world.says(world.customer(channel, f"other-{number}"), "hello")
    cases.reply(case, "an answer", by=fires(case, 7, "Ask for a code"))
    page(as_ann, case)  # the first page of a session writes the token for forms into it
    with django_assert_max_num_queries(MOST_QUERIES):
        as_ann.get(reverse(f"inbox:{name}", args=[case.number]))
