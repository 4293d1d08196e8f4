"""Vendored files are what their makers published, and say whose they are."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
# A row of the table: file, package with version, file in the package, licence with its file, sum.
ROW = re.compile(
    r"^\| `(?P<name>[^`]+)` \| [^|]*\d\.\d[^|]* \| [^|]+ "
    r"\| [^`|]+`(?P<licence>[^`]+)` \| `(?P<sum>\w{64})` \|$",
    re.MULTILINE,
)
LISTED = {row["name"]: row for row in ROW.finditer((VENDOR / "README.md").read_text())}


def test_every_vendored_file_is_listed() -> None:
    licences = {row["licence"] for row in LISTED.values()}
    there = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert there == {"README.md", *LISTED, *licences}


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_vendored_file_has_the_sum_that_is_written_down(name: str) -> None:
    assert sha256((VENDOR / name).read_bytes()).hexdigest() == LISTED[name]["sum"]


@pytest.mark.parametrize("name", sorted(LISTED))
def test_the_licence_lies_beside_the_file(name: str) -> None:
    assert "Permission to use" in (VENDOR / LISTED[name]["licence"]).read_text()
