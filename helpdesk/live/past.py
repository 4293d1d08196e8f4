"""The newest facts in memory, read on as things happen; a client that comes again costs no query."""

from bisect import bisect_right
from datetime import timedelta

from django.utils import timezone

from helpdesk.cases import feed, listening
from helpdesk.live.facts import Fact, facts_of

# Facts kept, at least.
KEPT = 5000
TOO_OLD = timedelta(hours=24)


class Past:
    """Facts in order up to `position`; `begin` is the place behind which they are all here."""

    def __init__(self, facts: list[Fact], begin: feed.Position, position: feed.Position) -> None:
        self.facts = facts
        self.begin = begin
        self.position = position
        self.rights_changed = False

    @classmethod
    def until_now(cls) -> "Past":
        position = feed.present()
        events, begin = feed.newest(position, limit=KEPT)
        return cls(facts_of(events), begin, position)

    def read_on(self) -> tuple[list[Fact], bool]:
        """What happened since the last time, and whether more is already waiting."""
        events, position, waiting = feed.since(self.position)
        new = facts_of(events)
        self.position = position
        changes = {"agent.changed"}.union(*(sort.changes for sort in listening.everybody()))
        self.rights_changed = any(event.kind in changes for event in events)
        self.facts += new
        if len(self.facts) > 2 * KEPT:
            self.begin = self.facts[-KEPT - 1].position
            del self.facts[:-KEPT]
        return new, waiting

    def since(self, cursor: str) -> list[Fact] | None:
        """The facts behind a cursor, "" meaning now. None: they are not all here, or lie back more than a day."""
        if not cursor:
            return []
        try:
            position = feed.read(cursor)
        except feed.BadCursor:
            return None
        if not self.begin <= position <= self.position:
            return None
        missed = self.facts[bisect_right(self.facts, position, key=lambda fact: fact.position) :]
        return None if missed and missed[0].at < timezone.now() - TOO_OLD else missed
