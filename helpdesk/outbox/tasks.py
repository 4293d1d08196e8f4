"""What Celery is for here: an alarm clock. Each task may run twice or never; the rows decide."""

import os
import socket

from celery import shared_task

from helpdesk.outbox import services as outbox
from helpdesk.outbox.services.sweeping import beat


def name() -> str:
    return f"worker:{socket.gethostname()}:{os.getpid()}"


@shared_task(name="outbox.drain_lane")
def drain_lane(lane_id: int) -> None:
    """Works off a lane that somebody has just made due."""
    outbox.drain(lane_id, worker=name())


@shared_task(name="outbox.sweep")
def sweep() -> None:
    """The tick of beat, every two seconds: wakes what is due, rings the timers."""
    beat(name())
    outbox.sweep()
