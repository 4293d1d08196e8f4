"""Live chats in the admin: made beside the other kind, with a snippet to copy and who is there."""

from typing import Any

import pytest
from django.test import Client

from helpdesk.channels.models import Channel, Language, Widget
from helpdesk.widget.models import Chat
from helpdesk.widget.services import chats
from tests import world
from tests.widget.visiting import Visitor

pytestmark = pytest.mark.django_db
WIDGETS = "/admin/channels/widget/"


@pytest.fixture
def ada(chat: Chat) -> Client:
    page = Client()
    page.force_login(world.admin())
    return page


def fill(**more: Any) -> dict[str, Any]:
    usual = {"title": "Support", "active": "on", "language": "", "allowed_origins": "", "mode": "single"}
    look = {"color": "#1f6feb", "side": "left", "asks_name": "no", "asks_email": "must", "days": "30", "schedule": ""}
    return {**usual, **look, "greet_on": "", "greet_after": "20", **more}


def test_the_page_of_a_new_widget_offers_both_kinds(ada):
    page = ada.get(f"{WIDGETS}add/").content.decode()
    assert "?kind=chat" in page
    assert 'name="trust_page_data"' in page
    page = ada.get(f"{WIDGETS}add/?kind=chat").content.decode()
    assert 'name="trust_unguessable_ids"' in page
    assert 'name="trust_page_data"' not in page
    assert ada.get(f"{WIDGETS}add/?kind=nonsense").status_code == 200


def test_a_chat_is_made_with_its_channel_and_the_calls_for_an_app(ada):
    made = ada.post(f"{WIDGETS}add/?kind=chat", fill(uploads="on"), follow=True)
    widget = Widget.objects.get(title="Support")
    assert made.redirect_chain == [(f"{WIDGETS}{widget.pk}/change/", 302)]
    kept = Chat.objects.get(widget=widget)
    assert (widget.kind, kept.side, kept.asks_email) == ("chat", "left", "must")
    assert Channel.objects.get(pk=kept.channel_id).title == "Support"
    page = made.content.decode()
    assert f"/widget/v1/chat/{widget.public_id}/messages/" in page
    assert "chat.js" not in page


def test_settings_and_texts_are_changed_and_shown_again(ada, chat):
    english = Language.objects.get(code="en")
    url = f"{WIDGETS}{chat.widget_id}/change/"
    ada.post(url, fill(title="Shop 2", trust_unguessable_ids="on", **{f"text_{english.pk}_send": "Go!"}))
    kept = Chat.objects.select_related("widget", "channel").get(pk=chat.pk)
    assert (kept.trust_unguessable_ids, kept.widget.title, kept.channel.title) == (True, "Shop 2", "Shop 2")
    assert kept.uploads is False
    page = ada.get(url).content.decode()
    assert "Go!" in page
    assert Visitor(kept).ask("GET", "config/")["texts"]["send"] == "Go!"
    assert "signed tokens, and ids" in ada.get(WIDGETS).content.decode()


@pytest.mark.parametrize("wrong", [{"color": "red"}, {"days": "0"}, {"mode": "other"}, {"greet_after": "-1"}], ids=str)
def test_what_makes_no_sense_is_refused_beside_the_input(ada, chat, wrong):
    answer = ada.post(f"{WIDGETS}{chat.widget_id}/change/", fill(**wrong))
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Chat.objects.get(pk=chat.pk).color == "#1f6feb"


def test_who_is_online_is_told(ada, chat, bob):
    bob.begin()
    page = ada.get(f"{WIDGETS}{chat.widget_id}/change/").content.decode()
    assert "1 visitor is online now." in page


def test_why_visitors_were_refused_is_told(ada, chat, bob):
    bob.signs_in(expect=401, token="x.y.z")
    assert "damaged" in ada.get(f"{WIDGETS}{chat.widget_id}/change/").content.decode()


def test_deleting_a_chat_tells_what_stays(ada, chat):
    url = f"{WIDGETS}{chat.widget_id}/delete/"
    assert "conversations stay" in ada.get(url).content.decode()
    ada.post(url, {"post": "yes"})
    assert not Chat.objects.exists()
    assert Channel.objects.filter(kind=chats.KIND).exists()
