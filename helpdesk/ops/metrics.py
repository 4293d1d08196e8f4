"""Figures for Prometheus, read from the database when they are asked for."""

from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.outbox.health import health

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Desk(Collector):
    """Outbox, cases and events as they are now."""

    def collect(self) -> Iterator[Gauge]:
        now = health()
        yield Gauge("helpdesk_jobs_waiting", "Jobs that have to leave.", value=now.waiting)
        yield Gauge("helpdesk_jobs_parked", "Jobs that were given up.", value=now.parked)
        yield Gauge("helpdesk_oldest_job_seconds", "How long the oldest due job waits.", value=now.oldest)
        alive = Gauge("helpdesk_heartbeat_age_seconds", "Since the last sign of life.", labels=["name"])
        for name, age in now.beats.items():
            alive.add_metric([name], age)
        yield alive
        ill = Gauge("helpdesk_endpoints_ill", "Endpoints that are not well, by condition.", labels=["condition"])
        for condition, count in Counter(str(how) for how in now.endpoints.values()).items():
            ill.add_metric([condition], count)
        yield ill
        yield Gauge("helpdesk_cases_open", "Open cases.", value=_open_cases())
        yield Gauge("helpdesk_last_event_id", "Grows with all that happens.", value=_last_event())
        red = Event.objects.filter(red=True).count()
        yield Gauge("helpdesk_red_events", "Events that somebody has to look at.", value=red)


def text() -> bytes:
    registry = CollectorRegistry()
    registry.register(Desk())
    ProcessCollector(registry=registry)
    return generate_latest(registry)


def may_read(request: HttpRequest) -> bool:
    """The token as Bearer; without a token set, only this machine, and nobody through a proxy on it."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return constant_time_compare(given, settings.METRICS_TOKEN)
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _open_cases() -> int:
    return Case.objects.open().whole().count()


def _last_event() -> int:
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0
