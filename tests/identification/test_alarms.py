"""What people are told when somebody guesses, and in which words agents read what became of a code."""

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from channels_custom.models import CustomChannel
from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.inbox import timeline
from helpdesk.outbox.models import Job
from helpdesk.users.models import Profile
from identification import banners, codes
from identification.events import REASONS
from identification.services import alarms, redeeming
from tests import world

pytestmark = pytest.mark.django_db


# --- the alarm ---


def alarm(messenger: CustomChannel, minute: int = 0) -> None:
    for number in range(20):
        guesser = world.customer(messenger, f"guesser-{minute}-{number}")
        world.says(guesser, " ".join(codes.make() for _ in range(3)))


@pytest.mark.promise("P25")
def test_the_desks_brake_is_told_above_the_inbox_and_by_one_mail_an_hour(messenger: CustomChannel) -> None:
    ada, ann = world.admin(), world.agent("Ann")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert banners.guessing(ada) is None
        for minute in range(3):
            alarm(messenger, minute)
            clock.shift(61)
        assert Event.objects.filter(kind="code.braked").count() == 3
        assert Job.objects.filter(kind="notice").count() == 1
        assert banners.guessing(ada) is not None
        assert banners.guessing(ann) is None
        client = Client()
        client.force_login(ada)
        assert "Somebody is guessing identification codes" in client.get("/views/all/").content.decode()
        clock.shift(3700)
        assert alarms.last_alarm() is None
        alarm(messenger, 9)
        assert Job.objects.filter(kind="notice").count() == 2
    assert mail.outbox == [], "it leaves by the outbox"


# --- what agents read of it ---


@pytest.mark.parametrize("reason", [*REASONS, "proposed"])
def test_each_outcome_has_its_words(bob: Profile, reason: str) -> None:
    outcome = "proposed" if reason == "proposed" else "invalid" if reason else "valid"
    facts = {"outcome": outcome, "reason": "" if reason == "proposed" else reason, "code": None}
    event = Event(kind="code.checked", data=facts)
    said = timeline.sentence(event, "Bob")
    assert said != str(EVENTS.get("code.checked").label)
    assert "_" not in said
    assert "{" not in said


def test_every_reason_that_is_recorded_has_words() -> None:
    """As `Outcome` lists them."""
    listed = (redeeming.Outcome.__doc__ or "").partition("One of: ")[2].partition(";")[0]
    assert {word.strip() for word in listed.split(",")} | {""} == set(REASONS)
