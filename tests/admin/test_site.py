"""The admin as a whole: its sections, no link that leads nowhere, nothing secret on any page."""

import re
from collections import deque
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.serializers import serialize

from helpdesk.cases.models import Label
from helpdesk.users.models import Company
from identification import keys as signing_keys
from rules import services as rules
from rules.drafts import Draft, Step
from tests import world

SECTIONS = {
    "Channels": ["Widgets", "Custom channels"],
    "Team": ["Agents", "Groups", "Roles", "Statuses of agents"],
    "Rules": ["New cases", "Updated cases", "Time", "Pauses", "Macros"],
    "Companies": ["Companies"],
    "Settings": [
        *("Localization", "Business hours", "Custom fields", "Labels", "API Integration", "Shared addresses"),
        *("Webhooks", "API documentation", "API keys", "Signing keys"),
    ],
}


@pytest.fixture
def full_desk(ada, settings):
    """One row of everything, and the secrets that were made with them."""
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    ann = world.agent()
    channel = world.messenger("http://127.0.0.1:9/hook")
    world.group().agents.add(ann)
    world.tariff()
    Label.objects.create(title="refund")
    Company.objects.create(name="Acme")
    for name in ("new", "updated"):
        rules.save(Draft(name, f"A rule for {name}", actions=(Step("add_note", {"text": "look"}),)), by=None)
    _key, signing = signing_keys.make("Shop", by=ada)
    return {"channel": channel.secret, "api": world.api_key(ann), "signing": signing}


def crawl(admin, start: str = "/admin/") -> dict[str, str]:
    """{address: html} of every page that links lead to, without leaving the admin."""
    found: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        address = waiting.popleft()
        if address in found:
            continue
        page = admin.open(address)
        assert page.status == 200, address
        found[address] = page.html
        for link in page.read.links:
            url = urlsplit(urljoin(address, link))
            if not url.netloc and url.path.startswith("/admin/") and not sorting(url.query):
                waiting.append(url._replace(fragment="").geturl())
    return found


def sorting(query: str) -> bool:
    """The same list in another order: there is no end of these."""
    return bool(re.search(r"(^|&)o=", query))


def test_the_sections_stand_in_their_order_with_a_sentence_for_each_page(admin):
    html = admin.open("").html
    cards = re.findall(r'<section class="app-section">\s*<h2>(.*?)</h2>(.*?)</section>', html, re.S)
    assert {title: re.findall(r'class="page-link"[^>]*>(.*?)<', card) for title, card in cards} == SECTIONS
    assert [card.count('class="hint"') for _title, card in cards] == [len(pages) for pages in SECTIONS.values()]


@pytest.mark.usefixtures("full_desk")
def test_no_link_of_the_admin_leads_nowhere(admin):
    found = crawl(admin)
    for app, model in (("users", "agent"), ("channels_custom", "customchannel"), ("identification", "signingkey")):
        for page in ("", "add/", r"\d+/change/", r"\d+/history/"):
            assert [address for address in found if re.fullmatch(f"/admin/{app}/{model}/{page}", address)], page
    assert len(found) > 50


def test_links_out_of_the_admin_lead_somewhere(admin):
    for link in admin.open("users/agent/").read.links:
        if not link.startswith(("/admin/", "#", "?")):
            assert admin.open(link).status == 200, link


def test_the_pages_of_an_app_that_old_links_name_are_there(admin):
    assert "Agents" in admin.open("users/").text


def test_what_is_not_set_up_in_the_admin_has_no_page(admin):
    for path in ("cases/case/", "cases/message/", "users/person/", "users/profile/", "auth/group/", "sites/site/"):
        assert admin.open(path).status == 404


def test_nothing_secret_is_on_any_page_in_the_history_or_in_a_message(admin, full_desk):
    """Also after everything was saved once more."""
    for listed in [link for link in admin.open("").read.links if re.fullmatch(r"/admin/\w+/\w+/", link)]:
        for address in {link for link in admin.open(listed).read.links if re.fullmatch(rf"{listed}\d+/change/", link)}:
            page = admin.open(address)
            page.send("_continue" if "_continue" in page.read.buttons else "_save")
    assert LogEntry.objects.count() > 10
    pages = crawl(admin)
    kept = serialize("json", LogEntry.objects.all()) + str([row.get_decoded() for row in Session.objects.all()])
    for name, secret in full_desk.items():
        shown = [address for address, html in pages.items() if secret in html]
        assert shown == [], name
        assert secret not in kept, name


def test_secrets_that_are_made_in_the_admin_are_on_one_page_only(admin, ada, settings):
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    made = []
    made.append(admin.open("channels_custom/customchannel/add/").send(title="Messenger"))
    made.append(made[0].send("_rotate"))
    made.append(admin.open("users/apikey/add/").send(name="Shop", agent=ada.pk, scope="read"))
    made.append(admin.open("identification/signingkey/add/").send(title="Shop"))
    made.append(admin.open("users/agent/add/").send(name="Ann", email="ann@example.com"))
    secrets = [page.secret for page in made]
    assert len(set(secrets)) == 5
    pages = crawl(admin)
    kept = serialize("json", LogEntry.objects.all()) + str(dict(admin.client.session))
    for secret in secrets:
        assert [address for address, html in pages.items() if secret in html] == []
        assert secret not in kept


def test_deleting_in_bulk_is_not_offered(admin, full_desk):
    page = admin.open("cases/label/")
    assert "_selected_action" not in page.html
    admin.client.post(
        "/admin/cases/label/",
        {"action": "delete_selected", "_selected_action": [Label.objects.get().pk], "post": "yes"},
    )
    assert Label.objects.count() == 1
