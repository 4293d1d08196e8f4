"""Agents' streams over HTTP: facts and nothing foreign, nothing lost over a break, nothing held while they wait."""

import gc
import sqlite3
import threading
import time

import pytest
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError, connection, connections

from helpdesk.cases import feed
from helpdesk.cases import services as cases
from helpdesk.live import hub, readers, streams
from helpdesk.live.hub import HUB
from helpdesk.live.past import Past
from helpdesk.users.services import agents, identity, values
from tests import world
from tests.live import listening
from tests.waiting import wait_for

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def test_a_stranger_is_turned_away(port):
    assert listening.Ear(port).status == 401
    assert listening.Ear(port, "made-up-session").status == 401


def test_the_headers_keep_proxies_from_collecting(listen, ann):
    ear = listen(ann)
    assert ear.status == 200
    assert ear.headers["content-type"] == "text/event-stream"
    assert ear.headers["x-accel-buffering"] == "no"
    assert "no-transform" in ear.headers["cache-control"]
    assert ear.block().startswith("retry: ")


def test_ann_is_told_at_once_which_case_changed_and_nothing_of_what_was_said(listen, bob, ann):
    ear = listen(ann).hello()
    began = time.monotonic()
    case = world.says(bob, "my secret question").case
    facts = ear.facts("message.added")
    assert time.monotonic() - began < 2
    assert {fact["case"] for fact in facts} == {case.pk}
    assert set(facts[0]) == {"case", "kinds"}
    assert "secret" not in repr(facts)


@pytest.mark.promise("P26")
def test_eve_is_told_nothing(listen, bob, ann, eve):
    ears = listen(ann).hello(), listen(eve).hello()
    world.says(bob, "hello")
    values.say(bob, "agent", {"name": "Bob"}, by=ann)
    ears[0].facts("person.changed")
    assert ears[1].silent()


@pytest.mark.promise("P26")
def test_a_group_closes_a_case_to_the_others_who_are_told_only_that_it_left(listen, bob, ann, channel):
    secret = world.group("Secret")
    gina = world.agent("Gina", sees=[channel.channel_ptr], groups=[secret])
    case = world.says(bob, "hello").case
    anns, ginas = listen(ann).hello(), listen(gina).hello()
    cases.set_group(case, secret, by=None)
    assert anns.facts("case.group_changed")[-1]["case"] == case.pk
    cases.note(case, "only for us", by=gina)
    assert ginas.facts("message.added")[-1]["case"] == case.pk
    assert anns.silent()


def test_who_is_learned_about_is_told_by_their_cases(listen, bob, ann):
    case = world.says(bob, "hello").case
    ear = listen(ann).hello()
    values.say(bob, "agent", {"name": "Bob Kern"}, by=ann)
    assert ear.facts("person.changed")[-1]["case"] == case.pk
    account = world.customer(bob.channel.customchannel, "account")
    identity.link(bob, account.person, method="agent", level=3, by=ann)
    assert ear.facts("profile.linked")[-1]["case"] == case.pk


@pytest.mark.promise("P24")
def test_a_stream_dropped_two_hundred_times_tells_every_event_once(listen, channel, ann, bob):
    """Each customer writes once, so each case has exactly one fact."""
    people = [world.customer(channel, f"customer-{number}") for number in range(200)]
    told: list[int] = []
    ear, written = listen(ann).hello(), []
    for person in people:
        written.append(world.says(person, "hello").case.pk)
        last = ear.last
        ear.close()
        ear = listen(ann, last=last)
        while (news := ear.next()).event != "hello":
            assert news.event == "message", news
            told.append(news.data["case"])
    assert told == written


@pytest.mark.promise("P24")
def test_nothing_is_lost_between_two_streams_beside_many_writers(listen, channel, ann):
    people = [world.customer(channel, f"customer-{number}") for number in range(40)]
    told: list[int] = []
    ear, written = listen(ann).hello(), []

    def write(part: list) -> None:
        for person in part:
            written.append(world.says(person, "hello").case.pk)
        connections.close_all()

    writers = [threading.Thread(target=write, args=(people[number::4],)) for number in range(4)]
    for writer in writers:
        writer.start()
    while len(told) < len(people):
        news = ear.next()
        if news.event == "message":
            told.append(news.data["case"])
            last = ear.last
            ear.close()
            ear = listen(ann, last=last)
    for writer in writers:
        writer.join()
    assert sorted(told) == sorted(written)


@pytest.mark.parametrize("cursor", ["nonsense", feed.write(feed.Position(2**60, 1))])
def test_a_cursor_of_another_database_asks_to_read_anew(listen, ann, cursor):
    assert listen(ann, last=cursor).next().event == "resync"


def test_who_missed_more_than_is_kept_is_asked_to_read_anew(listen, ann, bob, monkeypatch):
    monkeypatch.setattr("helpdesk.live.past.KEPT", 3)
    begin = feed.now()
    for number in range(4):
        world.says(bob, f"message {number}")
    assert listen(ann, last=begin).next().event == "resync"


def test_the_past_is_cut_without_a_gap(ann, bob, monkeypatch):
    monkeypatch.setattr("helpdesk.live.past.KEPT", 3)
    past = Past.until_now()
    cursors = [feed.write(past.position)]
    for number in range(9):
        world.says(bob, f"message {number}")
        wait_for(lambda: past.read_on()[0])
        cursors.append(feed.write(past.position))
    missed = [past.since(cursor) for cursor in cursors]
    assert missed[0] is None
    assert [len(facts) for facts in missed[-4:] if facts is not None] == [3, 2, 1, 0]


def test_a_client_that_does_not_keep_up_is_asked_to_read_anew(listen, ann, bob, monkeypatch):
    monkeypatch.setattr(streams, "MOST", 0)
    ear = listen(ann)
    world.says(bob, "hello")
    assert ear.next().event == "resync"


def test_a_silent_stream_beats(listen, ann, monkeypatch):
    monkeypatch.setattr(streams.Stream.next, "__defaults__", (0.1,))
    ear = listen(ann)
    blocks = [ear.block() for _ in range(3)]
    assert any(block.startswith(":") for block in blocks)


def test_signing_out_ends_the_stream(listen, ann, client):
    client.force_login(ann)
    session = client.session.session_key
    ear = listen(ann).hello()
    Session.objects.exclude(session_key=session).delete()
    assert ear.next().event == "resync"
    with pytest.raises(listening.Ended):
        ear.next()


@pytest.mark.parametrize("change", ["deactivated", "promoted", "another password"])
def test_a_change_of_the_account_ends_the_stream(listen, ann, change):
    ear = listen(ann).hello()
    ann.is_active = change != "deactivated"
    ann.is_admin = change == "promoted"
    if change == "another password":
        ann.set_password("a new and longer one")
    ann.save()
    agents.changed(ann, change, by=None)
    assert ear.next(2).event == "resync"
    with pytest.raises(listening.Ended):
        ear.next()


def test_a_channel_taken_away_ends_the_stream_before_the_next_fact(listen, ann, bob, channel):
    ear = listen(ann).hello()
    ann.channels.clear()
    agents.changed(ann, "access", by=None)
    world.says(bob, "hello")
    assert ear.next(2).event == "resync"
    with pytest.raises(listening.Ended):
        ear.next()


def test_a_change_that_nobody_announced_is_seen_within_seconds(listen, ann, monkeypatch):
    monkeypatch.setattr(hub, "RIGHTS", 0.2)
    monkeypatch.setattr(hub, "POLL", 0.1)
    ear = listen(ann).hello()
    ann.channels.clear()
    assert ear.next(5).event == "resync"


def test_a_lost_wake_up_costs_two_seconds_at_most(listen, ann, bob, monkeypatch):
    monkeypatch.setattr("helpdesk.live.wake.ring", lambda *_: None)
    ear = listen(ann).hello()
    began = time.monotonic()
    world.says(bob, "hello")
    ear.facts("message.added")
    assert time.monotonic() - began < hub.POLL + 2


def test_two_hundred_streams_hold_no_database_connection_and_no_thread(listen, ann, bob, port):
    session = listening.cookie(ann)
    threads = threading.active_count()
    ears = [listening.Ear(port, session).hello() for _ in range(200)]
    assert len(HUB) == 200
    # The hub's own, and the pool that Django's handler keeps; nothing grows with the number of streams.
    assert threading.active_count() - threads < 10
    wait_for(lambda: others_connected() <= 1)
    case = world.says(bob, "hello").case
    assert {ear.facts("message.added")[-1]["case"] for ear in ears} == {case.pk}
    assert others_connected() <= 1
    for ear in ears:
        ear.close()
    wait_for(lambda: len(HUB) == 0)
    wait_for(lambda: not HUB.running)


def others_connected() -> int:
    """Database connections besides this thread's own, as the server or the process itself sees them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            return int(cursor.fetchone()[0])
    return sum(is_open(thing) for thing in gc.get_objects() if type(thing) is sqlite3.Connection) - 1


def is_open(one: sqlite3.Connection) -> bool:
    try:
        return one.total_changes >= 0
    except sqlite3.ProgrammingError:
        return False


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize(("module", "name"), [(feed, "since"), (readers, "renewed")])
def test_streams_outlast_a_database_that_goes_away_and_miss_nothing(listen, ann, bob, monkeypatch, module, name, error):
    """Whether it goes away while events are read, or between reading and telling."""
    monkeypatch.setattr(hub, "POLL", 0.1)
    monkeypatch.setattr(hub, "RIGHTS", 0.0)
    ear = listen(ann).hello()
    tries: list[int] = []
    real = getattr(module, name)

    def broken(*args, **kwargs):
        tries.append(1)
        raise error("the server closed the connection")

    monkeypatch.setattr(module, name, broken)
    case = world.says(bob, "hello").case
    tried = len(tries)
    wait_for(lambda: len(tries) > tried + 1)
    monkeypatch.setattr(module, name, real)
    told = ear.next()
    assert (told.event, told.data["case"]) == ("message", case.pk)


def test_an_event_that_breaks_the_hub_does_not_silence_it(listen, ann, bob, monkeypatch):
    """Who listens reads anew, and later is told as before."""
    monkeypatch.setattr(hub, "POLL", 0.1)
    ear = listen(ann).hello()
    real = feed.since

    def broken(*args, **kwargs):
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(feed, "since", broken)
    world.says(bob, "hello")
    assert ear.next().event == "resync"
    monkeypatch.setattr(feed, "since", real)
    # What is said before the hub has begun anew is covered by one more resync.
    for number in range(50):
        case = world.says(bob, f"hello {number}").case
        told = ear.next()
        if told.event == "message":
            break
    assert told.data["case"] == case.pk
