"""The full profile by the command lines of compose.yml: a customer writes, Ann answers, the answer arrives."""

import contextlib
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from channels_custom.models import CustomChannel
from helpdesk.outbox.models import Attempt, Job, State
from helpdesk.users.models import Agent
from tests import product, servers, world
from tests.deployed import by_compose, here
from tests.live.listening import Ear, cookie
from tests.receiver import Receiver, receiving
from tests.waiting import wait_for

pytestmark = [pytest.mark.full, pytest.mark.once, pytest.mark.slow]

STARTED = {"web": "Started worker-1", "live": "Started worker-1", "worker": " ready.", "beat": "beat: Starting..."}


@dataclass
class Deployed:
    """The running processes by name, their logs and ports, and the desk behind them."""

    home: Path
    key: str
    ann: Agent
    channel: CustomChannel
    receiver: Receiver
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        self.ports[name] = servers.free_port()
        words = here(by_compose(name), self.ports[name])
        environment = product.environment(STATIC_ROOT=str(self.home / "static"))
        self.processes[name] = servers.start(words, log=self.log(name), env=environment)

    def log(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def started(self, name: str) -> bool:
        assert self.processes[name].poll() is None, self.log(name).read_text()
        return STARTED[name] in self.log(name).read_text()

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = requests.post(
            f"http://127.0.0.1:{self.ports['web']}/api/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=20,
        )
        assert answer.status_code == 201, answer.text[:2000]
        made: dict[str, Any] = answer.json()
        return made

    def bob_writes(self, text: str) -> int:
        body = {"user_custom_id": "bob", "external_id": f"m-{text}", "content": text}
        return int(self.post(f"custom_channels/{self.channel.api_key}/messages/", body)["case_id"])

    def ann_answers(self, case_id: int, text: str) -> None:
        self.post(f"cases/{case_id}/messages/", {"staff_id": self.ann.pk, "content": text})


@pytest.fixture
def deployed(transactional_db: None, tmp_path: Path) -> Iterator[Deployed]:
    with receiving() as receiver, contextlib.ExitStack() as stack:
        admin = world.admin()
        channel = world.messenger(receiver.url)
        receiver.secret = channel.secret
        ann = world.agent("Ann", sees=[channel.channel_ptr])
        desk = Deployed(tmp_path, world.api_key(admin, "admin"), ann, channel, receiver)
        for name in STARTED:
            desk.start(name)
            stack.callback(servers.end, desk.processes[name])
        for name in STARTED:
            wait_for(partial(desk.started, name), 60, pause=0.05)
        yield desk


def test_an_answer_arrives_and_the_stream_tells_of_it(deployed: Deployed) -> None:
    ear = Ear(deployed.ports["live"], cookie(deployed.ann))
    assert ear.status == 200
    ear.hello()
    case_id = deployed.bob_writes("hello")
    deployed.ann_answers(case_id, "Good morning, Bob")
    deployed.receiver.wait(1, 15)
    assert deployed.receiver.texts() == ["Good morning, Bob"]
    assert {fact["case"] for fact in ear.facts("message.delivered")} == {case_id}
    wait_for(lambda: Job.objects.filter(state=State.DONE).count() == 1, 15)


def test_a_worker_that_is_told_to_stop_ends_the_try_under_way(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    come, go_on, take = threading.Event(), threading.Event(), deployed.receiver.take

    def slowly(headers: dict[str, str], body: bytes) -> int:
        come.set()
        assert go_on.wait(30)
        return take(headers, body)

    monkeypatch.setattr(deployed.receiver, "take", slowly)
    deployed.ann_answers(deployed.bob_writes("hello"), "One moment")
    assert come.wait(15)
    worker = deployed.processes["worker"]
    worker.send_signal(signal.SIGTERM)
    wait_for(lambda: "Warm shutdown" in deployed.log("worker").read_text(), 15)
    go_on.set()
    assert worker.wait(30) == 0
    assert list(Job.objects.values_list("state", "attempts", "starts")) == [(State.DONE, 1, 1)]
    assert Attempt.objects.get().status == 200
    assert len(deployed.receiver.came) == 1


def test_both_servers_end_soon_also_with_an_open_stream(deployed: Deployed) -> None:
    assert Ear(deployed.ports["live"], cookie(deployed.ann)).status == 200
    for name in ("live", "web"):
        deployed.processes[name].send_signal(signal.SIGTERM)
        assert deployed.processes[name].wait(15) == 0
