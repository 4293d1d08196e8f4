"""The identification story in Chromium: the messenger, the customer account and Ann's inbox, side by side.

The product runs as a newcomer starts it (`manage.py up --demo`), on the database of this profile.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import servers
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
# Milliseconds: a busy machine with two cores.
PATIENCE = 20_000

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Product:
    """The running product. facts: what `manage.py demo --json` prints."""

    url: str
    facts: dict[str, Any]


def surroundings(folder: Path, port: int) -> dict[str, str]:
    """A desk of its own: the database server and Redis of this profile, but a database of its own."""
    url = os.environ.get("DATABASE_URL", "")
    own = {"DATA_DIR": str(folder), "PUMP": "on", "DEMO": "1", "BASE_URL": f"http://localhost:{port}"}
    own["EGRESS_ALLOW_NETWORKS"] = f"127.0.0.0/8:{port} [::1/128]:{port}"
    if url:
        own["DATABASE_URL"] = servers.with_database(url, "story")
    return {**os.environ, "PYTHONUNBUFFERED": "1", **own}


def manage(environment: dict[str, str], *words: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *words]


def own_database() -> None:
    """An empty database beside the tests' own, on PostgreSQL."""
    import psycopg  # noqa: PLC0415 (needed on this profile only)

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS story WITH (FORCE)")
        connection.execute("CREATE DATABASE story")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder, port = tmp_path_factory.mktemp("story"), servers.free_port()
    environment = surroundings(folder, port)
    if os.environ.get("DATABASE_URL"):
        own_database()
    with (folder / "log").open("wb") as log:
        words = manage(environment, "up", "--demo", "--no-input", "--port", str(port))
        process = subprocess.Popen(words, env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            wait_for(lambda: healthy(port) or process.poll() is not None, 120, pause=0.2)
            assert process.poll() is None, (folder / "log").read_text()[-3000:]
            words = manage(environment, "demo", "--json")
            told = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, check=True)
            yield Product(f"http://localhost:{port}", json.loads(told.stdout))
        finally:
            process.terminate()
            process.wait(30)


def healthy(port: int) -> bool:
    try:
        return requests.get(f"http://localhost:{port}/healthz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


class Guard:
    """Fails a page that asks another host, or says an error on its console: no request out, no broken CSP."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.wrong: list[str] = []

    def watch(self, page: Page) -> Page:
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self._request(request.url))
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.wrong.append(f"page error: {error}"))
        return page

    def _request(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.wrong.append(f"foreign host: {url}")

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.wrong.append(f"console: {text}")


@pytest.fixture
def guard(product: Product) -> Iterator[Guard]:
    guard = Guard(product.url)
    yield guard
    assert guard.wrong == []


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One browser with the right to use the clipboard, as a person has who clicks."""
    context = browser.new_context(locale="en-GB", reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


def sign_in(page: Page, product: Product) -> None:
    ann = next(one for one in product.facts["agents"] if one["email"].startswith("ann"))
    page.goto(f"{product.url}/accounts/login/")
    page.fill("input[name=login]", ann["email"])
    page.fill("input[name=password]", ann["password"])
    page.click("form button[type=submit]")
    expect(page.get_by_role("heading", name="Open")).to_be_visible()


def say(phone: Page, text: str) -> None:
    phone.fill("#text", text)
    phone.press("#text", "Enter")
    expect(phone.locator("li.bubble.mine").last).to_contain_text(text.strip()[:30])


def answers(phone: Page, count: int) -> str:
    """The last answer, once there are that many."""
    expect(phone.locator("li.bubble.theirs")).to_have_count(count)
    return phone.locator("li.bubble.theirs .box p").last.inner_text()


def no_violations(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []


def test_bob_is_asked_identifies_himself_by_the_widget_and_gets_anns_answer(product, context, guard):  # noqa: PLR0915
    inbox, phone, account = (guard.watch(context.new_page()) for _ in range(3))
    sign_in(inbox, product)
    phone.goto(f"{product.url}/demo/messenger/")
    say(phone, "hello")
    asked = answers(phone, 1)
    assert "code" in asked
    expect(inbox.locator(".row[id^=row-]:not(#row-none)")).to_have_count(0)
    say(phone, "what code?")
    answers(phone, 2)
    say(phone, "ID-AAAA2-AAAA2")
    assert answers(phone, 3) != asked

    account.goto(f"{product.url}/demo/account/")
    account.bring_to_front()
    account.locator("button.deskie-identifier-widget").click()
    dialog = account.locator("dialog[open]")
    expect(dialog).to_contain_text(re.compile(r"ID-[0-9A-Z]{5}-[0-9A-Z]{5}"))
    code = re.search(r"ID-[0-9A-Z]{5}-[0-9A-Z]{5}", dialog.inner_text())
    assert code is not None
    dialog.get_by_role("button", name=re.compile("copy", re.I)).click()
    assert account.evaluate("navigator.clipboard.readText()") == code[0]
    no_violations(account)

    say(phone, code[0].lower().replace("-", " "))
    assert "Bob" in answers(phone, 4)
    row = inbox.locator("li.row")
    expect(row).to_have_count(1)
    expect(row.locator(".mark.proven")).to_be_visible()
    row.locator("a").click()
    expect(inbox.locator("#panel, .panel").first).to_contain_text("VIP")
    expect(inbox.locator(".thread")).not_to_contain_text(code[0])
    no_violations(inbox)

    inbox.get_by_role("textbox", name="Reply to").fill("Hello Bob, how can I help?")
    inbox.get_by_role("button", name="Send").click()
    assert answers(phone, 5) == "Hello Bob, how can I help?"
    expect(inbox.locator(".delivery").last).to_have_attribute("data-state", "delivered")
    no_violations(phone)


def test_carol_has_no_account_at_first_and_a_code_by_the_api_later(product, context, guard):
    phone, account = (guard.watch(context.new_page()) for _ in range(2))
    phone.goto(f"{product.url}/demo/messenger/")
    phone.get_by_role("link", name=re.compile("Carol")).click()
    say(phone, "Hi there")
    answers(phone, 1)
    say(phone, "I don't have an account")
    answers(phone, 2)
    say(phone, "start")
    answers(phone, 3)
    account.goto(f"{product.url}/demo/account/")
    account.get_by_text("Sign in as somebody else").click()
    account.get_by_role("button", name="Open an account for Carol").click()
    account.get_by_role("button", name="Ask the API for a code").click()
    expect(account.locator("#code-text")).to_contain_text(re.compile(r"ID-"))
    say(phone, account.locator("#code-text").inner_text())
    assert "Carol" in answers(phone, 4)
