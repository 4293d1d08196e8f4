"""While Redis does not answer, one request at a time finds out whether it is back; all others do without it."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from helpdesk.outbox import alarm
from tests.waiting import wait_for


@pytest.mark.promise("P6")
def test_nobody_waits_beside_the_one_who_asks_whether_the_broker_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked, over = [100.0], [], threading.Event()

    def publish(lane_id: int, **_: Any) -> bool:
        asked.append(lane_id)
        return lane_id != 1 and over.wait(10)

    monkeypatch.setattr(alarm, "import_string", lambda path: publish)
    monkeypatch.setattr(alarm, "time", SimpleNamespace(monotonic=lambda: now[0]))
    broker = alarm.Broker()
    broker.call(1)
    now[0] += alarm.SILENCE + 0.1
    one = threading.Thread(target=broker.call, args=(2,))
    one.start()
    wait_for(lambda: asked == [1, 2])
    broker.call(3)
    assert asked == [1, 2]
    over.set()
    one.join()
    broker.call(4)
    assert asked == [1, 2, 4], "it is back: everybody is heard again at once"
