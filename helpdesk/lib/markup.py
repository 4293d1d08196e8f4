"""Markup of strangers: the harmless part of HTML, and the way from text to HTML and back."""

import re
from collections.abc import Iterable
from html import escape
from html.parser import HTMLParser

import nh3

_TAGS = frozenset(
    re.findall(
        r"\w+",
        "a abbr b blockquote br caption cite code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i ins kbd li mark "
        "ol p pre q s samp small span strong sub sup table tbody td tfoot th thead tr u ul var",
    )
)
# HTML opens these again in each paragraph until they are closed, so that 24 kB became 14 MB. For the first
# reading they get names that nothing opens again.
_FORMATTING = frozenset(re.findall(r"\w+", "a b big code em font i nobr s small strike strong tt u"))
_FORMATTING_TAG = re.compile(rf"<(/?)({'|'.join(_FORMATTING)})(?=[\s/>])", re.IGNORECASE)
_RENAMED_TAG = re.compile(r"<(/?)x-([a-z]+)")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_NOT_NESTED = frozenset(re.findall(r"\w+", "br col dd dt hr img input li link meta option p td th tr wbr"))
_MAX_DEPTH = 500  # the parser's time grows with the square of it


def _cleaner(tags: Iterable[str], link: str, rel: str | None) -> nh3.Cleaner:
    spans = {"colspan", "rowspan"}
    return nh3.Cleaner(
        tags=set(tags),
        attributes={"*": set(), link: {"href"}, "td": spans, "th": spans},
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",  # a stranger's link must not lead to a page of ours, such as /logout
        link_rel=rel,
    )


_FIRST = _cleaner({f"x-{tag}" if tag in _FORMATTING else tag for tag in _TAGS}, "x-a", None)
_SECOND = _cleaner(_TAGS, "a", "noopener noreferrer nofollow")

_LINK = re.compile(r"https?://[^\W_][^\s<>\"'`]{0,2000}", re.IGNORECASE)
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_BREAK = re.compile(r"\r\n|\r|\n")


def clean_html(html: str) -> str:
    """The harmless part: text, structure, and links to absolute http, https and mailto addresses.

    Markup nested deeper than anyone writes becomes plain text.
    """
    html = _FORMATTING_TAG.sub(r"<\1x-\2", html)
    if _depth(html) > _MAX_DEPTH:
        html = _without_tags(html)
    return _SECOND.clean(_RENAMED_TAG.sub(r"<\1\2", _FIRST.clean(html)))


def _depth(html: str) -> int:
    """How deep elements are nested, about."""
    depth = deepest = 0
    for slash, name in _TAG.findall(html):
        if name.lower() not in _NOT_NESTED:
            depth = max(0, depth + (-1 if slash else 1))
            deepest = max(deepest, depth)
    return deepest


def _without_tags(html: str) -> str:
    end = html.rfind(">") + 1  # behind it each "<" would look for an end that is not there
    return re.sub(r"<[^>]*>", " ", html[:end]) + html[end:]


def text_to_html(text: str) -> str:
    """The text as HTML that `clean_html` leaves as it is: escaped, with links and line breaks."""
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        link = _trimmed(match[0])
        parts += [escape(text[end : match.start()]), f'<a href="{escape(link)}">{escape(link)}</a>']
        end = match.start() + len(link)
    parts.append(escape(text[end:]))
    return clean_html(_BREAK.sub("<br>", "".join(parts)))


def html_to_text(html: str) -> str:
    """The text of an HTML fragment: blocks on lines of their own, "- " before items, links in brackets."""
    # Cleaned first: Python's parser takes quadratic time over malformed markup, and scripts are not text.
    reader = _Reader()
    reader.feed(clean_html(html))
    reader.close()
    return reader.text()


def _trimmed(link: str) -> str:
    """The link without the punctuation of the sentence around it."""
    while link:
        last = link[-1]
        opener = _CLOSERS.get(last)
        if last not in ".,;:!?*_~" and not (opener and link.count(last) > link.count(opener)):
            break
        link = link[:-1]
    return link


# Tags that begin on a new line, and how many line ends stand before and after them.
_BLOCKS = dict.fromkeys(("dd", "div", "dl", "dt", "hr", "li", "tr"), 1)
_BLOCKS |= dict.fromkeys(("blockquote", "caption", "h1", "h2", "h3", "h4", "h5", "h6"), 2)
_BLOCKS |= dict.fromkeys(("ol", "p", "pre", "table", "ul"), 2)
_BULLET = "- "


class _Reader(HTMLParser):
    """Collects the text of cleaned HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._breaks = 0
        self._pre = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break(tag)
        self._pre += tag == "pre"
        if tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._parts)))
        if tag == "li":
            self._add(_BULLET)
        if tag in {"td", "th"}:
            self._add(" ")

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        self._pre -= tag == "pre"
        if tag == "a" and self._links:
            href, start = self._links.pop()
            href = href.removeprefix("mailto:")
            if href and href not in "".join(self._parts[start:]):
                self._add(f" ({href})")

    def handle_data(self, data: str) -> None:
        self._add(data if self._pre else re.sub(r"\s+", " ", data))

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in "".join(self._parts).split("\n")).strip()

    def _break(self, tag: str) -> None:
        if tag == "br":
            self._parts.append("\n")
        elif self._parts[-1:] != [_BULLET]:
            self._breaks = max(self._breaks, _BLOCKS.get(tag, 0))

    def _add(self, text: str) -> None:
        new_line = bool(self._breaks) or not self._parts or self._parts[-1].endswith(("\n", " "))
        if new_line and not self._pre:
            text = text.lstrip()
        if not text:
            return
        if self._breaks and self._parts:
            self._parts.append("\n" * self._breaks)
        self._breaks = 0
        self._parts.append(text)
