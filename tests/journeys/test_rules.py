"""Rules from outside: they end, they say why, and a clock rings at its minute whoever was restarted meanwhile."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import requests
import time_machine
from django.utils import timezone

from channels_custom.models import CustomChannel
from rules import limits
from tests import product, world
from tests.receiver import Receiver, receiving
from tests.rules.desk import do, when

pytestmark = pytest.mark.django_db(transaction=True)

# A process of its own, whose clock shows another time: what it has to know it finds in the database.
RING = """
import sys
from datetime import datetime

import django

django.setup()

import time_machine

from rules import services

with time_machine.travel(datetime.fromisoformat(sys.argv[1])):
    print(services.ring())
"""


class Company:
    """An admin's program that makes rules, and a messenger whose customers write."""

    def __init__(self, url: str, receiver: Receiver, channel: CustomChannel) -> None:
        self.url, self.receiver, self.channel = url, receiver, channel
        self.key = world.api_key(world.admin(), "admin")
        self.numbers = count(1)

    def api(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = requests.request(method, f"{self.url}/api/v1/{path}", json=body, headers=headers, timeout=20)
        assert answer.status_code in (200, 201), answer.text[:2000]
        return answer.json()

    def rule(self, title: str, name: str, **parts: Any) -> int:
        found: int = self.api("POST", "rules/", {"list": name, "title": title, **parts})["rule_id"]
        return found

    def says(self, who: str, text: str) -> int:
        body = {"user_custom_id": who, "external_id": f"m-{next(self.numbers)}", "content": text}
        case_id: int = self.api("POST", f"custom_channels/{self.channel.api_key}/messages/", body)["case_id"]
        return case_id

    def passes(self, case_id: int) -> list[list[tuple[str, str]]]:
        """Of each pass over the case, newest first: (title, outcome) of each rule."""
        found = self.api("GET", f"rules/runs/?case_id={case_id}")["results"]
        return [[(line["title"], line["outcome"]) for line in one["rules"]] for one in found]


@pytest.fixture
def company(outbox: None, live_server: Any) -> Iterator[Company]:
    with receiving() as receiver:
        channel = world.messenger(receiver.url, title="Own")
        receiver.secret = channel.secret
        yield Company(live_server.url, receiver, channel)


@pytest.mark.promise("P27")
def test_two_rules_that_undo_each_other_stop_after_one_round_and_say_what_they_did(company: Company) -> None:
    for old, new in (("normal", "high"), ("high", "normal")):
        parts = {"all": [when("case.priority", "is", old)], "actions": [do("set_priority", priority=new)]}
        company.rule(f"{old} to {new}", "updated", **parts)
    case_id = company.says("bob", "hello")
    company.says("bob", "more")
    assert company.passes(case_id) == [[("normal to high", "fired"), ("high to normal", "fired")]]
    assert company.api("GET", f"cases/{case_id}/")["priority"] == "normal"
    told = company.api("GET", f"cases/{case_id}/changelog/")["results"]
    assert sum(event["kind"] == "rule.fired" for event in told) == 2


@pytest.mark.promise("P27")
def test_two_machines_that_answer_each_other_are_stopped_and_it_is_said_why(company: Company) -> None:
    company.rule("parrot", "updated", actions=[do("send_message", texts={"en": "We have got that."})])
    case_id = company.says("robot", "beep")
    company.says("robot", "beep beep")
    for number in range(1, limits.ANSWERS + 1):
        company.receiver.wait(number, 15)
        company.says("robot", f"I am away. ({number})")
    newest = company.passes(case_id)[0]
    assert newest == [("parrot", "paused")]
    assert len(company.receiver.came) == limits.ANSWERS
    told = company.api("GET", f"cases/{case_id}/changelog/")["results"]
    assert [event["kind"] for event in told if event["kind"] == "rule.paused"] == ["rule.paused"]
    other = company.says("carol", "hello")
    company.says("carol", "is anybody there?")
    assert company.passes(other)[0] == [("parrot", "fired")]


def ring_at(moment: datetime) -> int:
    """How many clocks a process that has just been started rings at this moment."""
    words = [sys.executable, "-c", RING, moment.isoformat()]
    environment = product.environment()
    ran = subprocess.run(
        words, cwd=product.ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_time_rule_fires_at_its_minute_over_a_restart_and_not_where_its_clock_was_set_back(company: Company) -> None:
    clock = [when("clock.customer", "at_least", {"amount": 30, "unit": "minutes"})]
    company.rule("half an hour", "time", all=clock, actions=[do("set_priority", priority="high")])
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        bob, carol = company.says("bob", "hello"), company.says("carol", "hello")
    with time_machine.travel(start + timedelta(minutes=29, seconds=59), tick=False):
        company.says("carol", "I am still here")

    def priorities() -> list[str]:
        return [company.api("GET", f"cases/{case_id}/")["priority"] for case_id in (bob, carol)]

    assert ring_at(start + timedelta(minutes=29, seconds=50)) == 0
    assert priorities() == ["normal", "normal"]
    assert ring_at(start + timedelta(minutes=30)) == 1
    assert priorities() == ["high", "normal"]
    assert ring_at(start + timedelta(minutes=59)) == 0
    assert ring_at(start + timedelta(minutes=59, seconds=59)) == 1
    assert priorities() == ["high", "high"]
    assert company.passes(bob) == [[("half an hour", "fired")]]
