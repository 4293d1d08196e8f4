"""Vendored files are what their makers published, and say whose they are."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = [ROOT / "static" / "vendor", ROOT / "tests" / "vendor"]
# A row of the table: file, package with version, file in the package, licence with its file, sum.
ROW = re.compile(
    r"^\| `(?P<name>[^`]+)` \| [^|]*\d\.\d[^|]* \| [^|]+ "
    r"\| [^`|]+`(?P<licence>[^`]+)` \| `(?P<sum>\w{64})` \|$",
    re.MULTILINE,
)
LISTED = {folder: list(ROW.finditer((folder / "README.md").read_text())) for folder in FOLDERS}
FILES = [pytest.param(folder, row, id=row["name"]) for folder, rows in LISTED.items() for row in rows]
# How a licence text says that we may pass the file on.
GRANTS = ("Permission to use", "Permission is hereby granted", "Anyone is free to copy")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_is_listed(folder: Path) -> None:
    listed = {row["name"] for row in LISTED[folder]}
    licences = {row["licence"] for row in LISTED[folder]}
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert listed
    assert there == {"README.md", *listed, *licences}


@pytest.mark.parametrize(("folder", "row"), FILES)
def test_a_vendored_file_has_the_sum_that_is_written_down(folder: Path, row: re.Match[str]) -> None:
    assert sha256((folder / row["name"]).read_bytes()).hexdigest() == row["sum"]


@pytest.mark.parametrize(("folder", "row"), FILES)
def test_the_licence_lies_beside_the_file(folder: Path, row: re.Match[str]) -> None:
    text = (folder / row["licence"]).read_text()
    assert any(grant in text for grant in GRANTS)
