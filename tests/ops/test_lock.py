"""Two `up` on one DATA_DIR would be blind to each other."""

import os
from pathlib import Path

import pytest

from helpdesk.ops import lock


def test_a_second_up_on_one_data_dir_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with lock.take(tmp_path) as held:
        lock.tell(held, url="http://localhost:9000", demo=False)
        with pytest.raises(lock.CannotStart) as refused:
            lock.take(tmp_path)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert str(tmp_path) in sentence
    assert str(os.getpid()) in sentence
    assert "http://localhost:9000" in sentence


def test_another_data_dir_is_free(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with lock.take(tmp_path), lock.take(other):
        pass


def test_the_lock_ends_with_its_holder_and_its_facts_stay(tmp_path: Path) -> None:
    with lock.take(tmp_path) as held:
        lock.tell(held, url="http://localhost:9000", demo=True)
    with lock.take(tmp_path):
        assert lock.read(tmp_path)["url"] == "http://localhost:9000"


@pytest.mark.parametrize("text", ["", "not json", "[1]"])
def test_a_spoilt_lock_file_says_nothing_and_locks_all_the_same(tmp_path: Path, text: str) -> None:
    (tmp_path / lock.NAME).write_text(text)
    assert lock.read(tmp_path) == {}
    with lock.take(tmp_path), pytest.raises(lock.CannotStart):
        lock.take(tmp_path)
