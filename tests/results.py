"""What a test run came to: read from JUnit files, told as a table, per promise, and in pytest's last line."""

import re
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tests.plugins.figures import FIGURE

OUTCOMES = ("failed", "passed", "skipped", "error")
WIDTH = 80


@dataclass
class Result:
    """One phase. `counts`: tests by outcome. `marks`: tests by (promise, attack or seed) and outcome.

    `figures`: what long tests measured. `seconds`: wall time. `troubles`: what else went wrong, a sentence each,
    counted as errors.
    """

    phase: str
    vendor: str
    counts: Counter[str] = field(default_factory=Counter)
    marks: Counter[tuple[str, str]] = field(default_factory=Counter)
    figures: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failed(self) -> int:
        return self.counts["failed"] + self.counts["error"] + len(self.troubles)

    def read(self, junit: Path) -> None:
        """Adds the outcomes of a JUnit file. A broken or missing file is a trouble, not an exception."""
        try:
            cases = ET.parse(junit).getroot().iter("testcase")
        except (OSError, ET.ParseError) as error:
            self.troubles.append(f"the results could not be read: {error}")
            return
        for case in cases:
            outcome = _outcome(case)
            self.counts[outcome] += 1
            for mark in case.iter("property"):
                if mark.get("name") == FIGURE:
                    self.figures.append(mark.get("value", ""))
                if mark.get("name") in ("promise", "seed"):
                    self.marks[mark.get("value", ""), outcome] += 1


def table(results: Iterable[Result]) -> str:
    rows = [("phase", "database", "passed", "failed", "seconds")]
    for result in results:
        passed, failed = str(result.counts["passed"]), str(result.failed)
        rows.append((result.phase, result.vendor, passed, failed, f"{result.seconds:.1f}"))
    return "\n".join(f"{a:<10}{b:<14}{c:>8}{d:>8}{e:>9}" for a, b, c, d, e in rows)


def promises(results: Iterable[Result]) -> list[str]:
    """One line per promise, attack and sentence: `P6 passed 3`, `A14 failed 1 passed 2`."""
    kept: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        for (mark, outcome), number in result.marks.items():
            kept[mark][outcome] += number
    return [f"{mark} {_told(kept[mark])}" for mark in sorted(kept, key=_natural)]


def last_line(results: Iterable[Result], seconds: float) -> str:
    """The closing line in pytest's own words, over all phases."""
    total: Counter[str] = Counter()
    for result in results:
        total += result.counts
        total["error"] += len(result.troubles)
    told = ", ".join(f"{total[o]} {_word(o, total[o])}" for o in OUTCOMES if total[o]) or "no tests ran"
    long = f" ({timedelta(seconds=int(seconds))})" if seconds >= 60 else ""
    return f" {told} in {seconds:.2f}s{long} ".center(WIDTH, "=")


def _outcome(case: ET.Element) -> str:
    for tag, outcome in (("error", "error"), ("failure", "failed"), ("skipped", "skipped")):
        if case.find(tag) is not None:
            return outcome
    return "passed"


def _told(counts: Counter[str]) -> str:
    return " ".join(f"{outcome} {counts[outcome]}" for outcome in OUTCOMES if counts[outcome])


def _word(outcome: str, number: int) -> str:
    return "errors" if outcome == "error" and number > 1 else outcome


def _natural(text: str) -> list[tuple[int, str]]:
    """P2 before P10, promises before attacks before seeds."""
    order = {"P": "0", "A": "1"}.get(text[:1], "2")
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", order + text)]
