"""User data from the company's own database, on screen: the admin tries a look-up, the agent asks again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django import Settings

from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.users.models import Person, Profile
from identification.models import LookUp, LookUpResult
from identification.services.look_up_states import Remembered
from tests import world
from tests.identification import databases
from tests.identification.databases import JOHN, Database

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
SECRET = "Bearer kakadu-singt"
LOOKS = pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)])


@pytest.fixture
def there(settings: Settings) -> Iterator[Database]:
    """The company's server, which knows a plan for each user."""
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    with databases.database() as made:
        made.answer = {**JOHN, "plan": {"name": "VIP"}}
        yield made
    Remembered.forget()


@pytest.fixture
def channel(transactional_db: None) -> CustomChannel:
    return world.messenger()


@pytest.fixture
def look_up(channel: CustomChannel, there: Database) -> LookUp:
    """With one result: Bob has written and was looked up, before the server knew of plans."""
    world.tariff()
    made = databases.of(
        channel, there.url, headers={"Authorization": SECRET}, mapping=[{"path": "plan.name", "field": "tariff"}]
    )
    plans, there.answer = there.answer, JOHN
    cases.end_chat(world.says(world.customer(channel, "A-1001"), "hello").case, "open", by=None)
    databases.work()
    there.answer = plans
    return made


def page_of(look_up: LookUp, rest: str = "change") -> str:
    return f"/admin/identification/lookup/{look_up.pk}/{rest}/"


def size(width: int) -> dict[str, int]:
    return {"width": width, "height": 860}


def barriers(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than its window; "preload" would write styles into the page."""
    found = Axe().run(page, options={"preload": False}).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]] + ["wide"] * wide


def tried(page: Page) -> None:
    """Test on an id: A-1001."""
    page.get_by_role("link", name="Test on an id").click()
    page.get_by_label("Id", exact=False).last.fill("A-1001")
    page.get_by_role("button", name="Ask now").click()
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()


def test_an_admin_tries_a_look_up_and_reads_request_answer_and_what_would_change(
    open_desk: Open, look_up: LookUp, there: Database
) -> None:
    page = open_desk(world.admin(), page_of(look_up))
    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page.locator("#results tbody tr")).to_contain_text("A-1001")
    tried(page)
    assert there.lines == ["GET /users/A-1001"] * 2, "by the conversation, and by the test"
    expect(page.get_by_label("Request")).to_contain_text(there.server.url("/users/A-1001"))
    expect(page.get_by_label("Request")).to_contain_text("Authorization: ••••••")
    expect(page.get_by_label("Answer")).to_contain_text("TechCorp")
    expect(page.get_by_role("status")).to_have_text("The answer can be used.")
    row = page.get_by_role("row").filter(has_text="Tariff")
    expect(row.get_by_role("cell")).to_have_text(["–", "2"])
    assert "kakadu" not in page.content()
    assert LookUpResult.objects.count() == 1
    assert "tariff" not in Person.objects.get(profiles__address="A-1001").values


@LOOKS
def test_its_pages_are_accessible_and_fit(open_desk: Open, look_up: LookUp, scheme: Any, width: int) -> None:
    page = open_desk(world.admin(), page_of(look_up), color_scheme=scheme, viewport=size(width))
    expect(page.locator("#results tbody tr")).to_have_count(1)
    assert barriers(page) == []
    tried(page)
    assert barriers(page) == []


def beside(open_desk: Open, look_up: LookUp, **options: Any) -> Page:
    """Bob's case, as Ann sees it."""
    assert look_up.channel is not None
    ann = world.agent(sees=[look_up.channel])
    page = open_desk(ann, reverse("inbox:case", args=[Case.objects.get().number]), **options)
    expect(page.locator(".look-up")).to_contain_text("A-1001")
    return page


def test_an_agent_refreshes_what_the_database_says(open_desk: Open, look_up: LookUp, there: Database) -> None:
    page = beside(open_desk, look_up)
    expect(page.locator(".look-up .chip")).to_have_text("updated")
    there.status = 400
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator(".look-up .chip")).to_have_text("asking")
    databases.work()
    expect(page.locator(".look-up .chip")).to_have_text("unavailable")
    expect(page.locator(".look-up")).to_contain_text("User data unavailable (the server answered 400)")
    there.status, there.answer = 200, {**JOHN, "first_name": "Johnny"}
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator(".look-up .chip")).to_have_text("asking")
    databases.work()
    expect(page.locator(".look-up .chip")).to_have_text("updated")
    assert Profile.objects.get().person.name == "Johnny Doe"
    assert list(LookUpResult.objects.order_by("pk").values_list("asked_by", flat=True)) == ["", "Ann", "Ann"]


@LOOKS
def test_the_panel_is_accessible_and_fits(
    open_desk: Open, look_up: LookUp, there: Database, scheme: Any, width: int
) -> None:
    page = beside(open_desk, look_up, color_scheme=scheme, viewport=size(width))
    assert barriers(page) == []
