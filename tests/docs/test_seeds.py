"""The tables from the specification to its tests stay true."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docs" / "seeds.md").read_text()
# Each part names its seed before its table.
PARTS = {
    found[1]: part
    for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)
    if (found := re.search(r"\(seed (\d+)\)", part))
}
ROW = re.compile(r"^\| (.+?) \| (.+?) \| `(.+?)::(.+?)` \|$", re.MULTILINE)
# What cannot be shown before there is a chat widget; the text beside the table says how many these are.
WAITING = re.compile(r"^\| (.+?) \| (.+?) \| chat widget \|$", re.MULTILINE)
ROWS = {seed: ROW.findall(part) for seed, part in PARTS.items()}
SECTIONS = {
    "000": {"intro", "1", "2", "3", "4"},
    "001": {"intro", "how", *(f"use {n}" for n in range(1, 5)), *"123456", "6a", "6b", "6c"},
    "002": {"intro", "users", "attributes", "identify", "logout"},
    "003": {"intro", "before", "agents", "modes", "users"},
    "004": {"overview", "set-up", "request", "answer", "statuses", "tips"},
}


def test_there_is_a_table_for_each_seed():
    assert set(SECTIONS) <= set(PARTS)
    assert len(PARTS) == TEXT.count("\n## ") + 1


@pytest.mark.parametrize("seed", SECTIONS)
def test_there_are_rows_for_every_section(seed):
    assert {row[0].split(",")[0] for row in ROWS[seed]} == SECTIONS[seed]


@pytest.mark.parametrize(
    ("seed", "section", "statement", "path", "name"), [(seed, *row) for seed in ROWS for row in ROWS[seed]]
)
def test_the_test_of_each_statement_exists(seed, section, statement, path, name):
    test = re.search(rf"((?:^@.*\n|^    .*\n|^\).*\n)*)^def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    assert test, f"{section}: {statement}"
    marked = f'@pytest.mark.seed("{seed}", ' in test[1]
    assert seed == "000" or marked, f"{name} is not marked, so that nobody counts it"


@pytest.mark.parametrize("seed", PARTS)
def test_each_row_of_the_table_was_read(seed):
    waiting = WAITING.findall(PARTS[seed])
    lines = [line for line in PARTS[seed].splitlines() if line.startswith("|")]
    assert len(ROWS[seed]) + len(waiting) == len(lines) - 2
    said = re.search(r"(\d+) statements?\.", PARTS[seed].replace("\n", " "))
    assert len(waiting) == (int(said[1]) if said else 0), "say how many wait for the chat widget: “N statements.”"
