"""The table from the specification to its tests stays true."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = re.findall(r"^\| (.+?) \| (.+?) \| `(.+?)::(.+?)` \|$", (ROOT / "docs" / "seeds.md").read_text(), re.M)


def test_there_are_rows_for_every_section():
    assert {row[0].split(",")[0] for row in ROWS} == {"intro", "1", "2", "3", "4"}


@pytest.mark.parametrize(("section", "statement", "path", "name"), ROWS)
def test_the_test_of_each_statement_exists(section, statement, path, name):
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.M), f"{section}: {statement}"
