"""What concerns one agent: told to that agent alone; and an open stream is a sign of life."""

from helpdesk.cases import services as cases
from helpdesk.users.models import Agent
from tests import world
from tests.waiting import wait_for


def test_who_is_asked_to_look_hears_of_it_and_nobody_else(listen, channel, ann, bob):
    carl = world.agent("Carl", sees=[channel])
    case = world.says(bob, "hello").case
    anns, carls = listen(ann).hello(), listen(carl).hello()
    cases.notify(case, [carl], "Look, please", by=None)
    assert carls.next().data == {"case": case.pk, "kinds": ["case.notified"]}
    cases.set_priority(case, "high", by=None)
    for ear in (anns, carls):
        assert ear.next().data["kinds"] == ["case.priority_changed"]


def test_whoever_is_named_in_a_note_hears_both(listen, channel, ann, bob):
    carl = world.agent("Carl", sees=[channel])
    case = world.says(bob, "hello").case
    anns, carls = listen(ann).hello(), listen(carl).hello()
    cases.note(case, "@Carl look", by=ann)
    assert [carls.next().data["kinds"] for _ in range(2)] == [["message.added"], ["case.mentioned"]]
    cases.set_priority(case, "high", by=None)
    heard: list[str] = []
    while "case.priority_changed" not in heard:
        heard += anns.next().data["kinds"]
    assert "case.mentioned" not in heard


def test_an_open_stream_is_a_sign_of_life(listen, ann):
    listen(ann).hello()
    wait_for(lambda: Agent.objects.get(pk=ann.pk).is_available, limit=20)
