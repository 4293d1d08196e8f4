"""Beside the code: links that open a chat with the code in it."""

from typing import Any

import pytest
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.channels import links
from helpdesk.channels.models import Widget
from helpdesk.ops import exchange
from tests import world
from tests.admin.pages import Admin
from tests.identification.asking import BOB, ask

pytestmark = pytest.mark.django_db

GOOD = (
    "https://t.me/acme_bot?start={code}",
    "https://wa.me/4930123456?text=My%20code%3A%20{code}",
    "https://shop.example:8443/chat/{code}",
    "tg://resolve?domain=acme_bot&start={code}",
    "whatsapp://send?phone=4930123456&text={code}",
    "sms:+4930123456?body={code}",
)
BAD = (
    "https://t.me/acme_bot",
    "https://t.me/acme_bot?start={code}&again={code}",
    "http://t.me/acme_bot?start={code}",
    "javascript:alert('{code}')",
    "javascript://t.me/%0aalert({code})",
    "data:text/html,{code}",
    "JaVaScRiPt:{code}",
    "//t.me/{code}",
    "/chat/{code}",
    "https://{code}.example/",
    "https://bob:secret@t.me/{code}",
    "https://t.me@evil.example/{code}",
    "https:///{code}",
    "https://[::1/{code}",
    "https://t.me:99999/{code}",
    "https://t.me/a b?start={code}",
    'https://t.me/"onclick=x?start={code}',
    "https://t.me/<script>{code}",
    "https://t.me/\u202e{code}",
    "sms:{code}",
    "file:///etc/{code}",
    "{code}",
)


@pytest.mark.parametrize("template", GOOD)
def test_a_link_that_opens_a_chat_is_taken(template: str) -> None:
    assert links.check(f"  {template} ") == template


@pytest.mark.parametrize("template", BAD)
def test_anything_else_is_refused_in_words(template: str) -> None:
    with pytest.raises(links.BadTemplate) as refused:
        links.check(template)
    assert str(refused.value).endswith(".")


def test_what_is_put_in_is_encoded() -> None:
    assert links.fill("https://t.me/b?start={code}", "ID-7K3QF & more") == "https://t.me/b?start=ID-7K3QF%20%26%20more"


@pytest.fixture
def bot(messenger: CustomChannel) -> CustomChannel:
    messenger.link_template = "https://t.me/acme_bot?start={code}"
    messenger.save()
    return messenger


def test_the_widget_is_told_the_links_of_active_channels(site: Client, trusting: Widget, bot: CustomChannel) -> None:
    world.messenger(title="Off", link_template="https://off.example/{code}", active=False)
    world.messenger(title="Broken", link_template="javascript:{code}")
    answer = ask(site, trusting, BOB).json()
    url = f"https://t.me/acme_bot?start={answer['code']}"
    assert answer["links"] == [{"title": "Messenger", "url": url}]
    assert answer["confirm"] is False


def test_without_any_link_the_answer_is_as_ever(site: Client, trusting: Widget, messenger: CustomChannel) -> None:
    assert set(ask(site, trusting, BOB).json()) == {"code", "expires_in"}


def test_the_api_tells_them_too(bot: CustomChannel) -> None:
    client = Client(headers={"Authorization": f"Bearer {world.api_key(world.agent())}"})
    answer = client.post("/api/v1/identification_codes/", {"user": BOB}, content_type="application/json").json()
    assert answer["links"] == [{"title": "Messenger", "url": f"https://t.me/acme_bot?start={answer['code']}"}]


# --- the admin's page, and the file ---

LIST = "/admin/channels_custom/customchannel/"


@pytest.fixture
def admin(db: None) -> Admin:
    ada, client = world.admin(), Client()
    client.force_login(ada)
    return Admin(client)


def test_an_admin_sets_the_link_and_the_notices(admin: Admin, messenger: CustomChannel) -> None:
    page = admin.open(f"{LIST}{messenger.pk}/change/")
    assert "a message of the desk for each new link" in page.text
    page.send(link_template=" https://t.me/acme_bot?start={code} ", tells_links="on")
    messenger.refresh_from_db()
    assert (messenger.link_template, messenger.tells_links) == ("https://t.me/acme_bot?start={code}", True)
    page = admin.open(f"{LIST}{messenger.pk}/change/").send(link_template="", tells_links=None)
    messenger.refresh_from_db()
    assert (messenger.link_template, messenger.tells_links) == ("", False)


def test_a_wrong_link_is_refused_at_its_field_and_stays_to_be_mended(admin: Admin, messenger: CustomChannel) -> None:
    page = admin.open(f"{LIST}{messenger.pk}/change/").send(link_template="javascript:{code}")
    assert "https://, tg:, whatsapp: or sms:" in page.errors["link_template"]
    assert page.shows("link_template") == ["javascript:{code}"]
    messenger.refresh_from_db()
    assert messenger.link_template == ""


def test_an_admin_switches_confirmation_on(admin: Admin, widget: Widget) -> None:
    page = admin.open(f"/admin/channels/widget/{widget.pk}/change/")
    assert "talk others into sending them a code" in page.text
    page.send(confirm_codes="on")
    widget.refresh_from_db()
    assert widget.confirm_codes


def test_all_three_travel_in_a_file(bot: CustomChannel, widget: Widget) -> None:
    CustomChannel.objects.update(tells_links=True)
    Widget.objects.update(confirm_codes=True)
    told: Any = exchange.export()
    assert told["channels"][0]["link_template"] == "https://t.me/acme_bot?start={code}"
    assert told["channels"][0]["tells_links"] is True
    assert told["widgets"][0]["confirm_codes"] is True
    CustomChannel.objects.update(tells_links=False, link_template="")
    Widget.objects.update(confirm_codes=False)
    exchange.load(told, keep=True)
    assert CustomChannel.objects.get().tells_links
    assert CustomChannel.objects.get().link_template == "https://t.me/acme_bot?start={code}"
    assert Widget.objects.get().confirm_codes
