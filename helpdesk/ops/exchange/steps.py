"""What an import would do, and what keeps it from doing so."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One row. verb: new, change or same. changes: {name: (before, after)}."""

    section: str
    title: str
    verb: str
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)


class Mistakes(Exception):
    """lines: one for each mistake, beginning with its place in the file, as `fields[2].choices: …`."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = list(lines)
