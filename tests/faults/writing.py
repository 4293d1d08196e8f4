"""Programs that go on writing answers through the API, whatever happens to the other side."""

import itertools
import math
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from tests.faults.inside import Furniture
from tests.waiting import wait_for

PATIENCE = 30.0  # seconds for one request


@dataclass(frozen=True)
class Said:
    """What came of one request. status: 0 where no answer came. at, seconds: by the monotonic clock."""

    text: str
    status: int
    at: float
    seconds: float
    kind: str = ""
    retry_after: str = ""
    body: str = ""


class Writing:
    """Answers to the cases of a desk at a steady rate.

    addresses: asked before each request for those that are there now. rate: requests in a second.
    """

    def __init__(self, addresses: Callable[[], Sequence[str]], desk: Furniture, *, rate: float = 20.0) -> None:
        self.addresses = addresses
        self.desk = desk
        self.rate = rate
        self.said: list[Said] = []
        self._numbers = itertools.count()
        self._over = threading.Event()

    @contextmanager
    def going_on(self) -> Iterator["Writing"]:
        """Writes while the block runs. As many threads as requests in a second: each may take a second then."""
        count = math.ceil(self.rate)
        threads = [threading.Thread(target=self._write, args=(n / count,)) for n in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def accepted(self, since: float = 0.0) -> list[Said]:
        """Those with 201 that were sent after this moment."""
        return [said for said in self.said[:] if said.status == 201 and said.at >= since]

    def refused(self, since: float = 0.0) -> list[Said]:
        """Those with another answer."""
        return [said for said in self.said[:] if said.status not in (0, 201) and said.at >= since]

    def more(self, count: int, limit: float = 30.0) -> None:
        """Waits until so many further answers were accepted, or one was refused."""
        seen, found = len(self.said), 0

        def enough() -> bool:
            nonlocal seen, found
            news = self.said[seen:]
            seen += len(news)
            found += sum(said.status == 201 for said in news)
            return found >= count or any(said.status not in (0, 201) for said in news)

        wait_for(enough, limit, pause=0.02)

    def _write(self, offset: float) -> None:
        pause, began = math.ceil(self.rate) / self.rate, time.monotonic() + offset
        with requests.Session() as session:
            for turn in itertools.count():
                if self._over.wait(max(0.0, began + turn * pause - time.monotonic())):
                    return
                there = self.addresses()
                if there:
                    self.said.append(self.post(session, random.choice(there), random.choice(self.desk.cases)))

    def post(self, session: requests.Session, address: str, case: int) -> Said:
        """One answer to the case."""
        text, at = f"answer {next(self._numbers)} 😀", time.monotonic()
        headers = {"Authorization": f"Bearer {self.desk.key}"}
        url = f"{address}/api/v1/cases/{case}/messages/"
        body = {"content": text, "staff_id": self.desk.agent}
        try:
            got = session.post(url, json=body, headers=headers, timeout=PATIENCE, allow_redirects=False)
        except requests.RequestException:
            return Said(text, 0, at, time.monotonic() - at)
        kind, retry_after = got.headers.get("Content-Type", ""), got.headers.get("Retry-After", "")
        shown = "" if got.status_code == 201 else got.text
        return Said(text, got.status_code, at, time.monotonic() - at, kind, retry_after, shown)


def p95(said: Sequence[Said]) -> float:
    """Seconds in which 95 of 100 were answered."""
    times = sorted(one.seconds for one in said)
    return times[math.ceil(0.95 * len(times)) - 1]
