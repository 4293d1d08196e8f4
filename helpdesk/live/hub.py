"""One hub per process: reads new events once for all streams, and tells each reader what concerns them."""

import asyncio
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterable

from django.db import DatabaseError, InterfaceError, connections

from helpdesk.cases.listening import Listener
from helpdesk.live import readers
from helpdesk.live.facts import Fact
from helpdesk.live.past import Past
from helpdesk.live.streams import Stream, event
from helpdesk.users.services import agents

# Seconds: looks without being woken, should a wake-up be lost; and asks whether the readers still are who they were.
POLL = 2.0
RIGHTS = 5.0
# Seconds until it looks for events that wait for an older transaction to end: at first, and at most.
SOON, LATER = 0.005, 0.5

log = logging.getLogger(__name__)


class Hub:
    """Runs a thread while there are streams. `wake`, `join` and `leave` may be called on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._joining: set[Stream] = set()
        self._streams: set[Stream] = set()
        self._thread: threading.Thread | None = None
        self._ask = False
        self._seen = float("-inf")
        self._untold: list[Fact] = []

    def wake(self, *, rights: bool = False) -> None:
        """Something was committed. rights: or somebody signed out; who are the readers now?"""
        self._ask = self._ask or rights
        self._news.set()

    def join(self, stream: Stream) -> None:
        """From now on the stream is told what happens, and first what it missed since its cursor."""
        with self._lock:
            self._joining.add(stream)
            self._seen = float("-inf")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live hub", daemon=True)
                self._thread.start()
        self._news.set()

    def leave(self, stream: Stream) -> None:
        with self._lock:
            self._streams.discard(stream)
            self._joining.discard(stream)
        self._news.set()

    def __len__(self) -> int:
        return len(self._streams)

    def held_by(self, reader: Listener) -> int:
        """How many streams this one holds."""
        with self._lock:
            return sum(stream.reader == reader for stream in (*self._streams, *self._joining))

    @property
    def running(self) -> bool:
        return self._thread is not None

    def _run(self) -> None:
        past: Past | None = None
        while self._busy():
            try:
                past = past or self._begin()
                self._watch(past)
            except (DatabaseError, InterfaceError) as error:
                # The streams stay: when the database is back they go on where they were.
                log.warning("the live hub waits for the database: %s", error)
                self._rest(POLL)
            except Exception:
                # Contained here alone: whatever one event does, streams must not fall silent without a word.
                log.exception("the live hub begins anew")
                past = None
                self._rest(POLL)

    def _begin(self) -> Past:
        """From now on. Who has been listening before may have missed something, and reads anew."""
        past, self._untold = Past.until_now(), []
        self._tell({stream: [event("resync", past.position)] for stream in self._streams.copy()})
        return past

    def _busy(self) -> bool:
        """Whether there are streams. With the last one the thread ends and gives back its connection."""
        with self._lock:
            if self._streams or self._joining:
                return True
            connections.close_all()
            self._thread = None
            return False

    def _rest(self, seconds: float) -> None:
        connections.close_all()
        time.sleep(seconds)

    def _watch(self, past: Past) -> None:
        """Reads and tells until the last stream has gone."""
        asked, pause = time.monotonic(), SOON
        while self._all():
            self._news.clear()
            new, waiting = past.read_on()
            self._untold += new  # kept, should the database go away before they are told
            if self._ask or past.rights_changed or time.monotonic() - asked > RIGHTS:
                self._ask, asked = False, time.monotonic()
                self._renew()
            untold, self._untold = self._untold, []
            self._tell({stream: _chosen(untold, stream) for stream in self._streams.copy()})
            self._admit(past)
            pause = min(2 * pause, LATER) if waiting else SOON
            self._news.wait(pause if waiting else POLL)

    def _all(self) -> list[Stream]:
        with self._lock:
            return [*self._streams, *self._joining]

    def _admit(self, past: Past) -> None:
        """Tells those who came what they missed; from here on they hear everything."""
        with self._lock:
            come, self._joining = self._joining, set()
            self._streams |= come
        batch = {}
        for stream in come:
            missed = past.since(stream.cursor)
            greeting = event("resync" if missed is None else "hello", past.position)
            batch[stream] = [*_chosen(missed or [], stream), greeting]
        self._tell(batch)

    def _renew(self) -> None:
        """Ends the streams of those who signed out or may see other cases now; they come again, if they may."""
        streams = self._all()
        now = readers.everybody(stream.reader for stream in streams)
        self._give_signs_of_life({one.agent for one in now.values() if isinstance(one, readers.Reader)})
        changed = [stream for stream in streams if now[stream.reader] != stream.reader]
        for stream in changed:
            self.leave(stream)
        self._tell({stream: [event("resync")] for stream in changed}, end=True)

    def _give_signs_of_life(self, there: set[int]) -> None:
        """Once a minute: a stream is held by an inbox that is open."""
        if time.monotonic() - self._seen > agents.SIGN_OF_LIFE.total_seconds():
            agents.seen(*there)
            self._seen = time.monotonic()

    def _tell(self, batch: dict[Stream, list[bytes]], *, end: bool = False) -> None:
        """Hands chunks over to the streams' own threads: one call for each event loop."""
        loops: dict[asyncio.AbstractEventLoop, dict[Stream, list[bytes]]] = defaultdict(dict)
        for stream, chunks in batch.items():
            if chunks:
                loops[stream.loop][stream] = chunks
        for loop, part in loops.items():
            try:
                loop.call_soon_threadsafe(_put, part, end)
            except RuntimeError:
                # The loop has been closed without a word to its streams.
                for stream in part:
                    self.leave(stream)


def _chosen(new: Iterable[Fact], stream: Stream) -> list[bytes]:
    return [chunk for fact in new if (chunk := stream.reader.chunk(fact))]


def _put(part: dict[Stream, list[bytes]], end: bool) -> None:
    for stream, chunks in part.items():
        for chunk in chunks:
            stream.put(chunk)
        if end:
            stream.end()


HUB = Hub()
