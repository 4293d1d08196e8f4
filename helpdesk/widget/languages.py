"""Which language a widget speaks, and its words in it."""

from collections.abc import Iterable, Mapping

from django.utils.translation import get_language_info
from django.utils.translation.trans_real import parse_accept_lang_header

from helpdesk.channels.models import Language, Widget

FALLBACK = "en"
Words = Mapping[str, Mapping[str, str]]


def choose(widget: Widget, *, asked: str = "", header: str = "") -> str:
    """The language's code: the widget's own if it is fixed, else what the page asks for, what the
    browser accepts, the desk's default. Only languages of the desk are spoken.

    header: the value of Accept-Language.
    """
    if widget.language:
        return widget.language.code
    rows = Language.objects.filter(active=True)
    spoken = {row.code.lower(): row.code for row in rows}
    wanted = [asked[:40].lower().replace("_", "-"), *_accepted(header)]
    found = next((spoken[code] for code in _with_bases(wanted) if code in spoken), None)
    return found or next((row.code for row in rows if row.is_default), FALLBACK)


def texts(widget: Widget, words: Words, language: str) -> dict[str, str]:
    """All phrases: the admin's words, else our own; what a language lacks, in the default language."""
    default = Language.objects.filter(is_default=True).values_list("code", flat=True).first() or FALLBACK
    found: dict[str, str] = {}
    for code in (FALLBACK, default, language):
        found |= own(words, code)
        found |= {key: text for key, text in widget.texts.get(code, {}).items() if text and key in found}
    return found


def own(words: Words, language: str) -> Mapping[str, str]:
    """Our own words in a language, or in its base (`de` for `de-at`); empty where we do not speak it."""
    return words.get(language.lower()) or words.get(language.lower().split("-")[0]) or {}


def direction(language: str) -> str:
    """`rtl` or `ltr`, as HTML's `dir`."""
    try:
        return "rtl" if get_language_info(language)["bidi"] else "ltr"
    except KeyError:
        return "ltr"


def _accepted(header: str) -> list[str]:
    return [code for code, _quality in parse_accept_lang_header(header[:500])]


def _with_bases(codes: Iterable[str]) -> Iterable[str]:
    """Each code, then its base: `de-at`, `de`."""
    for code in codes:
        yield code
        yield code.split("-")[0]
