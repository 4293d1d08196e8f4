"""Pages of the admin as a browser without scripts handles them: what stands in a form is what is sent."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

Values = dict[str, list[str]]


class Reader(HTMLParser):
    """Collects the inputs of the page's form, the links, and the text that people see, word by word."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.values: Values = {}
        self.buttons: set[str] = set()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.words: list[str] = []
        self.errors: dict[str, str] = {}
        self.select: tuple[str, bool] | None = None
        self.textarea: str | None = None
        self.row: str | None = None
        self.error_depth = 0

    def handle_starttag(self, tag: str, pairs: Any) -> None:
        attrs = dict(pairs)
        self.ids.add(attrs.get("id") or "")
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag == "form":
            self.inside = attrs.get("id", "").endswith(self.form_id) if self.form_id else True
        classes = (attrs.get("class") or "").split()
        if tag == "div" and "form-row" in classes:
            self.row = next((name[6:] for name in classes if name.startswith("field-")), None)
        if tag == "ul" and "errorlist" in classes:
            self.error_depth = 1
        elif tag == "ul" and self.error_depth:
            self.error_depth += 1
        if self.inside and attrs.get("name"):
            self._input(tag, attrs)
        if tag == "option" and self.select:
            self._option(*self.select, attrs)

    def _input(self, tag: str, attrs: dict[str, Any]) -> None:
        kind, name = attrs.get("type", "text"), attrs["name"]
        if tag == "select":
            self.select = (name, "multiple" in attrs)
        elif tag == "textarea":
            self.textarea = name
            self._add(name, "")
        elif tag == "input" and kind == "submit":
            self.buttons.add(name)
        elif tag == "input" and (kind not in {"checkbox", "radio"} or "checked" in attrs):
            self._add(name, attrs.get("value") or ("on" if kind == "checkbox" else ""))

    def _option(self, name: str, multiple: bool, attrs: dict[str, Any]) -> None:
        """Of a select that shows one, the first is sent if no other was chosen."""
        first = not multiple and name not in self.values
        if "selected" in attrs and not multiple:
            self.values[name] = []
        if "selected" in attrs or first:
            self._add(name, attrs.get("value", ""))

    def _add(self, name: str, value: str) -> None:
        self.values.setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = None
        if tag == "textarea" and self.textarea:
            text = self.values[self.textarea][-1]
            self.values[self.textarea][-1] = text.removeprefix("\n")  # as HTML reads it
            self.textarea = None
        if tag == "form":
            self.inside = False
        if tag == "ul" and self.error_depth:
            self.error_depth -= 1

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.values[self.textarea][-1] += data
        if self.error_depth and self.row:
            self.errors[self.row] = f"{self.errors.get(self.row, '')} {data}".strip()
        self.words += data.split()


@dataclass
class Page:
    """A page that was answered: its status, text, links, and the form with its values."""

    client: Client
    address: str
    status: int
    html: str
    read: Reader = field(repr=False)

    @property
    def text(self) -> str:
        return " ".join(self.read.words)

    @property
    def secret(self) -> str:
        """What is shown this once. Raises AssertionError where nothing is."""
        found = re.search(r'id="shown-once-secret"[^>]*>([^<]+)<', self.html)
        assert found, f"no secret on {self.address}"
        return found[1]

    @property
    def errors(self) -> dict[str, str]:
        """{field: what is wrong with it}"""
        return self.read.errors

    @property
    def values(self) -> Values:
        return self.read.values

    def shows(self, *names: str) -> list[Any]:
        """The values of these inputs: one where there is one, else a list."""
        found = [self.values.get(name, []) for name in names]
        return [one[0] if len(one) == 1 else one for one in found]

    def send(self, button: str = "_save", **changed: Any) -> "Page":
        """Sends the form with some inputs changed (None: left out) by this button, and follows to the next page."""
        if button not in self.read.buttons:
            raise AssertionError(f"there is no button {button} on {self.address}: {sorted(self.read.buttons)}")
        values: dict[str, Any] = {**self.values, **changed, button: "1"}
        data = {name: value for name, value in values.items() if value is not None}
        return page(self.client, self.client.post(self.address, data, follow=True), self.address)


def page(client: Client, response: Any, address: str) -> Page:
    for address, _status in getattr(response, "redirect_chain", []):  # noqa: B007 (the last one)
        pass
    html = response.content.decode()
    read = Reader("_form")
    read.feed(html)
    return Page(client, address, response.status_code, html, read)


class Admin:
    """Somebody in the admin: `admin.open("users/agent/add/")`."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def open(self, path: str) -> Page:
        address = path if path.startswith("/") else f"/admin/{path}"
        return page(self.client, self.client.get(address, follow=True), address)
