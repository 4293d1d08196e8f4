"""An occasion: what happens together, what a broken reactor undoes, and what stays."""

import pytest
from django.db import transaction

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.events import occasion as occasions
from helpdesk.events.models import Event
from helpdesk.events.occasion import Again, LockOrder, current, occasion
from helpdesk.events.services import record
from helpdesk.outbox.models import Job
from helpdesk.users.models import Profile
from helpdesk.users.services import profiles
from tests import world

pytestmark = pytest.mark.django_db

SEEN: list[str] = []


def good(it: occasions.Occasion) -> None:
    SEEN.append("good")


def bad(it: occasions.Occasion) -> None:
    """Changes something, then breaks, as a bug would."""
    Case.objects.update(subject="half done")
    record("case.subject_changed", by=None, new="half done")
    raise ZeroDivisionError("planted")


GOOD, BAD = f"{__name__}.good", f"{__name__}.bad"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    SEEN.clear()


def test_a_broken_reactor_loses_no_message_of_a_customer(settings):
    settings.REACTORS = [GOOD, BAD, GOOD]
    got = world.says(world.customer(world.messenger()), "hello")
    assert Message.objects.get(pk=got.message.pk).text == "hello"
    assert Case.objects.get().subject == ""
    # The one before it ran once for each of the two occasions (channel, profile) and the message; the one after never.
    assert not Event.objects.filter(kind="case.subject_changed").exists()


def test_a_broken_reactor_leaves_a_red_event_and_a_job_that_repeats_it_and_those_after_it(settings):
    channel = world.messenger()
    bob = world.customer(channel)
    settings.REACTORS = [GOOD, BAD, GOOD]
    world.says(bob, "hello")
    red = Event.objects.get(kind="occasion.failed")
    assert red.red
    assert "planted" in red.data["error"]
    assert SEEN == ["good"]
    job = Job.objects.get(kind="react")
    assert job.body["reactors"] == [BAD, GOOD]
    with pytest.raises(ZeroDivisionError):
        occasions.resume(event_ids=job.body["events"], reactors=job.body["reactors"])
    occasions.resume(job.body["events"], [GOOD, GOOD])
    assert SEEN == ["good", "good", "good"]


def test_an_error_between_two_writes_of_a_verb_leaves_nothing_of_it(monkeypatch):
    bob = world.customer(world.messenger())
    monkeypatch.setattr("helpdesk.cases.services.incoming.wrote", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.says(bob, "hello")
    assert not Case.objects.exists()
    assert not Message.objects.exists()


def test_a_lost_race_repeats_the_whole_occasion_at_most_three_times():
    tries = []

    @occasion
    def unlucky() -> None:
        tries.append(1)
        raise Again

    with pytest.raises(Again):
        unlucky()
    assert len(tries) == 3


def test_a_verb_joins_the_occasion_under_way():
    @occasion
    def outer(case: Case) -> None:
        cases.set_priority(case, "high", by=None)
        cases.set_subject(case, "Invoice", by=None)
        assert len(current().events) == 2

    outer(world.says(world.customer(world.messenger()), "hello").case)
    assert len(set(Event.objects.filter(case_id__gt=0).order_by("-pk").values_list("occasion", flat=True)[:2])) == 1


def test_a_lock_out_of_order_is_refused_before_it_can_deadlock():
    case = world.says(world.customer(world.messenger()), "hello").case
    other = world.customer(world.messenger(), "carol")

    @occasion
    def wrong() -> list[Profile]:
        cases.hold(case.pk)
        return profiles.hold(other.pk)

    with pytest.raises(LockOrder):
        wrong()


def test_everybody_in_an_occasion_works_on_the_same_copy():
    case = world.says(world.customer(world.messenger()), "hello").case

    @occasion
    def look() -> bool:
        return cases.hold(case.pk) is cases.hold(case.pk)

    assert look()


def test_an_unknown_kind_of_event_is_refused():
    @occasion
    def wrong() -> None:
        record("nobody.declared", by=None)

    with pytest.raises(LookupError), transaction.atomic():
        wrong()
