"""The table of threats stays true: each has a control and a test that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
THREATS, BAD_INPUT = (ROOT / "docs" / "threats.md").read_text().split("## Bad input")
TEST = r"`(tests/\S+?\.py)::(test_\w+)`"
ROWS = re.findall(rf"^\| (T\d+) \| .+? \| .+? \| {TEST} \|$", THREATS, re.MULTILINE)
INPUT = re.findall(rf"^\| (.+?) \| .+? \| {TEST} \|$", BAD_INPUT, re.MULTILINE)


def test_each_threat_has_a_row() -> None:
    assert {row[0] for row in ROWS} == {f"T{number}" for number in range(1, 31)}


@pytest.mark.parametrize(("rows", "text"), [(ROWS, THREATS), (INPUT, BAD_INPUT)], ids=["threats", "bad input"])
def test_each_row_of_the_tables_was_read(rows: list[tuple[str, str, str]], text: str) -> None:
    assert len(rows) == len([line for line in text.splitlines() if line.startswith("|")]) - 2


@pytest.mark.parametrize(("what", "path", "name"), [*ROWS, *INPUT])
def test_the_test_of_each_row_exists(what: str, path: str, name: str) -> None:
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE), what
