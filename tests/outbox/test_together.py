import threading

import pytest

from helpdesk.outbox.together import Together
from tests.threads import at_once
from tests.waiting import wait_for


def test_what_arrives_while_one_is_under_way_is_done_in_one_go() -> None:
    goes: list[list[int]] = []
    started, release = threading.Event(), threading.Event()

    def work(items: list[int]) -> list[int]:
        goes.append(sorted(items))
        started.set()
        assert release.wait(5)
        return [item * 2 for item in items]

    double = Together(work, patience=30)
    answers: dict[int, int] = {}
    threads = [threading.Thread(target=lambda n=n: answers.update({n: double(n)})) for n in range(5)]
    threads[0].start()
    assert started.wait(5)
    for thread in threads[1:]:
        thread.start()
    wait_for(lambda: len(double._calls) == 4)
    release.set()
    for thread in threads:
        thread.join(5)
    assert goes == [[0], [1, 2, 3, 4]]
    assert answers == {0: 0, 1: 2, 2: 4, 3: 6, 4: 8}


def test_a_go_that_waits_does_not_hold_up_the_next() -> None:
    stuck = threading.Event()

    def work(items: list[str]) -> list[str]:
        if "stuck" in items:
            assert stuck.wait(5)
        return items

    echo = Together(work, patience=0.01)
    thread = threading.Thread(target=echo, args=("stuck",))
    thread.start()
    wait_for(lambda: not echo._calls)
    assert echo("free") == "free"
    stuck.set()
    thread.join(5)


def test_each_caller_gets_its_own_answer_among_many() -> None:
    echo: Together[tuple[int, int], tuple[int, int]] = Together(lambda items: items)
    assert at_once(lambda n: [echo((n, turn)) for turn in range(200)], range(8)) == [
        [(n, turn) for turn in range(200)] for n in range(8)
    ]


def test_what_the_work_raises_reaches_the_caller_and_the_next_go_is_fine() -> None:
    def work(items: list[int]) -> list[int]:
        if 0 in items:
            raise ZeroDivisionError
        return items

    same = Together(work)
    with pytest.raises(ZeroDivisionError):
        same(0)
    assert same(1) == 1
