"""Many answers at once, and what must be true of what a receiver wrote down about them."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.outbox.models import Job, State
from tests import world
from tests.outbox.sink import Arrival

PATHS = ("/one", "/two", "/three", "/flaky", "/slow")
CASES = 10  # for each endpoint

Lanes = Mapping[str, str]  # {public id of a job: key of its lane}


def desk(address: str, settings: Any, paths: Iterable[str] = PATHS, each: int = CASES) -> list[Case]:
    """So many cases on each endpoint of the receiver at this address."""
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    channels = [world.messenger(address + path, title=path) for path in paths]
    people = [world.customer(channel, f"customer {n}") for channel in channels for n in range(each)]
    return [world.says(person, "hello").case for person in people]


def answer(those: list[Case], times: int) -> None:
    """So many answers, spread over the cases at random."""
    ann = world.agent("Ann", admin=True)
    order = [those[n % len(those)] for n in range(times)]
    random.shuffle(order)
    for n, case in enumerate(order):
        cases.reply(case, f"answer {n} 😀\r\n", by=ann)


def waiting() -> bool:
    return Job.objects.filter(state=State.WAITING).exists()


def lanes() -> Lanes:
    return dict(Job.objects.values_list("public_id", "lane__key"))


def by_lane(came: Iterable[Arrival], lane_of: Lanes) -> dict[str, list[Arrival]]:
    found: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in came:
        found[lane_of[arrival.id]].append(arrival)
    return found


def first_of_each(came: Iterable[Arrival]) -> list[int]:
    """Sequences in the order in which each came for the first time."""
    return list(dict.fromkeys(arrival.sequence for arrival in came))


def figures(came: list[Arrival], times: int, lane_of: Lanes) -> Counter[str]:
    """lost: accepted answers that never came. disorder: lanes with a hole or an inversion. doubles: came again."""
    taken = [arrival for arrival in came if arrival.status == 200]
    there = by_lane(taken, lane_of)
    wrong = {lane for lane, some in there.items() if first_of_each(some) != list(range(1, _ids(some) + 1))}
    wrong |= {lane for lane, some in by_lane(came, lane_of).items() if first_of_each(some) != sorted(_sequences(some))}
    return Counter(lost=times - _ids(taken), disorder=len(wrong), doubles=len(taken) - _ids(taken))


def _ids(came: Iterable[Arrival]) -> int:
    return len({arrival.id for arrival in came})


def _sequences(came: Iterable[Arrival]) -> set[int]:
    return {arrival.sequence for arrival in came}


def check(came: list[Arrival], times: int, *, most_doubles: int, lane_of: Lanes | None = None) -> Counter[str]:
    """The promises, over what the receiver wrote down; the figures."""
    found = figures(came, times, lanes() if lane_of is None else lane_of)
    assert found["lost"] == 0, "P1: every accepted answer arrived"
    assert found["disorder"] == 0, "P2: in every lane the first arrivals are in order, without a hole"
    assert len({(arrival.id, arrival.digest) for arrival in came}) == times, "P3: the same id, the same bytes"
    assert found["doubles"] <= most_doubles, "P3: no more doubles than tries that were cut off"
    return found
