"""Health pages: what they say, with which status, and to whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Heartbeat, Job, Lane
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def alive() -> None:
    Heartbeat.objects.create(name="pump:test:1", at=timezone.now())


def ready(client: Client) -> tuple[int, str, dict[str, Any]]:
    answer = client.get("/readyz")
    told = answer.json()
    return answer.status_code, told["status"], told["checks"]


def waits_since(minutes: int) -> Job:
    """A job that should have left that long ago."""
    with transaction.atomic():
        job = outbox.enqueue("webhook", lane="webhook:1:1", body={"channel": 1}, payload=b"{}")
    Lane.objects.update(due_at=timezone.now() - timedelta(minutes=minutes))
    return job


def test_a_desk_that_works_is_ok(client: Client, alive: None) -> None:
    status, word, checks = ready(client)
    assert (status, word) == (200, "ok")
    assert set(checks) == {"database", "broker", "oldest_job", "pump"}


def test_without_pump_and_worker_nothing_leaves(client: Client) -> None:
    status, word, checks = ready(client)
    assert (status, word) == (503, "down")
    assert checks["pump"]["state"] == "red"


def test_a_broker_that_is_down_is_said_but_everything_works(client: Client, alive: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    status, word, checks = ready(client)
    assert (status, word) == (200, "degraded")
    assert checks["broker"] == {"state": "yellow", "detail": "Redis does not answer: ConnectionError"}


def test_a_broker_that_is_down_is_bad_where_nobody_else_moves_the_outbox(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert ready(client)[2]["broker"]["state"] == "red"


def test_a_job_that_waits_a_minute_is_looked_at(client: Client, alive: None) -> None:
    waits_since(2)
    assert ready(client)[:2] == (200, "degraded")


def test_a_job_that_waits_for_ever_while_nothing_moves_is_bad(client: Client, alive: None) -> None:
    waits_since(20)
    assert ready(client)[:2] == (503, "down")


def test_one_dead_endpoint_does_not_take_the_desk_out_of_service(client: Client, alive: None) -> None:
    job = waits_since(20)
    Attempt.objects.create(job=job, number=1, started_at=timezone.now(), seconds=15, ok=False)
    assert ready(client)[:2] == (200, "degraded")


def test_a_database_that_is_away_is_down_and_nothing_else_is_asked(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise OperationalError("the disk is gone")

    monkeypatch.setattr(connection, "cursor", broken)
    status, word, checks = ready(client)
    assert (status, word) == (503, "down")
    assert checks == {"database": {"state": "red", "detail": "the disk is gone"}}


def test_the_process_lives_even_without_a_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_figures_are_for_this_machine_only(client: Client, alive: None) -> None:
    world.says(world.customer(world.messenger()), "hello")
    text = client.get("/metrics").content.decode()
    assert "helpdesk_cases_open 1.0" in text
    assert 'helpdesk_heartbeat_age_seconds{name="pump:test:1"}' in text
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403


def test_figures_with_a_token_are_for_who_has_it(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "correct horse"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    given = {"Authorization": "Bearer correct horse"}
    assert client.get("/metrics", headers=given, REMOTE_ADDR="10.0.0.7").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_pages_are_read_only_and_never_kept(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
    assert "no-store" in client.get(path)["Cache-Control"]
