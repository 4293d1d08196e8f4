"""What a machine can check in templates, styles and scripts: size, nothing inline or foreign, contrast."""

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.loader import get_template
from pytest_django import Settings

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
IDENTIFY = STATIC / "widget" / "identify.js"
APPS = ("helpdesk", "channels_custom", "identification", "rules")


def _files(pattern: str) -> list[Path]:
    """Our own files of a kind, in the project's folders and in those of its apps."""
    folders = [ROOT / "templates", STATIC, *(ROOT / app for app in APPS)]
    found = {path for folder in folders for path in folder.rglob(pattern)}
    return sorted(path for path in found if STATIC / "vendor" not in path.parents)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# Sizes


def test_the_identification_script_stays_under_three_kilobytes() -> None:
    assert len(gzip.compress(IDENTIFY.read_bytes(), 9)) <= 3072


# Nothing inline: the policy forbids it, and a browser would only say so in its console


class Inline(HTMLParser):
    """Collects what a strict Content-Security-Policy does not run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        data = (names.get("type") or "").endswith("json")
        if tag == "style" or (tag == "script" and "src" not in names and not data):
            self.found.append(f"<{tag}> in line {self.getpos()[0]}")
        for name, value in attrs:
            text = (value or "").lstrip()
            handler = name.startswith(("on", "hx-on")) and text
            if name == "style" or handler or text.startswith(("js:", "javascript:")):
                self.found.append(f"{name}={value!r} in line {self.getpos()[0]}")


def _inline(template: str) -> list[str]:
    """What is inline in a template, once the template's own tags are taken out (line breaks stay)."""
    html = re.sub(r"\{% comment.*?endcomment %\}|\{[%{#].*?[#}%]\}", _blank, template, flags=re.S)
    parser = Inline()
    parser.feed(re.sub(r"<\s+(?=\w)", "<", html))  # where the name of the element is chosen by a tag
    return parser.found


def _blank(tag: re.Match[str]) -> str:
    return " " + "\n" * tag[0].count("\n")


@pytest.mark.parametrize("path", _files("*.html"), ids=_name)
def test_a_template_has_no_inline_script_style_or_handler(path: Path) -> None:
    assert _inline(path.read_text()) == []


@pytest.mark.parametrize(
    "bad",
    [
        '<p style="color:red">',
        "<style>p{}</style>",
        "<script>go()</script>",
        '<script type="module">go()</script>',
        '<a {% if x %}onclick="go()"{% endif %}>',
        '<a hx-on:click="go()">',
        "<a hx-vals='js:{a: b()}'>",
    ],
)
def test_the_check_for_inline_things_finds_them(bad: str) -> None:
    assert _inline(f"{{% load static %}}\n{bad}") != []


@pytest.mark.parametrize(
    "good",
    [
        '<script src="{{ x }}"></script>',
        '<script type="application/json">{}</script>',
        '<p {% if x %}one{% endif %} class="style">on=1</p>',
    ],
)
def test_the_check_for_inline_things_leaves_the_rest_alone(good: str) -> None:
    assert _inline(good) == []


# Scripts


@pytest.mark.parametrize("path", _files("*.js"), ids=_name)
def test_a_script_writes_no_html_and_runs_no_text(path: Path) -> None:
    html = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setAttribute\(['\"]style"
    assert re.findall(html + r"|\beval\s*\(|new Function", path.read_text()) == []


@pytest.mark.parametrize("path", _files("*.js"), ids=_name)
def test_a_script_has_no_star_exports(path: Path) -> None:
    """Django 5.2 hashes the name in `export * from` twice, and the address leads nowhere."""
    assert not re.search(r"export\s*\*", path.read_text())


def test_the_identification_script_stores_nothing() -> None:
    assert not re.search(r"\.cookie|localStorage|sessionStorage|indexedDB", IDENTIFY.read_text())


@pytest.mark.parametrize("path", _files("*.css"), ids=_name)
def test_a_style_sheet_asks_no_other_host(path: Path) -> None:
    assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//", path.read_text())


# Contrast, by WCAG 2.2: 4.5 for text, 3 for the outlines of controls

LIGHT_DARK = re.compile(r"--([\w-]+):\s*light-dark\((#\w{6}),\s*(#\w{6})\)")
SHEET = (STATIC / "css" / "tokens.css").read_text()
TOKENS = {name: (light, dark) for name, light, dark in LIGHT_DARK.findall(SHEET)}
PAIRS = {
    "text": "bg surface surface-2 surface-3 accent-soft note note-border",
    "text-2": "bg surface surface-2 surface-3 accent-soft",
    "text-3": "bg surface surface-2 accent-soft",
    "link": "bg surface surface-2 accent-soft note",
    "on-solid": "accent-solid accent-solid-hover danger-solid danger-solid-hover",
    "ok": "ok-soft surface surface-2",
    "warn": "warn-soft surface",
    "danger": "danger-soft surface surface-2 bg",
    "note-text": "note surface",
}
OUTLINES = {"border-strong": "surface surface-2 bg", "link": "surface-3"}


def _pairs(table: dict[str, str]) -> list[tuple[str, str, int]]:
    """Front, back and scheme (0 light, 1 dark) of each pair."""
    return [(front, back, scheme) for front in table for back in table[front].split() for scheme in (0, 1)]


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _contrast(one: str, two: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(two)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_the_standard_does() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("front", "back", "scheme"), _pairs(PAIRS))
def test_text_can_be_read(front: str, back: str, scheme: int) -> None:
    assert _contrast(TOKENS[front][scheme], TOKENS[back][scheme]) >= 4.5


@pytest.mark.parametrize(("front", "back", "scheme"), _pairs(OUTLINES))
def test_controls_can_be_seen(front: str, back: str, scheme: int) -> None:
    assert _contrast(TOKENS[front][scheme], TOKENS[back][scheme]) >= 3


def test_the_identification_script_uses_the_colours_of_the_desk() -> None:
    used = re.findall(r"light-dark\((#\w+),(#\w+)\)", IDENTIFY.read_text())
    assert used
    assert {(_long(light), _long(dark)) for light, dark in used} <= set(TOKENS.values())


def _long(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])


# Pages


@pytest.mark.parametrize("name", ["403.html", "403_csrf.html", "404.html", "500.html"])
def test_an_error_page_needs_nothing_from_the_view(settings: Settings, name: str) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    page = get_template(name).render()
    assert name.partition(".")[0].partition("_")[0] in page
    assert 'href="/static/css/tokens.css"' in page
