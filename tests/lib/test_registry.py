"""Registries of kinds, and identifiers."""

import os
import re
import time
import uuid
from typing import Any, ClassVar

import pytest
import time_machine
from django.utils.translation import gettext_lazy as _

from helpdesk.lib import ids
from helpdesk.lib.ids import case_number, uuid7
from helpdesk.lib.registry import BadKey, Registry, UnknownKey


class Action:
    key: ClassVar[str]
    label: ClassVar[Any]


class Kind:
    def __init__(self, key: str) -> None:
        self.key = key


def test_a_registered_class_stays_itself_and_is_found_by_its_key() -> None:
    actions: Registry[type[Action]] = Registry("action")

    @actions.register
    class Assign(Action):
        key = "assign"
        label = _("Assign")

    assert actions.get("assign") is Assign
    assert "assign" in actions
    assert "close" not in actions
    assert actions.choices() == [("assign", Assign.label)]


def test_objects_come_in_the_order_in_which_they_were_registered() -> None:
    kinds: Registry[Kind] = Registry("event kind")
    items = [kinds.register(Kind(key)) for key in ("message.added", "case.opened", "a")]
    assert list(kinds) == items
    assert len(kinds) == 3
    assert kinds.choices() == [(key, key) for key in ("message.added", "case.opened", "a")]


def test_a_taken_key_is_refused_and_the_first_stays() -> None:
    kinds: Registry[Kind] = Registry("kind")
    first = kinds.register(Kind("a"))
    with pytest.raises(BadKey, match="'a'"):
        kinds.register(Kind("a"))
    assert list(kinds) == [first]


@pytest.mark.parametrize("key", ["", "A", "a-b", "a b", "1a", "a.", ".a", "a..b", "ä", "a\n", "helpdesk.Case"])
def test_a_key_that_is_not_snake_case_is_refused(key: str) -> None:
    kinds: Registry[Kind] = Registry("kind")
    with pytest.raises(BadKey):
        kinds.register(Kind(key))
    assert len(kinds) == 0


def test_an_unknown_key_is_named() -> None:
    kinds: Registry[Kind] = Registry("job kind")
    with pytest.raises(UnknownKey, match="job kind 'nothing'"):
        kinds.get("nothing")


def test_a_uuid_is_of_version_7_and_knows_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of its own: other tests travel into the future, and ids never go back.
    monkeypatch.setattr(ids, "_sequence", ids._Sequence())
    made, now = uuid7(), time.time()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert abs((made.int >> 80) / 1000 - now) < 5


def test_uuids_ascend_also_within_a_millisecond_and_when_the_clock_goes_back() -> None:
    with time_machine.travel(2_000_000_000, tick=False) as clock:
        made = [uuid7() for _ in range(5000)]
        clock.shift(-3600)
        made += [uuid7() for _ in range(100)]
        clock.shift(7200)
        made += [uuid7()]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert made[-1].int >> 80 == 2_000_003_600_000


def test_a_forked_process_makes_other_uuids() -> None:
    with time_machine.travel(2_100_000_000, tick=False):
        uuid7()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(write, uuid7().bytes)
            os._exit(0)
        os.waitpid(child, 0)
        theirs, ours = uuid.UUID(bytes=os.read(read, 16)), uuid7()
        os.close(read)
        os.close(write)
    # From the same last id the two would lie at most 2**32 apart; the chance of that is 2**-41.
    assert abs(theirs.int - ours.int) > 2**33


def test_a_case_number_can_be_said_on_the_phone() -> None:
    numbers = [case_number() for _ in range(1000)]
    assert all(re.fullmatch(r"[1-9]\d\d-\d{6}", number, re.ASCII) for number in numbers)
    assert len(set(numbers)) > 990
