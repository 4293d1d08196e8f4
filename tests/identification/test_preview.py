"""The preview of a widget's texts: every phrase can be seen there, in every language of the desk."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from helpdesk.channels.models import Language, Widget
from identification import phrases, scenes
from tests import world


def test_every_phrase_stands_in_a_scene():
    shown = {phrase for scene in scenes.SCENES for _look, phrase in scene.parts}
    assert set(phrases.PHRASES) - shown == {"create"}, "a button that only older pages show"


def test_what_stands_for_names_in_phrases_is_known_to_their_scenes():
    for scene in scenes.SCENES:
        for _look, phrase in scene.parts:
            named = set(re.findall(r"\{(\w+)\}", phrases.WORDS["en"].get(phrase, "")))
            assert named <= set(scene.facts), (str(scene.title), phrase)


@pytest.mark.django_db
def test_the_page_tells_the_languages_with_their_direction(client: Client):
    Language.objects.create(code="ar", title="العربية")
    client.force_login(world.admin())
    widget = Widget.objects.create(title="Account")
    page = client.get(reverse("admin:channels_widget_change", args=[widget.pk])).content.decode()
    found = re.search(r'<script id="widget-preview" type="application/json">(.*?)</script>', page, re.S)
    assert found
    told = {one["code"]: one["dir"] for one in json.loads(found[1])["languages"]}
    assert told["ar"] == "rtl"
    assert set(told.values()) == {"rtl", "ltr"}
