"""What is in place before the first request."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage

from helpdesk.ops import ready


@pytest.fixture
def sources(settings: Any, tmp_path: Path) -> Path:
    """A folder of static files of our own, and a desk that never collected."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "a.css").write_text("a {}")
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    settings.STATIC_ROOT = settings.DATA_DIR / "static"
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "helpdesk.lib.statics.Hashed"}}
    return folder


def collected(settings: Any) -> set[str]:
    return {path.name.split(".")[0] + path.suffix for path in Path(settings.STATIC_ROOT).glob("*.css")}


def test_static_files_are_collected_once(sources: Path, settings: Any) -> None:
    assert ready.collect()
    assert collected(settings) == {"a.css"}
    assert not ready.collect()


def test_a_changed_a_new_and_a_deleted_file_are_noticed(sources: Path, settings: Any) -> None:
    ready.collect()
    (sources / "a.css").write_text("a { color: red }")
    assert ready.collect()
    (sources / "b.css").write_text("b {}")
    assert ready.collect()
    assert collected(settings) == {"a.css", "b.css"}
    (sources / "a.css").unlink()
    assert ready.collect()
    assert collected(settings) == {"b.css"}


def test_a_collection_that_was_broken_off_is_done_again(
    sources: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(ready, "call_command", broken)
        with pytest.raises(OSError, match="no space left"):
            ready.collect()
    assert ready.collect()


def test_files_are_served_under_names_with_their_hash(sources: Path) -> None:
    ready.collect()
    assert staticfiles_storage.url("a.css") != "/static/a.css"


def test_every_static_file_of_the_product_can_be_collected(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "helpdesk.lib.statics.Hashed"}}
    assert ready.collect()
    assert (tmp_path / "static" / "staticfiles.json").exists()
