"""The shape of a code: what is one, what is not, and what a slip of the finger does to it."""

import re
from itertools import combinations
from pydoc_data.topics import topics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identification import codes

made = st.builds(codes.make)
gaps = st.sampled_from(["", " ", "-", " - ", "--", "—", "\u00a0", "‑"])


def _five(code: str) -> tuple[str, str]:
    return code[3:8], code[9:]


def _swap(symbols: str, first: int, second: int) -> str:
    row = list(symbols)
    row[first], row[second] = row[second], row[first]
    return "".join(row)


@given(made)
def test_a_code_looks_as_the_contract_says(code: str) -> None:
    assert re.fullmatch(r"ID-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", code)
    assert re.search(r"[2-9]", code[3:])
    assert re.search(r"[A-HJKMNP-TV-Z]", code[3:])
    assert codes.check(codes.normal(code))


def test_codes_do_not_repeat() -> None:
    assert len({codes.make() for _ in range(10_000)}) == 10_000


@given(made, st.data())
def test_a_code_is_found_however_it_is_typed(code: str, data: st.DataObject) -> None:
    first, second = _five(code)
    typed = "ID" + data.draw(gaps) + first + data.draw(gaps) + second
    typed = "".join(data.draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in typed)
    typed = typed.replace("0", data.draw(st.sampled_from("0Oo"))).replace("1", data.draw(st.sampled_from("1IiLl")))
    before, after = data.draw(
        st.sampled_from([("", ""), ("my code: ", " thanks"), ("(", ")."), ("\n", "\n"), ("“", "”!")])
    )
    (found,) = codes.find(before + typed + after)
    assert found.symbols == codes.normal(code) == (first + second)
    assert found.adds_up
    assert (before + typed + after)[found.start : found.end] == typed


@given(made, st.sampled_from(["X", "x", "7", "ä", "ж"]), st.booleans())
def test_it_has_to_be_a_word_of_its_own(code: str, neighbour: str, before: bool) -> None:
    assert not codes.find(neighbour + code if before else code + neighbour)


@given(made, st.integers(3, 11), st.sampled_from([" ", "-", ".", "\n", "_"]))
def test_nothing_may_stand_within_the_fives(code: str, place: int, intruder: str) -> None:
    bare = "ID" + "".join(_five(code))
    if place != 7:
        assert not codes.find(bare[:place] + intruder + bare[place:])


@pytest.mark.parametrize("gap", ["\n", ".", "_", "/", ":", ", "])
def test_only_spaces_and_dashes_may_stand_between(gap: str) -> None:
    first, second = _five(codes.make())
    assert not codes.find(f"ID{gap}{first}-{second}")
    assert not codes.find(f"ID-{first}{gap}{second}")


@pytest.mark.parametrize(
    "text",
    [
        "ID-12345-67890",  # no letter
        "ID-ABCDE-FGHJK",  # no digit
        "ID-ABCDE-FGH01",  # 0 and 1 can be letters
        "ID-23OIL-45678",  # O, I and L can be digits
        "ID-7K3QU-9B2XM",  # U is no symbol of Crockford's
        "ID-7K3QF-9B2X",
        "ID-7K3QF-9B2XMM",
        "7K3QF-9B2XM",
        "1D-7K3QF-9B2XM",
        "ıD-7K3QF-9B2XM",
        "ID-7K3QF-9B2X\u212a",  # the Kelvin sign is no K
        "ID-７K3QF-9B2XM",  # full width
        "",
    ],
)
def test_this_has_not_the_shape(text: str) -> None:
    assert codes.find(text) == []
    assert codes.blank(text) == text


def test_several_codes_are_found_in_order() -> None:
    one, two = codes.make(), codes.make()
    assert [found.symbols for found in codes.find(f"{one} or {two.lower()}?")] == [
        codes.normal(one),
        codes.normal(two),
    ]


@given(made)
def test_every_wrong_symbol_is_noticed(code: str) -> None:
    symbols = codes.normal(code)
    wrong = [
        symbols[:place] + other + symbols[place + 1 :]
        for place, right in enumerate(symbols)
        for other in codes.SYMBOLS
        if other != right
    ]
    assert len(wrong) == 310
    assert not any(codes.check(each) for each in wrong)


@given(made)
def test_every_two_swapped_symbols_are_noticed(code: str) -> None:
    symbols = codes.normal(code)
    swapped = [_swap(symbols, *pair) for pair in combinations(range(10), 2)]
    assert not any(codes.check(each) for each in swapped if each != symbols)


@given(made, st.integers(0, 9))
def test_a_wrong_symbol_keeps_the_shape_and_is_seen_as_wrong(code: str, place: int) -> None:
    symbols = codes.normal(code)
    right = symbols[place]
    other = next(
        each for each in codes.SYMBOLS if each.isdigit() == right.isdigit() and each != right and each not in "01"
    )
    symbols = symbols[:place] + other + symbols[place + 1 :]
    for found in codes.find(f"ID {symbols[:5]} {symbols[5:]}"):
        assert not found.adds_up


@given(made, st.text("abzIDid-• .,\nä", max_size=40))
def test_blanking_leaves_no_code_and_all_the_rest(code: str, rest: str) -> None:
    blanked = codes.blank(f"{rest} {code} {code.lower()} {rest}")
    assert blanked == f"{rest} {codes.MASK} {codes.MASK} {rest}"
    assert codes.find(blanked) == []
    assert codes.blank(blanked) == blanked


@given(st.text(max_size=60))
def test_any_text_survives_being_looked_at(text: str) -> None:
    assert codes.find(codes.blank(text)) == []


def test_fewer_than_one_ordinary_sentence_in_a_thousand_has_the_shape() -> None:
    """Prose that came with Python, and the same told about an "ID", which is what a careless shape fits."""
    prose = [re.sub(r"\s+", " ", each) for text in topics.values() for each in re.split(r"(?<=[.!?:;])\s", text)]
    sentences = [each for each in prose if each.count(" ") >= 3]
    about = ["My ID " + each for each in sentences] + ["id " + each.split(" ", 1)[1] for each in sentences]
    assert len(sentences) > 3_000
    assert sum(bool(codes.find(each)) for each in sentences + about) < len(sentences + about) / 1000


def test_text_that_is_made_to_be_slow_is_not() -> None:
    """Linear in the text: each of these is a megabyte, and quadratic work on it would take minutes."""
    for text in ("ID" * 500_000, "ID" + " " * 1_000_000, ("ID" + "-" * 1000) * 1000, "id12345" * 150_000):
        assert codes.find(text) == []
        assert codes.blank(text) == text
