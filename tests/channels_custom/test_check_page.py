"""The contract check from the admin."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import include, path

from channels_custom import check_page, checking
from channels_custom.check_page import CheckingAdmin
from channels_custom.models import CustomChannel
from helpdesk.outbox.models import Job
from helpdesk.urls import urlpatterns as of_the_desk
from tests import world
from tests.admin.pages import Admin, Page
from tests.receiver import Receiver, receiving

LIST = "admin/channels_custom/customchannel/"
# The page as any admin of custom channels has it that takes it in.
urlpatterns = [path(LIST, include(CheckingAdmin(CustomChannel, admin.site).get_urls()[:1])), *of_the_desk]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture(autouse=True)
def _open_network(settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"


@pytest.fixture
def desk(client: Client) -> Admin:
    client.force_login(world.admin())
    return Admin(client)


def check(desk: Admin, receiver: Receiver, **settings: Any) -> Page:
    """Ada opens the page and presses the button."""
    channel = world.messenger(receiver.url, **settings)
    receiver.secret = channel.secret
    return desk.open(f"/{LIST}{channel.pk}/check/").send("_check")


def results(page: Page) -> list[str]:
    return [word for word in ("not judged", "failed", "passed") for _ in range(page.html.count(f">{word}</span>"))]


def test_a_right_receiver_keeps_the_contract(desk: Admin) -> None:
    with receiving() as receiver:
        page = check(desk, receiver)
    assert page.status == 200
    assert results(page) == ["passed"] * 13
    assert "Your server keeps the contract." in page.text
    assert "A message that comes again is taken again" in page.text
    assert not Job.objects.exists(), "nothing of it stays in the outbox"


def test_a_receiver_that_is_gone_is_told_so_and_the_channel_stays_on(desk: Admin) -> None:
    with receiving() as receiver:
        receiver.status = 410
        page = check(desk, receiver)
    assert results(page) == ["not judged"] * 10 + ["failed"] * 2 + ["passed"]
    assert "1 of 13 passed." in page.text
    assert "410 means “never again”: the desk would switch the channel off." in page.text
    assert not CustomChannel.objects.get().off


def test_before_the_button_nothing_is_sent(desk: Admin) -> None:
    with receiving() as receiver:
        channel = world.messenger(receiver.url)
        page = desk.open(f"/{LIST}{channel.pk}/check/")
        assert receiver.came == []
    assert "About 25 messages go to" in page.text
    assert "Ada" in page.text, "the page says as whom one is signed in, like all others"
    assert channel.secret not in page.html


def test_a_slow_receiver_keeps_nobody_waiting(desk: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_page, "PATIENCE", 0.0)
    with receiving() as receiver:
        page = check(desk, receiver)
    assert set(results(page)) == {"not judged"}
    assert "The time for the check was up." in page.text


def test_only_one_check_runs_at_a_time(desk: Admin) -> None:
    with receiving() as receiver:
        assert check_page._turn.acquire(blocking=False)
        try:
            busy = check(desk, receiver)
        finally:
            check_page._turn.release()
        assert "A check is running already." in busy.text
        assert receiver.came == []
        assert results(busy.send("_check")) == ["passed"] * 13


@pytest.mark.parametrize(
    ("url", "why"),
    [("", "This channel has no webhook URL."), ("http://10.0.0.1/", "it does not lead to the public internet")],
)
def test_without_an_address_that_may_be_called_the_page_says_why(desk: Admin, url: str, why: str) -> None:
    channel = world.messenger(url)
    page = desk.open(f"/{LIST}{channel.pk}/check/").send("_check")
    assert why in page.text
    assert results(page) == []


def test_agents_do_not_get_there_and_an_unknown_channel_is_not_there(client: Client, desk: Admin) -> None:
    channel = world.messenger("http://127.0.0.1:9/")
    assert desk.open(f"/{LIST}987654/check/").status == 404
    client.force_login(world.agent("Ann", sees=[channel.channel_ptr]))
    for answer in (client.get(f"/{LIST}{channel.pk}/check/"), client.post(f"/{LIST}{channel.pk}/check/")):
        assert answer.status_code == 302
        assert "login" in answer["Location"]


def test_the_sentences_of_the_page_name_the_customer_of_the_check(desk: Admin) -> None:
    channel = world.messenger("http://127.0.0.1:9/")
    assert f"“{checking.USER}”" in desk.open(f"/{LIST}{channel.pk}/check/").text
