"""How the other sides are: what failures and successes say about an endpoint, and what follows for its lanes.

A circuit breaker for each endpoint, not for each message. Waiting behind it is no try, so it uses up none.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from django.db import transaction
from django.db.models import Count, Q

from helpdesk.outbox import clock, schedule
from helpdesk.outbox.kinds import Outcome
from helpdesk.outbox.models import CAP, Attempt, Endpoint, Lane

WINDOW = timedelta(minutes=5)
ENOUGH = 10  # tries in the window, before which their share says nothing
SHARE = 0.7  # of failures in the window, from which the breaker opens
TIMEOUTS = 5  # in a row, which open it too
MOST_CAP = 20

Told = Sequence[tuple[str, Outcome]]


def of(group: str) -> Endpoint:
    """The endpoint of a group; a new one that is well, not stored, where nothing was ever said about it."""
    return Endpoint.objects.filter(key=group).first() or Endpoint(key=group)


def rooms(now: datetime) -> dict[str, int]:
    """How many more lanes each group may have leased; groups that are not named may have CAP more."""
    leased = Lane.objects.leased(now).exclude(group="").values_list("group").annotate(Count("pk"))
    places = defaultdict(lambda: CAP, {each.key: each.room(now) for each in Endpoint.objects.all()})
    taken = dict(leased)
    return {group: places[group] - taken.get(group, 0) for group in {*places, *taken}}


def tell(told: Told, now: datetime) -> set[str]:
    """Draws the conclusions from tries whose attempts have been written. Gives the groups nothing may leave to now.

    Lanes are locked; endpoints come last.
    """
    heard: dict[str, list[Outcome]] = defaultdict(list)
    for group, outcome in told:
        if group:
            heard[group].append(outcome)
    # One that is well and was reached has nothing to change.
    rows = Endpoint.objects.in_trouble() if all(outcome.ok for _, outcome in told) else Endpoint.objects.all()
    known = {each.key: each for each in rows.filter(key__in=heard)}
    for group in sorted(heard):
        outcomes = [outcome for outcome in heard[group] if not outcome.untried]
        if not all(outcome.ok for outcome in outcomes) or (outcomes and group in known and known[group].in_trouble):
            known[group] = _hear(locked(group), outcomes, now)
    return {group for group, endpoint in known.items() if not endpoint.room(now)}


def locked(group: str) -> Endpoint:
    """The endpoint, stored and locked."""
    Endpoint.objects.bulk_create([Endpoint(key=group)], ignore_conflicts=True)
    return Endpoint.objects.select_for_update(no_key=True).get(key=group)


def _hear(endpoint: Endpoint, outcomes: Sequence[Outcome], now: datetime) -> Endpoint:
    asked = [outcome.retry_after for outcome in outcomes if not outcome.ok and outcome.retry_after]
    if any(outcome.ok for outcome in outcomes):
        _well(endpoint, now)
    else:
        endpoint.failing_since, endpoint.failed_at = endpoint.failing_since or now, now
        _count_timeouts(endpoint, outcomes)
        if all(outcome.refused for outcome in outcomes):
            _close(endpoint, now)  # it answers: what it refuses are these messages
        elif endpoint.open_since:
            endpoint.probes += 1
            endpoint.not_before = now + timedelta(seconds=schedule.probe(endpoint.probes))
        elif _bad(endpoint, now):
            endpoint.open_since, endpoint.probes = now, 0
            endpoint.not_before = now + timedelta(seconds=schedule.probe(0))
    if asked:
        wished = now + timedelta(seconds=min(max(asked), schedule.LONGEST_ASKED))
        endpoint.not_before = max(endpoint.not_before or wished, wished)
    endpoint.save()
    return endpoint


def _well(endpoint: Endpoint, now: datetime) -> None:
    endpoint.failing_since = endpoint.failed_at = None
    endpoint.warned = endpoint.timeouts = 0
    _close(endpoint, now)
    if endpoint.not_before and endpoint.not_before <= now:
        endpoint.not_before = None  # what it asked for is over; before that, one success does not end it


def _close(endpoint: Endpoint, now: datetime) -> None:
    """Back again: what was put off because of the endpoint leaves now, the oldest first."""
    if endpoint.open_since:
        endpoint.recovered_at, endpoint.not_before = now, None
    endpoint.recover = endpoint.recover or endpoint.open_since is not None
    endpoint.open_since, endpoint.probes = None, 0


def _count_timeouts(endpoint: Endpoint, outcomes: Sequence[Outcome]) -> None:
    last = len(list(takewhile(lambda outcome: outcome.timed_out, reversed(outcomes))))
    endpoint.timeouts = last + (endpoint.timeouts if last == len(outcomes) else 0)


def _bad(endpoint: Endpoint, now: datetime) -> bool:
    """Whether it fails so often that it should be left alone for a while. Attempts of this go are written already."""
    if endpoint.timeouts >= TIMEOUTS:
        return True
    # What was tried before it came back last time says nothing about it now.
    since = max(now - WINDOW, endpoint.recovered_at or now - WINDOW)
    tries = Attempt.objects.filter(group=endpoint.key, started_at__gte=since)
    refused = Q(status__gte=400, status__lt=500) & ~Q(status__in=(408, 425, 429))
    seen = tries.aggregate(all=Count("pk"), bad=Count("pk", filter=Q(ok=False) & ~refused))
    return bool(seen["all"] >= ENOUGH and seen["bad"] >= SHARE * seen["all"])


@transaction.atomic
def pause(group: str) -> Endpoint:
    """Nothing leaves to it until `resume`; what is to leave waits in order."""
    endpoint = locked(group)
    endpoint.paused_at = endpoint.paused_at or clock.now()
    endpoint.save(update_fields=["paused_at"])
    return endpoint


@transaction.atomic
def resume(group: str) -> Endpoint:
    """Ends a pause, an open breaker and whatever the endpoint asked for: its lanes leave now, the oldest first."""
    endpoint = locked(group)
    endpoint.paused_at = None
    _start_anew(endpoint)
    return endpoint


@transaction.atomic
def forget_trouble(group: str) -> Endpoint:
    """For an address that was corrected or switched on again: its failures count from now. A pause stays one."""
    endpoint = locked(group)
    endpoint.failing_since = endpoint.failed_at = None
    endpoint.warned = 0
    _start_anew(endpoint)
    return endpoint


def _start_anew(endpoint: Endpoint) -> None:
    endpoint.not_before = endpoint.open_since = None
    endpoint.probes = endpoint.timeouts = 0
    endpoint.recover, endpoint.recovered_at = True, clock.now()
    endpoint.save()


@transaction.atomic
def set_cap(group: str, cap: int) -> Endpoint:
    """How many of its lanes may be worked on at a time, 1 to 20."""
    endpoint = locked(group)
    endpoint.cap = max(1, min(cap, MOST_CAP))
    endpoint.save(update_fields=["cap"])
    return endpoint
