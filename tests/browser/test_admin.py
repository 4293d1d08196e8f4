"""The admin in Chromium with the production policy: every page light and dark, wide and narrow, and by hand."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from channels_custom import services as channels
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Label
from helpdesk.channels.models import Language
from helpdesk.outbox.models import Attempt, Job
from helpdesk.users.models import Agent, ApiKey, Company, CustomField
from identification import keys as signing_keys
from rules import services as rules
from rules.drafts import Draft, Step
from tests import world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.fixture
def full_desk(transactional_db: None) -> Agent:
    """One row of everything; the channel has been switched off, so that its page has all there is to say."""
    ada = world.admin()
    Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})
    channel = world.messenger("https://example.com/hook")
    delivered_and_not(channel)
    channels.switch_off(channel, "The server answered 410 Gone.", by=None)
    world.agent(sees=[channel.channel_ptr], groups=[world.group()])
    world.tariff()
    world.api_key(ada)
    CustomField.objects.create(key="size", title="Size", level="company", kind="date")
    Label.objects.create(title="refund")
    Company.objects.create(name="Acme")
    signing_keys.make("Shop", by=ada)
    rules.save(Draft("new", "Greet", actions=(Step("add_note", {"text": "look"}),)), by=None)
    return ada


def delivered_and_not(channel: CustomChannel) -> None:
    """An answer that waits after a failed try, and one try that went well."""
    bob = world.customer(channel)
    case = world.says(bob, "hello").case
    message = cases.reply(case, "good morning", by=None)
    job = Job.objects.get(message_id=message.pk)
    log = {"job": job, "group": channel.lane_group, "address": channel.webhook_url, "seconds": 0.2}
    now = timezone.now()
    Attempt.objects.create(**log, number=1, started_at=now, ok=False, status=503, error="Down.", head="Try later")
    Attempt.objects.create(**log, number=2, started_at=now, ok=True, status=200)
    cases.retrying(message.pk, attempts=1, at=now, problem="Down.")


def pages(page: Page) -> list[str]:
    """The start page, the recipes, and for each link of the start page: the list, the page to add, the first row's."""
    links = page.locator("a.page-link").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    found = ["/admin/", "/admin/rules/recipes/", "/admin/rules/recipes/identification/"]
    for link in (link for link in links if link.startswith("/admin/")):
        found.append(link)
        page.goto(link)
        rows = page.locator("#result_list a[href*='/change/']")
        adds = page.locator(".object-tools a.addlink")
        found += [adds.first.get_attribute("href") or ""] if adds.count() else []
        if rows.count():
            row = re.sub(r"\?.*", "", rows.first.get_attribute("href") or "")
            found.append(row)
            page.goto(row)
            deliveries = page.locator(".object-tools a[href$='/deliveries/']")
            if deliveries.count():
                found.append(deliveries.get_attribute("href") or "")
                found.append(f"{found[-1]}{Job.objects.filter(kind='webhook').latest('pk').pk}/")
            delete = page.locator("a.deletelink")
            found += [delete.get_attribute("href") or ""] if delete.count() else []
            if not any("/history/" in address for address in found):  # they look alike
                found.append(row.replace("/change/", "/history/"))
    return [re.sub(r"\?.*", "", address) for address in found]


def faults(page: Page, *rules: str) -> list[str]:
    """What axe finds, by these rules or by all; without "preload", for which it would write styles into the page."""
    only = {"runOnly": list(rules)} if rules else {}
    found = Axe().run(page, options={"preload": False, **only}).response["violations"]
    return [f"{page.url} {rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]


@pytest.mark.slow
def test_every_page_is_accessible_in_light_and_dark(open_desk: Open, full_desk: Agent) -> None:
    page = open_desk(full_desk, "/admin/")
    addresses = pages(page)
    assert len(addresses) > 35
    found = []
    for address in addresses:
        page.emulate_media(color_scheme="light")
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        light = page.evaluate(BACKGROUND)
        found += faults(page)
        page.emulate_media(color_scheme="dark")
        page.reload()
        assert page.evaluate(BACKGROUND) != light
        found += faults(page, "color-contrast")  # nothing else depends on colours
    assert found == []


@pytest.mark.slow
def test_no_page_is_wider_than_a_phone(open_desk: Open, full_desk: Agent) -> None:
    page = open_desk(full_desk, "/admin/", viewport=PHONE)
    wide = []
    for address in pages(page):
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            wide.append(address)
    assert wide == []


def test_a_form_with_mistakes_is_accessible_too(open_desk: Open, full_desk: Agent) -> None:
    page = open_desk(full_desk, "/admin/channels_custom/customchannel/add/")
    page.get_by_label("Webhook URL").fill("http://10.0.0.1/hook")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("it does not lead to the public internet")).to_be_visible()
    expect(page.get_by_label("Webhook URL")).to_have_value("http://10.0.0.1/hook")
    assert faults(page) == []


def test_an_admin_makes_a_channel_and_copies_its_secret(open_desk: Open, full_desk: Agent) -> None:
    page = open_desk(full_desk, "/admin/", **CLIPBOARD)
    page.get_by_role("link", name="Add: Custom channels").click()
    page.get_by_label("Title").fill("Portal")
    page.get_by_label("Webhook URL").fill("https://example.com/answers")
    page.get_by_role("checkbox", name="Ann").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/change/$"))
    expect(page.get_by_text("it is not shown again")).to_be_visible()
    portal = CustomChannel.objects.get(title="Portal")
    page.locator(".shown-once").get_by_role("button", name="Copy").click()
    expect(page.locator(".shown-once").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == portal.secret
    assert faults(page) == []
    page.reload()
    expect(page.get_by_text("it is not shown again")).to_have_count(0)
    expect(page.locator("#channel-key")).to_have_text(f"cch{portal.pk}")
    assert portal.secret not in page.content()


def test_an_admin_makes_the_tariff_field(open_desk: Open, full_desk: Agent) -> None:
    """The key is written from the title while the admin types."""
    CustomField.objects.all().delete()
    page = open_desk(full_desk, "/admin/users/customfield/add/")
    page.get_by_label("Title").press_sequentially("Tariff")
    expect(page.get_by_role("textbox", name="Key")).to_have_value("tariff")
    page.get_by_label("Type").select_option(label="Dropdown")
    page.get_by_label("Choices").fill("Standard\nVIP\nNo account")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#result_list")).to_contain_text("Tariff")
    assert [one["title"] for one in CustomField.objects.get().choices] == ["Standard", "VIP", "No account"]


def test_an_admin_makes_a_key_for_a_program(open_desk: Open, full_desk: Agent) -> None:
    ApiKey.objects.all().delete()
    page = open_desk(full_desk, "/admin/users/apikey/add/")
    page.get_by_label("Name").fill("Bridge")
    page.get_by_label("Acts for").select_option(label="Ann")
    page.get_by_label("Only one custom channel").check()
    page.get_by_label("Custom channel", exact=True).select_option(label="Messenger")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#shown-once-secret")).to_contain_text("hd_")
    key = ApiKey.objects.get()
    assert (key.scopes, key.channel_id) == (["channel"], CustomChannel.objects.get().pk)


def test_who_is_done_signs_out_by_a_button(open_desk: Open, full_desk: Agent) -> None:
    page = open_desk(full_desk, "/admin/")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.goto("/admin/")
    expect(page).to_have_url(re.compile("/accounts/login/.next="))
