"""Text of strangers: checked, folded, shortened, cleaned of markup; addresses in one spelling."""

import re
import unicodedata
from typing import ClassVar

import idna
import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.errors import Refusal
from helpdesk.lib.markup import clean_html, html_to_text, text_to_html

__all__ = [
    "BadAddress",
    "BadText",
    "check_text",
    "clean_html",
    "excerpt",
    "fold",
    "html_to_text",
    "normal_email",
    "normal_phone",
    "one_line",
    "text_to_html",
]

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_ELLIPSIS = "…"
_JOINERS = "\u200c\u200d"
# Control characters, marks that turn or override the direction, what has no width, the byte order mark and tags.
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)

MAX_EMAIL = 254  # characters, RFC 5321
MAX_PHONE = 64  # characters as typed


class BadText(Refusal):
    """A text that we do not take: too long, or with characters that no person types."""

    code: ClassVar[str] = "bad_text"
    sentence = _("This text cannot be used.")


class BadAddress(Refusal):
    """Not an e-mail address or telephone number."""

    code: ClassVar[str] = "bad_address"
    sentence = _("This is not an address.")


def check_text(text: str, *, limit: int) -> str:
    """The text, if it has at most `limit` characters and no control character but tab and line ends.

    Raises BadText; NUL and lone surrogates are refused because no database and no JSON reader takes both.
    """
    if len(text) > limit:
        raise BadText(_("This text is longer than %(limit)d characters.") % {"limit": limit})
    if found := _FORBIDDEN.search(text):
        raise BadText(_("This text contains a forbidden character (U+%s).") % f"{ord(found[0]):04X}")
    return text


def fold(text: str) -> str:
    """The text for comparing and searching, without regard to case and width (NFKC, Unicode case folding)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def one_line(text: str) -> str:
    """The text as a name that shows what it is: no control, direction or zero-width characters, single spaces.

    Joiners stay between letters: Persian, Hindi and emoji need them.
    """
    return " ".join(_INVISIBLE.sub(_space_or_nothing, text).split()).strip(_JOINERS + " ")


def _space_or_nothing(found: re.Match[str]) -> str:
    return " " if found[0].isspace() else ""


def excerpt(text: str, n: int) -> str:
    """One line of at most `n` characters, cut between words where there is one in the second half."""
    line = " ".join(text.split(None, n)[:n])
    if len(line) <= n:
        return line
    cut = line[: n - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > n // 2 else cut).rstrip() + _ELLIPSIS


def normal_email(text: str) -> str:
    """The address in lower case, its domain in ASCII (RFC 5891, UTS 46). Raises BadAddress."""
    local, at, domain = text.strip().rpartition("@")
    try:
        email = f"{local}{at}{_ascii_domain(domain)}".lower()
        validate_email(email)
    except (UnicodeError, ValidationError) as error:
        raise BadAddress(_("This is not an e-mail address.")) from error
    # In lower case the Kelvin sign is a plain k: another person's address.
    if len(email) > MAX_EMAIL or '"' in email or not local.isascii():
        raise BadAddress(_("This is not an e-mail address."))
    return email


def _ascii_domain(domain: str) -> str:
    """Raises UnicodeError. (Python's own codec is of 2003: it takes straße.de for strasse.de, which is another's.)"""
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()


def normal_phone(text: str, region: str | None = None) -> str:
    """The number as `+493012345678` (E.164). Raises BadAddress.

    `region`, as "DE": for numbers typed without +. What is possible is taken: lists of the ranges in use age
    faster than installations.
    """
    try:
        number = phonenumbers.parse(text[: MAX_PHONE + 1], region)
    except phonenumbers.NumberParseException as error:
        raise BadAddress(_("This is not a telephone number.")) from error
    reason = phonenumbers.is_possible_number_with_reason(number)
    if len(text) > MAX_PHONE or number.extension or reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise BadAddress(_("This is not a telephone number."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
