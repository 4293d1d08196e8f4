"""Celery on Redis: the alarm clock of the full profile. What has to be done stands in the outbox.

Started by `celery -A helpdesk worker --pool=threads`, since a lane spends its time waiting for the network, and by
one `celery -A helpdesk beat`. A setting that is wrong ends either with one sentence and exit code 2.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_init, worker_ready
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue
from kombu.exceptions import KombuError
from redis import RedisError

from helpdesk.lib import garbage
from helpdesk.lib.refusal import refuse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

# Straight into the queue, without an exchange: its table of bindings is gone when Redis was flushed.
WAKE_UPS = Queue("wake", exchange="", routing_key="wake")
# Seconds after which Redis gives a wake-up to another worker. It has to stand in three places to hold.
VISIBILITY = 120


def _broker() -> str | None:
    """The address of Redis. Read here, since Celery would hide the sentence about a wrong setting in a traceback."""
    try:
        return settings.REDIS_URL or None
    except ImproperlyConfigured as error:
        refuse(error)


app = Celery("helpdesk")
app.conf.update(
    broker_url=_broker(),
    broker_connection_retry=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "global_keyprefix": "helpdesk:",
        "max_retries": 0,  # of connecting in order to publish; the worker itself connects again for ever
        "socket_timeout": 0.4,
        "socket_connect_timeout": 0.4,
        "visibility_timeout": VISIBILITY,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    },
    result_backend=None,
    result_backend_transport_options={"visibility_timeout": VISIBILITY},
    visibility_timeout=VISIBILITY,
    task_queues=(WAKE_UPS,),
    task_default_queue="wake",
    task_default_exchange="",
    task_default_routing_key="wake",
    task_create_missing_queues=False,
    task_publish_retry=False,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    timezone="UTC",
    # No time limits and no end of a worker after so many tasks: threads know neither. The deadline of a try is
    # kept inside the one door to the network, and a lane gives up its place after 20 s.
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    # SIGTERM waits for the tries under way, SIGQUIT for at most so many seconds.
    worker_soft_shutdown_timeout=20,
    worker_hijack_root_logger=False,
    # In memory: a tick every two seconds needs no file to remember the last one by.
    beat_scheduler="celery.beat:Scheduler",
    beat_max_loop_interval=2,
    beat_schedule={"sweep": {"task": "outbox.sweep", "schedule": 2.0, "options": {"expires": 4}}},
)
app.autodiscover_tasks()


@celeryd_init.connect
@beat_init.connect
def needs_a_broker(**more: Any) -> None:
    """Without an address Celery would look for another kind of broker on this machine, for ever."""
    if not settings.REDIS_URL:
        refuse("REDIS_URL is empty, but a worker and beat need Redis. `manage.py pump` works without it.")


@worker_ready.connect
def ready(**more: Any) -> None:
    garbage.spare()


def publish(lane_id: int, *, expires: float) -> bool:
    """Asks a worker to look at a lane. False when the broker did not take it within its time-out, 0.4 s a step."""
    try:
        app.send_task("outbox.drain_lane", args=(lane_id,), expires=expires, retry=False, ignore_result=True)
    except (KombuError, RedisError, OSError):
        return False
    return True
