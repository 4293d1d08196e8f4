"""The tables from the specification to its tests stay true."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FIRST, SECOND = (ROOT / "docs" / "seeds.md").read_text().split("## Custom communication channels")
ROW = re.compile(r"^\| (.+?) \| (.+?) \| `(.+?)::(.+?)` \|$", re.MULTILINE)
ROWS = {"000": ROW.findall(FIRST), "001": ROW.findall(SECOND)}
SECTIONS = {
    "000": {"intro", "1", "2", "3", "4"},
    "001": {"intro", "how", *(f"use {n}" for n in range(1, 5)), *"123456", "6a", "6b", "6c"},
}


@pytest.mark.parametrize("seed", ROWS)
def test_there_are_rows_for_every_section(seed):
    assert {row[0].split(",")[0] for row in ROWS[seed]} == SECTIONS[seed]


@pytest.mark.parametrize(
    ("seed", "section", "statement", "path", "name"), [(seed, *row) for seed in ROWS for row in ROWS[seed]]
)
def test_the_test_of_each_statement_exists(seed, section, statement, path, name):
    test = re.search(rf"((?:^@.*\n|^    .*\n|^\).*\n)*)^def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    assert test, f"{section}: {statement}"
    assert seed == "000" or '@pytest.mark.seed("001", ' in test[1], f"{name} is not marked, so that nobody counts it"


@pytest.mark.parametrize("seed", ROWS)
def test_each_row_of_the_table_was_read(seed):
    text = {"000": FIRST, "001": SECOND}[seed]
    assert len(ROWS[seed]) == len([line for line in text.splitlines() if line.startswith("|")]) - 2
