"""Hashes of other products in the admin: switched on with a last day, warned of before it, with samples that work."""

import json
import os
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from helpdesk.channels.models import Language, Widget
from identification import banners, keys, snippets
from identification.models import Algorithm, SigningKey
from tests import world
from tests.admin.pages import Admin
from tests.identification.asking import ask
from tests.identification.bridging import SECRET, bridge, hash_of

pytestmark = pytest.mark.django_db

LIST = "identification/signingkey/"


@pytest.fixture
def chatwoot(widget: Widget) -> SigningKey:
    return bridge(widget)


@pytest.fixture
def ada(client: Client, languages: list[Language]) -> Admin:
    client.force_login(world.admin())
    return Admin(client)


def add(ada: Admin, **more: Any) -> Any:
    until = (timezone.localdate() + timedelta(days=60)).isoformat()
    said = {"title": "Old site", "kind": "chatwoot", "hash_secret": SECRET, "until": until, **more}
    return ada.open(f"{LIST}add/").send(**said)


@pytest.mark.promise("P31")
def test_an_admin_switches_it_on_and_the_secret_is_kept_encrypted(ada: Admin, site: Client, widget: Widget) -> None:
    page = add(ada, site=widget.pk)
    assert page.errors == {}
    key = SigningKey.objects.get()
    assert (key.algorithm, key.widget, key.secret) == ("chatwoot", widget, SECRET)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM identification_signingkey")
        assert SECRET not in cursor.fetchone()[0]
    for path in (f"{LIST}{key.pk}/change/", LIST, f"{LIST}{key.pk}/history/"):
        assert SECRET not in ada.open(path).html
    assert ask(site, widget, {"identifier": "42", "identifier_hash": hash_of("42")}).status_code == 201


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"hash_secret": ""}, "hash_secret"),
        ({"hash_secret": "short"}, "hash_secret"),
        ({"until": ""}, "until"),
        ({"until": "2020-01-01"}, "until"),
        ({"until": "2999-01-01"}, "until"),
        ({"until": "soon"}, "until"),
        ({"site": ""}, "site"),
    ],
)
def test_what_is_missing_or_wrong_is_said_beside_its_input(
    ada: Admin, widget: Widget, more: dict[str, Any], name: str
) -> None:
    page = add(ada, **{"site": widget.pk, **more})
    assert set(page.errors) == {name}
    assert SECRET not in page.html
    assert not SigningKey.objects.exists()


def test_the_admin_warns_two_weeks_before_and_after(ada: Admin, widget: Widget) -> None:
    key = bridge(widget, days=15)
    agent = world.agent("Ann")
    admin = world.admin("Amy")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert "The last day of Old site is" not in ada.open(LIST).text
        assert banners.endings(admin) is None
        clock.shift(timedelta(days=1))
        assert "The last day of Old site is" in ada.open(LIST).text
        assert "The last day of Old site is" in ada.open(f"{LIST}{key.pk}/change/").text
        assert banners.endings(admin) is not None
        assert banners.endings(agent) is None
        clock.shift(timedelta(days=15))
        ada.client.force_login(admin)
        assert "Old site ended on" in ada.open(LIST).text
        keys.retire(key, by=None)
        assert "Old site ended on" not in ada.open(LIST).text


def test_the_banner_stands_above_the_inbox_of_admins(client: Client, widget: Widget) -> None:
    bridge(widget, days=3)
    client.force_login(world.admin())
    assert "The last day of Old site is" in client.get("/", follow=True).content.decode()
    client.force_login(world.agent("Ann"))
    assert "The last day of Old site is" not in client.get("/", follow=True).content.decode()


def test_the_last_day_can_be_moved_and_nothing_else(ada: Admin, widget: Widget, chatwoot: SigningKey) -> None:
    later = timezone.localdate() + timedelta(days=90)
    ada.open(f"{LIST}{chatwoot.pk}/change/").send(
        ends_on=later.isoformat(), title="Shop", algorithm="HS256", secret="x"
    )
    key = SigningKey.objects.get()
    assert (key.title, key.ends_on, key.algorithm, key.secret) == ("Shop", later, "chatwoot", SECRET)
    page = ada.open(f"{LIST}{chatwoot.pk}/change/").send(ends_on="")
    assert "needed" in page.errors["ends_on"]


@pytest.mark.parametrize("algorithm", ["chatwoot", "intercom"])
def test_the_samples_of_its_page_work_together(
    monkeypatch: pytest.MonkeyPatch, site: Client, widget: Widget, algorithm: str
) -> None:
    key = bridge(widget, algorithm)
    monkeypatch.setitem(os.environ, "HELPDESK_HASH_SECRET", SECRET)
    page, server = (sample.text for sample in snippets.of_key(key))
    names: dict[str, Any] = {}
    exec(server, names)
    text = page.removeprefix("window.DeskieIdentify = ").rstrip(";").replace(",\n}", "\n}")
    text = text.replace("…", names["hash_of"](SimpleNamespace(id=42)))
    for name in snippets.NAMES[Algorithm(key.algorithm)]:
        text = text.replace(f"  {name}:", f'  "{name}":')
    assert ask(site, widget, json.loads(text)).status_code == 201
