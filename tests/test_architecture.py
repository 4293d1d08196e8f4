"""Rules of the house that a machine can check."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import PROTECT, SET_NULL, ForeignKey, ManyToManyField

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("helpdesk", "channels_custom", "identification", "rules")
# Lowest first. Apps of one row know nothing of each other.
LAYERS = (
    {"outbox"},
    {"events"},
    {"channels"},
    {"users"},
    {"cases"},
    {"inbox", "widget", "live"},
    {"channels_custom", "identification"},
    {"rules"},
    {"ops", "demo"},
)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)


def layer(label: str) -> int | None:
    return next((number for number, labels in enumerate(LAYERS) if label in labels), None)


def test_no_foreign_key_points_up():
    wrong = []
    for model in apps.get_models():
        mine = layer(model._meta.app_label)
        for field in model._meta.get_fields():
            if mine is None or not isinstance(field, ForeignKey | ManyToManyField):
                continue
            other = layer(field.related_model._meta.app_label)
            same_app = field.related_model._meta.app_label == model._meta.app_label
            if other is not None and (other > mine or (other == mine and not same_app)):
                wrong.append(f"{model.__name__}.{field.name}")
    assert wrong == []


def test_keys_to_cases_and_profiles_protect_them():
    """What somebody wrote is emptied when it must be forgotten; it never disappears behind our back."""
    wrong = []
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if not isinstance(field, ForeignKey) or field.related_model.__name__ not in {"Case", "Profile"}:
                continue
            if field.remote_field.on_delete not in {PROTECT, SET_NULL}:
                wrong.append(f"{model.__name__}.{field.name}")
    assert wrong == []


def test_events_have_no_foreign_keys():
    event = apps.get_model("events", "Event")
    assert not [field for field in event._meta.get_fields() if isinstance(field, ForeignKey)]


# Where cases and messages may be asked for without a reader's rights: models, verbs, and what serves the desk itself.
TRUSTED = re.compile(
    r"/(models|services|reactors|jobs|timers|transports|files|facts|fields|actions|tasks|metrics)(/|\.py)"
    r"|helpdesk/cases/(api/views|api/writing|feed|views|admin)\.py|/errors\.py"
)


def test_cases_and_messages_are_asked_for_through_the_readers_rights():
    wrong = []
    for path in sources():
        name = f"/{path.relative_to(ROOT)}"
        if TRUSTED.search(name):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"\b(Case|Message)\.objects\b(?!\.(visible_to|none))", line):
                wrong.append(f"{name}:{number}")
    assert wrong == []


def test_cases_messages_and_people_are_not_in_the_admin():
    from django.contrib import admin  # noqa: PLC0415 (the site is complete only now)

    names = {model.__name__ for model in admin.site._registry}
    assert not names & {"Case", "Message", "Person", "Profile", "Link", "Event"}


def functions() -> Iterator[tuple[str, int]]:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines


def test_functions_are_short():
    assert [name for name, lines in functions() if lines > 40] == []


def test_files_are_split_by_noun_before_they_grow():
    long = [str(path.relative_to(ROOT)) for path in sources() if path.read_text().count("\n") > 300]
    assert long == []


@pytest.mark.parametrize("word", ["Manager", "Handler", "Helper", "Service", "Utils"])
def test_no_class_is_called_after_nothing(word):
    wrong = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and node.name.endswith(word):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert wrong == []


def test_every_app_of_ours_is_in_a_layer():
    ours = [app.label for app in apps.get_app_configs() if app.name.startswith(PACKAGES) and app.label != "admin"]
    assert [label for label in ours if layer(label) is None] == []


def test_reactors_and_panels_exist():
    from django.utils.module_loading import import_string  # noqa: PLC0415

    for path in [*settings.REACTORS, *settings.FORESEERS, *settings.INBOX_PANELS, *settings.INBOX_BANNERS]:
        assert callable(import_string(path)), path
