"""Identification codes as text: made, found in what people write, checked, blanked. No database.

`ID-` + 5 + `-` + 5 symbols of Crockford's base 32, nine random (45 bits) and a check symbol.
"""

import re
import secrets
from dataclasses import dataclass

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM = 9
MASK = "ID-•••••-•••••"

_VALUE = {symbol: value for value, symbol in enumerate(SYMBOLS)}
_READ_AS = str.maketrans("OIL", "011")
# x^5 + x^2 + 1: primitive, so the ten weights below (powers of x) are all different.
_POLYNOMIAL = 0b100101

# Spelt out in ASCII: with re.IGNORECASE "ſ" and "K" (the Kelvin sign) would count as letters of a code.
_SYMBOL = r"[0-9A-TV-Za-tv-z]"
_FIVE = rf"{_SYMBOL}{{5}}"
# Spaces and dashes as keyboards and word processors make them; never a line break.
_GAP = r"[ \t\u00a0\u2000-\u200a\u202f\u3000\-\u2010-\u2015\u2212]*"
_ALONE_BEFORE, _ALONE_AFTER = r"(?<![^\W_])", r"(?![^\W_])"
_SHAPE = re.compile(rf"{_ALONE_BEFORE}[Ii][Dd]{_GAP}({_FIVE}){_GAP}({_FIVE}){_ALONE_AFTER}")
_DIGIT = re.compile(r"[2-9]")
_LETTER = re.compile(r"[A-HJKMNP-TV-Z]")


@dataclass(frozen=True)
class Candidate:
    """Text of the shape of a code. symbols: the ten, in plain form; start, end: where it stands."""

    symbols: str
    start: int
    end: int

    @property
    def adds_up(self) -> bool:
        return check(self.symbols)


def make() -> str:
    """A new code, as people see it: `ID-7K3QF-9B2XM`."""
    while True:
        random = "".join(secrets.choice(SYMBOLS) for _ in range(RANDOM))
        symbols = random + closing(random)
        if _has_shape(symbols):
            return f"ID-{symbols[:5]}-{symbols[5:]}"


def find(text: str) -> list[Candidate]:
    """Every piece of text that has the shape of a code, in order, right or wrong."""
    found = ((normal(match[1] + match[2]), match) for match in _SHAPE.finditer(text))
    return [Candidate(symbols, *match.span()) for symbols, match in found if _has_shape(symbols)]


def normal(symbols: str) -> str:
    """The plain form of ten symbols, or of a whole code: upper case, O read as 0, I and L as 1, no gaps."""
    bare = re.sub(_GAP, "", symbols).upper()
    return bare[-(RANDOM + 1) :].translate(_READ_AS)


def closing(symbols: str) -> str:
    """The check symbol for nine symbols."""
    return SYMBOLS[_double(_weigh(symbols))]


def check(symbols: str) -> bool:
    """Whether ten symbols belong together: no single wrong symbol and no two swapped ones do."""
    return _weigh(symbols) == 0


def blank(text: str) -> str:
    """The text with a mask in place of everything that has the shape of a code."""
    return _SHAPE.sub(lambda match: MASK if _has_shape(normal(match[1] + match[2])) else match[0], text)


def _has_shape(symbols: str) -> bool:
    """Words have no digits, numbers no letters: without this, 7 % of English sentences hold a "code"."""
    return bool(_DIGIT.search(symbols) and _LETTER.search(symbols))


def _weigh(symbols: str) -> int:
    """The sum of the symbols, each times its own power of x, in the field of 32 elements.

    Different weights, none of them zero: one wrong symbol, or two swapped ones, always change the sum.
    """
    total = 0
    for symbol in symbols:
        total = _double(total) ^ _VALUE[symbol]
    return total


def _double(element: int) -> int:
    """Times x."""
    element <<= 1
    return element ^ _POLYNOMIAL if element >= len(SYMBOLS) else element
