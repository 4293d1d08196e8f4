"""The processes of the full profile: what they say when they cannot start, and whether they are alive."""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from helpdesk.ops.alive import answers
from helpdesk.outbox.models import Heartbeat
from tests.deployed import PROCESSES, ROOT, by_compose, here
from tests.servers import free_port


def _run(words: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATA_DIR": str(folder), "DATABASE_URL": "", **more}
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_wrong_setting_is_one_sentence_and_code_2(name: str, tmp_path: Path) -> None:
    made = _run(here(by_compose(name), free_port()), tmp_path, OUTBOX_LEASE="soon")
    assert made.stderr == ("The helpdesk did not start. OUTBOX_LEASE is 'soon', but it takes a whole number from 2.\n")
    assert made.returncode == 2


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_without_redis_celery_does_not_start_and_says_what_does(name: str, tmp_path: Path) -> None:
    made = _run(here(by_compose(name)), tmp_path, REDIS_URL="")
    assert "REDIS_URL is empty, but a worker and beat need Redis. `manage.py pump` works without it." in made.stderr
    assert made.returncode == 2


# Health checks


def test_a_server_that_answers_is_alive(live_server: Any) -> None:
    port = int(live_server.url.rpartition(":")[2])
    assert answers(port)
    words = [sys.executable, "-m", "helpdesk.ops.alive", str(port)]
    assert subprocess.run(words, cwd=ROOT, timeout=30, check=False).returncode == 0


def test_a_server_that_refuses_is_not_alive() -> None:
    port = free_port()
    assert not answers(port)
    words = [sys.executable, "-m", "helpdesk.ops.alive", str(port)]
    assert subprocess.run(words, cwd=ROOT, timeout=30, check=False).returncode == 1


def test_a_server_that_knows_another_name_only_is_not_alive(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "https://elsewhere.example.com")
    assert not answers(int(live_server.url.rpartition(":")[2]))


def _sign(kind: str, host: str, seconds: float) -> None:
    name = f"{kind}:{host}:12"
    Heartbeat.objects.create(name=name, at=timezone.now() - timedelta(seconds=seconds))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["worker", "pump"])
def test_a_process_is_alive_by_the_sign_of_its_own_machine(kind: str) -> None:
    _sign(kind, socket.gethostname(), 5)
    call_command("alive", kind)


@pytest.mark.django_db
@pytest.mark.parametrize(("host", "seconds"), [("elsewhere", 5), (socket.gethostname(), 60)])
def test_a_process_is_not_alive_by_an_old_sign_or_anothers(host: str, seconds: float) -> None:
    _sign("worker", host, seconds)
    with pytest.raises(CommandError, match="No sign of life of worker:"):
        call_command("alive", "worker")


@pytest.mark.django_db
def test_beat_is_alive_while_any_worker_sweeps() -> None:
    with pytest.raises(CommandError):
        call_command("alive", "beat")
    _sign("worker", "elsewhere", 5)
    call_command("alive", "beat")
