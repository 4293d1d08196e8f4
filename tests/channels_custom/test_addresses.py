"""Every place where a person can type an address, and every way to make it lead inside."""

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.cases.models import Attachment, Case, Message
from helpdesk.channels.models import Widget
from identification.models import LookUp
from tests import world
from tests.lib.nameserver import resolver

pytestmark = pytest.mark.django_db

PRIVATE = {
    "A1": ("http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0.0.0.0/", "http://[::]/"),
    "A2": ("http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://①②⑦.⓪.⓪.①/"),
    "A3": (
        "http://[::ffff:169.254.169.254]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fec0::1]/",
        "http://[::ffff:0:7f00:1]/",
        "http://[fd00:ec2::254]/",
        "http://100.64.0.1/",
        "http://198.18.0.1/",
        "http://240.0.0.1/",
        "http://224.0.0.1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
    ),
    "A4": ("https://both.example.com/",),
    "A7": (
        "http://user:pw@example.com/",
        "http://a\\@example.com/",
        "http://exam\tple.com/",
        "http://exam\nple.com/",
        "http://example.com/" + "a" * 9000,
        "gopher://example.com/",
        "file:///etc/passwd",
        "ftp://example.com/",
        "http://example.com:22/",
        "http://example.com:25/",
        "http://example.com:6379/",
        "javascript:alert(1)",
        "//example.com/",
        "example.com",
    ),
}
ATTACKS = [pytest.param(urls, marks=pytest.mark.promise(name), id=name) for name, urls in PRIVATE.items()]

Try = Callable[[str], int]


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a public and a private answer; names of examples are public."""
    genuine = socket.getaddrinfo
    both, public = resolver(["93.184.216.34", "127.0.0.1"]), resolver(["93.184.216.34"])

    def answer(host: Any, *rest: Any, **more: Any) -> Any:
        name = str(host)
        if name.startswith("both."):
            return both(host, *rest, **more)
        return public(host, *rest, **more) if name.endswith("example.com") else genuine(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.fixture
def call(client: Client) -> Callable[..., int]:
    """Asks the API as an administrator's program."""
    word = world.api_key(world.admin(), "admin", "write")

    def ask(method: str, path: str, body: Any) -> int:
        answer = client.generic(
            method, f"/api/v1/{path}", _json(body), "application/json", headers={"Authorization": f"Bearer {word}"}
        )
        assert answer.status_code < 500, answer.content
        return answer.status_code

    return ask


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize("urls", ATTACKS)
def test_a_channel_is_not_made_for_it(urls: tuple[str, ...], call: Callable[..., int]) -> None:
    for url in urls:
        body = {"title": "Shop", "channel_type": "sync", "webhook_url": url}
        assert call("POST", "custom_channels/", body) in {400, 422}, url
    assert not CustomChannel.objects.exists()


@pytest.mark.parametrize("urls", ATTACKS)
def test_a_channel_is_not_changed_to_it(urls: tuple[str, ...], call: Callable[..., int]) -> None:
    channel = world.messenger("https://shop.example.com/hook")
    for url in urls:
        assert call("PATCH", f"custom_channels/{channel.pk}/", {"webhook_url": url}) in {400, 422}, url
    channel.refresh_from_db()
    assert channel.webhook_url == "https://shop.example.com/hook"


@pytest.mark.parametrize("urls", ATTACKS)
def test_the_admin_does_not_take_it(urls: tuple[str, ...], client: Client) -> None:
    client.force_login(world.admin())
    form = {"title": "Shop", "type": "sync", "icon": "send", "sender_level": "1", "silence": "10", "active": "on"}
    for url in urls:
        form |= {"body_format": "json", "webhook_url": url, "cap": "2", "headers": ""}
        answer = client.post("/admin/channels_custom/customchannel/add/", form)
        assert answer.status_code == 200, url
        assert answer.context["adminform"].form.errors["webhook_url"], url
    assert not CustomChannel.objects.exists()


@pytest.mark.parametrize("urls", ATTACKS)
def test_no_user_database_is_asked_there(urls: tuple[str, ...], client: Client) -> None:
    client.force_login(world.admin())
    place = f"widget:{Widget.objects.create(title='Shop').pk}"
    for url in urls:
        form = {"place": place, "url": url, "active": "on", "whom": "signed", "cache_seconds": "60"}
        answer = client.post("/admin/identification/lookup/add/", form)
        assert answer.status_code == 200, url
        assert answer.context["adminform"].form.errors["url"], url
    assert not LookUp.objects.exists()


@pytest.mark.parametrize("urls", ATTACKS)
def test_no_file_is_fetched_from_it(urls: tuple[str, ...], call: Callable[..., int]) -> None:
    channel = world.messenger("https://shop.example.com/hook")
    case = world.says(world.customer(channel, "carol"), "hello").case
    for url in urls:
        body = {"user_custom_id": "bob", "content": "see", "attachment_urls": [url]}
        said = {"user_id": case.profile_id, "content": "see", "attachment_urls": [url]}
        for path, given in (
            (f"custom_channels/{channel.pk}/messages/", {**body, "external_id": "1"}),
            ("cases/", {**body, "channel": channel.api_key}),
            (f"cases/{case.pk}/messages/", said),
        ):
            assert call("POST", path, given) in {400, 422}, (path, url)
    assert (Case.objects.count(), Message.objects.count(), Attachment.objects.count()) == (1, 1, 0)
