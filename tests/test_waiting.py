"""Waiting ends with the answer, or with an error that tells the last answer."""

import pytest

from tests.waiting import wait_for


def test_the_first_true_answer_is_returned() -> None:
    answers = iter([0, "", "there"])
    assert wait_for(lambda: next(answers)) == "there"


def test_the_limit_ends_the_waiting() -> None:
    with pytest.raises(AssertionError, match=r"was not true within 0\.05 s; its last answer was 0"):
        wait_for(lambda: 0, 0.05)
