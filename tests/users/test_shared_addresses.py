"""Addresses that many share: they make no one person of strangers."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from channels_custom.models import CustomChannel
from helpdesk.lib.stars import matches
from helpdesk.users.models import BlockedValue, Conflict, Profile
from helpdesk.users.services import profiles, told
from tests import world


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("info@*", "info@acme.com", True),
        ("info@*", "xinfo@acme.com", False),
        ("*@kiosk.example", "a@kiosk.example", True),
        ("*@kiosk.example", "a@kiosk.example.com", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*ab*ab*", "ab", False),
        ("*ab*ab*", "xabyabz", True),
        ("exact@acme.com", "exact@acme.com", True),
        ("[a]?", "a1", False),
    ],
)
def test_a_star_stands_for_anything_and_nothing_else_does(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@given(st.text("ab*", max_size=6), st.text("ab", max_size=8))
def test_it_is_what_trying_everything_finds(pattern: str, text: str) -> None:
    def tried(rest: str, left: str) -> bool:
        if not rest:
            return not left
        if rest[0] == "*":
            return any(tried(rest[1:], left[number:]) for number in range(len(left) + 1))
        return left[:1] == rest[0] and tried(rest[1:], left[1:])

    assert matches(pattern, text) is tried(pattern, text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" INFO@* ", "info@*"),
        ("*@Kiosk.example", "*@kiosk.example"),
        ("Info@Acme.com", "info@acme.com"),
        ("noreply+**@*", "noreply+*@*"),
        ("+49 30 901820", "+4930901820"),
        ("+49 (30) 1234*", "+49301234*"),
        ("*0000", "*0000"),
    ],
)
def test_a_pattern_is_kept_in_the_spelling_of_addresses(typed: str, kept: str) -> None:
    row = BlockedValue(pattern=typed)
    row.clean()
    assert row.pattern == kept


@pytest.mark.parametrize(
    "typed",
    ["*", "**", "*@*", "*.*@*.*", "+*", "+4*", "a*", "info@*@*", "in fo@*", "no address", "12", "4*930", "ä*@x.de"],
)
def test_what_is_everybodys_or_no_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValidationError) as refused:
        BlockedValue(pattern=typed).clean()
    assert len(refused.value.message_dict["pattern"][0]) > 20


@pytest.fixture
def channel(db: None) -> CustomChannel:
    return world.messenger()


def shared(*patterns: str) -> None:
    for pattern in patterns:
        row = BlockedValue(pattern=pattern)
        row.full_clean()
        row.save()


@pytest.mark.parametrize("address", [{"email": "Info@acme.com"}, {"phone": "+49 30 901820"}], ids=["e-mail", "phone"])
def test_a_shared_address_links_nobody_and_makes_no_conflict(channel: CustomChannel, address: dict[str, Any]) -> None:
    shared("INFO@*", "+49 (30) 9018*")
    people = [world.customer(channel, name) for name in ("bob", "carol")]
    for one in people:
        (warning,) = told.tell(one, told.Told(**address), by=None).warnings
        assert "one single person" in warning
    assert Profile.objects.values("person").distinct().count() == 2
    assert not Conflict.objects.exists()


def test_what_was_linked_before_stays_so(channel: CustomChannel) -> None:
    bob = world.customer(channel, "bob")
    told.tell(bob, told.Told(email="info@acme.com"), by=None)
    shared("info@*")
    assert told.tell(bob, told.Told(email="info@acme.com"), by=None).warnings == []
    assert profiles.linked(Profile.objects.get(pk=bob.pk))[1].address == "info@acme.com"


def test_an_id_of_a_channel_is_taken_as_it_is(channel: CustomChannel) -> None:
    shared("info@*")
    one = world.customer(channel, "info@acme.com")
    assert told.tell(one, told.Told(email="bob@example.com"), by=None).warnings == []
    assert len(profiles.linked(Profile.objects.get(pk=one.pk))) == 2
