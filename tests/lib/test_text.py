"""Text of strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.lib.text import (
    BadAddress,
    BadText,
    check_text,
    excerpt,
    fold,
    normal_email,
    normal_phone,
)


@pytest.mark.parametrize("text", ["", "a\nb\r\n\tc", "ü 日本 👍🏽 \u202e", "\x7f", "x" * 10])
def test_ordinary_text_passes_unchanged(text: str) -> None:
    assert check_text(text, limit=10) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 11, "10"),
        ("a\0", "0000"),
        ("\x1b[0m", "001B"),
        ("\ud800", "D800"),
        ("\udfff", "DFFF"),
        ("\x0b", "000B"),
    ],
)
def test_text_that_no_person_types_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadText, match=said) as caught:
        check_text(text, limit=10)
    assert (caught.value.code, caught.value.status) == ("bad_text", 422)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("MÜLLER", "müller"),
        ("Привет", "ПРИВЕТ"),
        ("ａｂ", "AB"),
        ("ﬁn", "FIN"),
        ("e\u0301", "É"),
    ],
)
def test_folded_texts_compare_without_case_and_width(one: str, other: str) -> None:
    assert one != other
    assert fold(one) == fold(other)


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "n", "short"),
    [
        ("hello  \n world", 20, "hello world"),
        ("hello world foo", 12, "hello world…"),
        ("hello wonderful", 8, "hello…"),
        ("x" * 50, 10, "x" * 9 + "…"),
        (" " * 5000 + "late", 10, "late"),
        ("", 5, ""),
    ],
)
def test_an_excerpt_is_one_short_line(text: str, n: int, short: str) -> None:
    assert excerpt(text, n) == short


@given(st.text(), st.integers(min_value=1, max_value=30))
def test_an_excerpt_is_never_too_long(text: str, n: int) -> None:
    assert len(excerpt(text, n)) <= n


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" Bob@Example.COM\n", "bob@example.com"),
        ("bob+tag@example.com", "bob+tag@example.com"),
        ("bob@MÜNCHEN.de", "bob@xn--mnchen-3ya.de"),
        ("bob@xn--mnchen-3ya.de", "bob@xn--mnchen-3ya.de"),
    ],
)
def test_an_email_address_has_one_spelling(typed: str, normal: str) -> None:
    assert normal_email(typed) == normal
    assert normal_email(normal) == normal


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "@",
            "bob",
            "bob@",
            "@example.com",
            "a b@example.com",
            "a@b@",
            "b@a..b",
            '"a\x01b"@example.com',
        ),
        *("b\u200b@example.com", "b@exam\0ple.com", "b@\ud800.de", "bob@example.com\nBcc: x@example.com"),
        *("x" * 300 + "@example.com", "b@" + "a." * 200 + "de"),
    ],
)
def test_what_is_no_email_address_is_refused(typed: str) -> None:
    with pytest.raises(BadAddress) as caught:
        normal_email(typed)
    assert caught.value.code == "bad_address"


@pytest.mark.parametrize(
    ("typed", "region", "normal"),
    [
        ("+49 30 / 1234-567", None, "+49301234567"),
        ("030 1234567", "DE", "+49301234567"),
        ("0049 30 1234567", "DE", "+49301234567"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("+1 202 555 0143", "DE", "+12025550143"),
        ("٠٣٠١٢٣٤٥٦٧", "DE", "+49301234567"),
    ],
)
def test_a_telephone_number_has_one_spelling(typed: str, region: str | None, normal: str) -> None:
    assert normal_phone(typed, region) == normal
    assert normal_phone(normal) == normal


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        *(("030 1234567", None), ("+999 1234567", None), ("\0", None), ("+4930123456789012345", None)),
        *(("", "DE"), ("+", "DE"), ("12", "DE"), ("x", "DE"), ("1" * 1000, "DE")),
        ("+49 30 1234567 ext. 5", None),
    ],
)
def test_what_is_no_telephone_number_is_refused(typed: str, region: str | None) -> None:
    with pytest.raises(BadAddress):
        normal_phone(typed, region)
