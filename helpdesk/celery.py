"""Celery on Redis: the alarm clock of the full profile. What has to be done stands in the outbox.

Started by `celery -A helpdesk worker --beat`, with a pool of threads: a lane spends its time waiting for the
network.
"""

import os

from celery import Celery
from django.conf import settings
from kombu import Queue
from kombu.exceptions import KombuError
from redis import RedisError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

# Straight into the queue, without an exchange: its table of bindings is gone when Redis was flushed.
WAKE_UPS = Queue("wake", exchange="", routing_key="wake")

app = Celery("helpdesk")
app.conf.update(
    broker_url=settings.REDIS_URL or None,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "global_keyprefix": "helpdesk:",
        "max_retries": 0,  # of connecting in order to publish; the worker itself connects again for ever
        "socket_timeout": 0.4,
        "socket_connect_timeout": 0.4,
        "visibility_timeout": 120,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    },
    task_queues=(WAKE_UPS,),
    task_default_queue="wake",
    task_default_exchange="",
    task_default_routing_key="wake",
    task_publish_retry=False,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    timezone="UTC",
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=20,
    worker_hijack_root_logger=False,
    beat_schedule={"sweep": {"task": "outbox.sweep", "schedule": 2.0, "options": {"expires": 4}}},
)
app.autodiscover_tasks()


def publish(lane_id: int, *, expires: float) -> bool:
    """Asks a worker to look at a lane. False when the broker did not take it within its time-out, 0.4 s a step."""
    try:
        app.send_task("outbox.drain_lane", args=(lane_id,), expires=expires, retry=False, ignore_result=True)
    except (KombuError, RedisError, OSError):
        return False
    return True
