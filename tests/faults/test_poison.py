"""An answer whose sending kills the process each time is given up where people see it; the next one leaves."""

from typing import Any

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases.models import Delivery
from helpdesk.events.models import Event
from helpdesk.outbox import schedule
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Job
from tests import world
from tests.receiver import receiving

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.mark.promise("P20", "P36")
def test_poison_is_parked_with_a_red_event_and_the_next_answer_of_the_case_leaves(settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    with receiving() as receiver:
        case = world.says(world.customer(world.messenger(receiver.url)), "hello").case
        ann = world.admin("Ann")
        poison, harmless = cases.reply(case, "poison", by=ann), cases.reply(case, "harmless", by=ann)
        # As many processes died with it as are let die.
        Job.objects.filter(message_id=poison.pk).update(starts=schedule.HOPELESS)
        outbox.drain(Job.objects.get(message_id=poison.pk).lane_id)
        assert receiver.texts() == ["harmless"]
    poison.refresh_from_db()
    harmless.refresh_from_db()
    assert (poison.delivery, harmless.delivery) == (Delivery.FAILED, Delivery.DELIVERED)
    assert Event.objects.filter(red=True, case_id=case.pk, message_id=poison.pk).exists()
