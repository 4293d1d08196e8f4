"""Working a lane off."""

import threading
import time
from dataclasses import replace

from django.db import connection

from helpdesk.outbox import alarm
from helpdesk.outbox.models import Lane
from helpdesk.outbox.pace import PACE
from helpdesk.outbox.services import outcomes, turns
from helpdesk.outbox.services.turns import Turn
from helpdesk.outbox.together import Together

LONGEST = 20.0  # seconds, then others have their turn

_settle = Together(outcomes.settle, coming=lambda: PACE.young())


def drain(lane_id: int, *, worker: str = "", stop: threading.Event | None = None) -> int:
    """Does the due jobs of the lane in order, then those of lanes that waited behind it in its group.

    Ends after 20 s, or with the try under way when `stop` is set. Returns the number of tries; 0 where the
    lane is not due, is taken, or its group has enough. Raises RuntimeError inside a transaction: the network
    is slow.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a lane is never drained inside a transaction")
    group = Lane.objects.values_list("group", flat=True).filter(pk=lane_id).first()
    if group is None:
        return 0
    with PACE.place(group) as admitted:
        turn = turns.claim(lane_id) if admitted else None
        return _worked(turn, worker, stop or threading.Event()) if turn else 0


def _worked(turn: Turn | None, worker: str, stop: threading.Event) -> int:
    tries, end = 0, time.monotonic() + LONGEST
    while turn is not None:
        with PACE.trying(turn.group):
            tried = turns.use(turn, worker)
        if tried is None:
            break
        tries += 1
        tired = time.monotonic() > end or stop.is_set()
        go_on = not tired and not PACE.crowded(turn.group)
        following = _settle(replace(tried, go_on=go_on))
        if tired:
            alarm.call(turn.lane_id)
        turn = following
    return tries
