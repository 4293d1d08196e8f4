"""Carries what a long test measured into its results, where `make soak` prints it."""

from collections.abc import Callable, Mapping

import pytest

FIGURE = "figure"
HEAD = ("run", "database", "lost", "out of order", "duplicates", "seconds")

Measured = Callable[[str, Mapping[str, int], float], None]


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """measured(what, {"lost": …, "disorder": …, "doubles": …}, seconds): a line of the table of figures."""

    def note(what: str, found: Mapping[str, int], seconds: float) -> None:
        numbers = [f"{found[name]:,}" for name in ("lost", "disorder", "doubles")]
        request.node.user_properties.append((FIGURE, " | ".join((what, *numbers, f"{seconds:.0f}"))))

    return note


def table(lines: list[tuple[str, str]]) -> str:
    """Markdown, from (database, line) pairs."""
    rows = [HEAD, ("---",) * len(HEAD)]
    for vendor, line in lines:
        what, *numbers = line.split(" | ")
        rows.append((what, vendor, *numbers))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
