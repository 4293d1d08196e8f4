"""Tries and failures by the hour, as a drawing without a script: numbers for a template that writes SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from channels_custom.health import Hour

HEIGHT = 100
STEP = 12  # units of a bar and the gap beside it
BAR = 9


@dataclass(frozen=True)
class Bar:
    """One hour. All in units of the drawing, from its upper left corner; what failed stands on what succeeded."""

    hour: Hour
    x: int
    ok_y: int
    ok_height: int
    failed_y: int
    failed_height: int


@dataclass(frozen=True)
class Chart:
    """most: tries in the fullest hour, which reaches to the top."""

    bars: list[Bar]
    width: int
    most: int
    height: int = HEIGHT
    bar: int = BAR
    step: int = STEP


def chart(hours: Sequence[Hour]) -> Chart:
    most = max((hour.tries for hour in hours), default=0)
    bars = [_bar(hour, number, max(most, 1)) for number, hour in enumerate(hours)]
    return Chart(bars, width=STEP * len(hours), most=most)


def _bar(hour: Hour, number: int, most: int) -> Bar:
    ok, failed = _tall(hour.ok, most), _tall(hour.failed, most)
    ok = min(ok, HEIGHT - failed)
    return Bar(hour, STEP * number + (STEP - BAR) // 2, HEIGHT - ok, ok, HEIGHT - ok - failed, failed)


def _tall(number: int, most: int) -> int:
    """What there is can be seen, however little it is."""
    return max(2, round(HEIGHT * number / most)) if number else 0
