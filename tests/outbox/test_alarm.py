import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from helpdesk.outbox import alarm
from tests import product, servers
from tests.waiting import wait_for

CALLS = """
import json, time, django
django.setup()
from helpdesk.outbox import alarm
took = []
for lane in range(20):
    began = time.monotonic()
    alarm.call(lane)
    took.append(time.monotonic() - began)
print(json.dumps(took))
"""


def times(redis_url: str) -> list[float]:
    """Seconds that each of twenty wake-ups took in a fresh process."""
    said = subprocess.run(
        [sys.executable, "-c", CALLS],
        env=product.environment(REDIS_URL=redis_url),
        cwd=product.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return [float(took) for took in json.loads(said.stdout)]


@pytest.fixture
def frozen() -> Iterator[str]:
    """A broker that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.mark.django_db(transaction=True)
@pytest.mark.promise("P6")
def test_a_frozen_broker_holds_up_one_request_for_a_moment_and_the_next_ones_not_at_all(frozen: str) -> None:
    first, *others = times(frozen)
    assert first < 1.0 + 1.0  # the bound, and room for loading Celery on a busy machine
    assert sum(others) < 0.2


@pytest.mark.django_db(transaction=True)
@pytest.mark.promise("P6")
def test_a_broker_that_is_gone_holds_nobody_up() -> None:
    first, *others = times(f"redis://127.0.0.1:{servers.free_port()}/0")
    assert first < 1.0 + 1.0
    assert sum(others) < 0.2


def test_without_a_broker_nothing_is_published(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[int] = []
    monkeypatch.setattr(alarm._broker, "call", published.append)
    settings.REDIS_URL = ""
    alarm.call(1)
    assert not published
    settings.REDIS_URL = "redis://somewhere"
    alarm.call(2)
    assert published == [2]


def test_after_a_failure_the_broker_is_left_alone_for_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now, sent = [100.0], []

    def publish(lane_id: int, *, expires: float) -> bool:
        sent.append(lane_id)
        return False

    monkeypatch.setattr(alarm, "import_string", lambda path: publish)
    monkeypatch.setattr(alarm.time, "monotonic", lambda: now[0])
    broker = alarm.Broker()
    for lane, moment in ((1, 100.0), (2, 104.9), (3, 105.1)):
        now[0] = moment
        broker.call(lane)
    assert sent == [1, 3]


@pytest.mark.full
def test_a_wake_up_carries_the_number_of_the_lane_and_survives_a_flushed_redis() -> None:
    client = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    client.flushall()
    for lane in (7, 8):
        alarm.call(lane)
        wait_for(lambda: client.llen("helpdesk:wake") == 1)
        message = json.loads(str(client.lpop("helpdesk:wake")))
        assert message["headers"]["argsrepr"] == f"({lane},)"
        assert message["headers"]["task"] == "outbox.drain_lane"
        client.flushall()
    client.close()
