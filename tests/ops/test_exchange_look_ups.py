"""User data look-ups go into a configuration file without their headers, and come in again."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from channels_custom.models import CustomChannel
from helpdesk.channels.models import Widget
from helpdesk.ops import exchange
from identification.models import LookUp
from tests import world
from tests.identification import databases
from tests.ops.test_exchange import file, mistakes, verbs

pytestmark = pytest.mark.django_db
URL = "https://api.example.com/users/{id}"


@pytest.fixture(autouse=True)
def _closed(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ""


@pytest.fixture
def places() -> tuple[Widget, CustomChannel]:
    world.tariff()
    return Widget.objects.create(title="Account"), world.messenger(title="Shop")


def item(**more: Any) -> dict[str, Any]:
    return {"of": "identification", "title": "Account", "url": URL, "active": True, "whom": "signed", **more}


def test_they_come_back_as_they_were_and_no_header_is_in_the_file(places: tuple[Widget, CustomChannel]) -> None:
    widget, channel = places
    mapping = [{"path": "plan.name", "field": "tariff"}]
    databases.of(widget, URL, headers={"Authorization": "Bearer kakadu"}, mapping=mapping)
    databases.of(channel, URL, active=False, whom="")
    made = exchange.export()
    assert "kakadu" not in json.dumps(made)
    assert [row["of"] for row in made["look_ups"]] == ["identification", "channel"]
    assert verbs(exchange.load(made, keep=True)) == {"same"}
    LookUp.objects.all().delete()
    exchange.load(made, keep=True)
    assert exchange.export() == made
    assert {row.headers for row in LookUp.objects.all()} == {""}


def test_a_change_keeps_the_headers_that_the_desk_has(places: tuple[Widget, CustomChannel]) -> None:
    databases.of(places[0], URL, headers={"Authorization": "Bearer kakadu"})
    steps = exchange.load(file(look_ups=[item(cache_seconds=60)]), keep=True)
    assert verbs(steps) == {"change"}
    assert LookUp.objects.get().cache_seconds == 60
    assert "kakadu" in LookUp.objects.get().headers


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"title": "Nowhere"}, "look_ups[0].title: the desk has no widget or channel of this title"),
        ({"url": "http://10.0.0.1/{id}"}, "look_ups[0].url: This address is not allowed"),
        ({"url": "https://{id}.example.com/"}, "look_ups[0].url: {id} may stand in the path"),
        ({"whom": ""}, "look_ups[0].whom: this has to be signed or all"),
        ({"whom": "everybody"}, "look_ups[0].whom: "),
        ({"mapping": [{"path": "a"}]}, "look_ups[0].mapping: each row has to be"),
        ({"mapping": [{"path": "a", "field": "gone"}]}, "look_ups[0].mapping: there is no user field 'gone'"),
        ({"headers": "x"}, "look_ups[0].headers: there is no such setting"),
        ({"cache_seconds": -1}, "look_ups[0].cache_seconds: "),
    ],
    ids=str,
)
def test_mistakes_are_told_at_their_place(places: tuple[Widget, CustomChannel], more: dict[str, Any], why: str) -> None:
    assert any(line.startswith(why) for line in mistakes(look_ups=[item(**more)])), mistakes(look_ups=[item(**more)])
    assert not LookUp.objects.exists()
