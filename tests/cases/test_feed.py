"""Everything after a cursor, by the rights of the reader: nothing missed, nothing twice, nothing foreign."""

import random
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connections, transaction
from django.utils import timezone

from helpdesk.cases import feed
from helpdesk.cases import services as cases
from helpdesk.events.models import Event
from helpdesk.users.services import values
from tests import world

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def channel():
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.fixture
def bob(channel):
    return world.customer(channel)


@pytest.fixture
def ann(channel):
    return world.agent("Ann", sees=[channel.channel_ptr])


def kinds(page: feed.Page, case_id: int) -> list[str]:
    return [event.kind for event in page.events if event.case_id == case_id]


def test_a_reader_gets_what_happened_after_the_cursor_and_goes_on_from_there(bob, ann):
    begin = feed.now()
    case = world.says(bob, "hello").case
    first = feed.after(begin, reader=ann)
    assert kinds(first, case.pk) == ["case.opened", "message.added"]
    assert feed.after(first.cursor, reader=ann).events == []
    cases.assign(case, ann, by=ann)
    assert kinds(feed.after(first.cursor, reader=ann), case.pk) == ["case.assigned"]


def test_a_limit_cuts_the_page_and_the_cursor_leads_on(bob, ann):
    begin = feed.now()
    for number in range(5):
        world.says(bob, f"message {number}")
    seen, cursor = [], begin
    while (page := feed.after(cursor, reader=ann, limit=2)).events:
        seen += [event.pk for event in page.events]
        cursor = page.cursor
    whole = feed.after(begin, reader=ann)
    assert seen == [event.pk for event in whole.events]


def test_eve_reads_nothing_of_what_she_may_not_see(bob, channel):
    eve = world.agent("Eve")
    gina = world.agent("Gina", sees=[channel.channel_ptr])
    begin = feed.now()
    case = world.says(bob, "hello").case
    cases.set_group(case, world.group("Secret"), by=None)
    values.say(bob, "agent", {"name": "Bob"}, by=None)
    assert feed.after(begin, reader=eve).events == []
    assert feed.after(begin, reader=gina).events == []


def test_an_admin_reads_all_and_an_agent_also_what_is_learned_of_her_customers(bob, ann):
    world.says(bob, "hello")
    begin = feed.now()
    values.say(bob, "agent", {"name": "Bob Kern"}, by=ann)
    ada = world.admin()
    assert "person.changed" in [event.kind for event in feed.after(begin, reader=ann).events]
    assert "agent.changed" not in [event.kind for event in feed.after(begin, reader=ann).events]
    assert {"person.changed", "agent.changed"} <= {event.kind for event in feed.after(begin, reader=ada).events}


def test_somebody_deactivated_reads_nothing(bob):
    ada = world.admin()
    begin = feed.now()
    world.says(bob, "hello")
    ada.is_active = False
    assert feed.after(begin, reader=ada).events == []


@pytest.mark.parametrize("cursor", ["nonsense", "MS4x", "ä", "MS4tMS4x", feed.write(feed.Position(2**62, 5))])
def test_a_cursor_that_is_not_of_this_database_asks_for_a_new_start(cursor, bob, ann):
    world.says(bob, "hello")
    page = feed.after(cursor, reader=ann)
    assert page.resync
    assert page.events == []
    case = world.says(bob, "and again").case
    assert kinds(feed.after(page.cursor, reader=ann), case.pk) == ["message.added"]


@pytest.mark.promise("P24")
def test_who_was_away_for_a_day_is_told_to_read_anew(bob, ann):
    begin = feed.now()
    with time_machine.travel(timezone.now() - timedelta(hours=25)):
        world.says(bob, "hello")
    world.says(bob, "hello again")
    assert feed.after(begin, reader=ann, oldest=timedelta(hours=24)).resync
    assert len(feed.after(begin, reader=ann).events) == 3


def test_the_beginning_of_all_is_an_empty_cursor(bob, ann):
    world.says(bob, "hello")
    assert feed.after("", reader=world.admin()).events[0].pk == Event.objects.order_by("tx", "pk")[0].pk


@pytest.mark.promise("P24")
def test_a_reader_beside_many_writers_sees_every_event_once(bob, channel, ann):
    """Writers that commit out of order, one of them slowly: the ids overtake each other, the cursor must not."""
    people = [world.customer(channel, f"customer-{number}") for number in range(6)]
    begin = feed.now()

    def writes(number: int) -> None:
        dice = random.Random(number)
        try:
            for _ in range(10):
                with transaction.atomic():
                    world.says(people[number], "hello")
                    if number == 0:
                        time.sleep(dice.uniform(0.05, 0.2))
        finally:
            connections.close_all()

    writers = [threading.Thread(target=writes, args=(number,)) for number in range(len(people))]
    for writer in writers:
        writer.start()
    seen, cursor = [], begin
    while any(writer.is_alive() for writer in writers) or feed.after(cursor, reader=ann).events:
        page = feed.after(cursor, reader=ann, limit=7)
        seen += [event.pk for event in page.events]
        cursor = page.cursor
    for writer in writers:
        writer.join()
    written = set(Event.objects.filter(kind__in=["case.opened", "message.added"]).values_list("pk", flat=True))
    assert len(seen) == len(set(seen))
    assert set(seen) >= written
    assert len(written) == 66
