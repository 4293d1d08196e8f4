"""Why a rule fired or did not: small on disk, plain in words."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from django.template.loader import render_to_string

from helpdesk.cases import services as cases
from helpdesk.cases.models import Label
from rules import limits, panels, services
from rules.models import Run
from rules.services import traces
from tests import world
from tests.rules.desk import rule, when


@pytest.mark.promise("P27")
def test_a_trace_is_never_larger_than_two_kilobytes():
    dice = random.Random(1)
    noise = "".join(chr(dice.randrange(0x4E00, 0x9FFF)) for _ in range(100_000))
    for count in (1, 100, 1000, 20_000):
        entries = [[n, 1, n % 8, noise[n * 4 : n * 4 + 80]] for n in range(count)]
        packed = traces.pack(entries)
        assert len(packed) <= limits.TRACE_BYTES
        assert traces.unpack(packed)
    fired = [[n, 1, "fired"] for n in range(5000)]
    assert len(traces.pack(fired)) <= limits.TRACE_BYTES


def test_a_hundred_ordinary_rules_keep_their_values():
    entries = [[n, 3, n % 8, f"value {n}"] for n in range(100)]
    assert traces.unpack(traces.pack(entries)) == entries


def test_values_are_cut_and_written_as_plain_text():
    seen = datetime(2026, 3, 29, 12, 0, 30, tzinfo=UTC)
    entries: list[list[Any]] = [[1, 1, 0, "x" * 200], [2, 1, 0, frozenset({3, 1})], [3, 1, 0, seen], [4, 1, 0, None]]
    kept = traces.unpack(traces.pack(entries))
    assert kept[0][3] == "x" * 59 + "…"
    assert [entry[3:] for entry in kept[1:]] == [["1, 3"], ["2026-03-29T12:00:30+00:00"], []]


@pytest.mark.django_db
def test_a_pass_is_told_in_words_people_use():
    bob = world.customer(world.messenger())
    case = world.says(bob, "hello").case
    vip = world.group("VIP")
    spam = Label.objects.create(title="spam")
    cases.set_group(case, world.group("Support"), by=None)
    cases.add_labels(case, [spam], by=None)
    rule("group", all=[when("case.status", "is", "open"), when("case.group", "is", vip.pk)])
    rule("labels", all=[when("case.labels", "has_none", [spam.pk])])
    rule("empty", all=[when("case.assignee", "not_empty")])
    rule("any", any=[when("case.active_chat", "no"), when("user.identified", "yes")])
    rule("flag", all=[when("user.identified", "yes")])
    rule("fires")
    changed = rule("changed", all=[when("case.priority", "is", "critical")])
    deleted = rule("deleted", all=[when("case.priority", "is", "critical")])
    cases.set_subject(case, "ping", by=None)
    rule("changed", all=[when("case.priority", "is", "low")], rule=changed)
    number = deleted.pk
    services.delete(deleted, by=None)
    lines = {line.title: (line.outcome, line.why) for line in services.explain(Run.objects.get())}
    assert lines == {
        "group": ("missed", "“Group is VIP” did not hold: it was Support."),
        "labels": ("missed", "“Labels has none of spam” did not hold: it was spam."),
        "empty": ("missed", "“Assignee is not empty” did not hold: it was empty."),
        "any": ("missed", "None of the “any” conditions held."),
        "flag": ("missed", "“User is identified” did not hold: it is not identified."),
        "fires": ("fired", ""),
        "changed": (
            "missed",
            "“Priority is critical” did not hold: it was high. This was version 1; the rule has been changed since.",
        ),
        f"a deleted rule (#{number})": ("missed", "A condition did not hold; what it was is gone with the rule."),
    }


@pytest.mark.django_db
def test_the_panel_beside_a_case_shows_the_last_passes():
    bob = world.customer(world.messenger())
    ann = world.agent(sees=[bob.channel])
    case = world.says(bob, "hello").case
    template, context = panels.runs(case, ann)
    assert "Why did no rule fire?" in render_to_string(template, context)
    rule("fires")
    rule("does not", all=[when("case.status", "is", "closed")])
    cases.set_subject(case, "ping", by=ann)
    template, context = panels.runs(case, ann)
    assert template == "rules/panel.html"
    (shown,) = context["passes"]
    assert [line.title for line in shown.fired] == ["fires"]
    assert [line.title for line in shown.others] == ["does not"]
    told = render_to_string(template, context)
    assert "1 rule did not match" in told
    assert "“Status is closed” did not hold: it was open." in told


@pytest.mark.django_db
def test_what_became_of_a_code_is_told_in_words():
    bob = world.customer(world.messenger())
    world.says(bob, "hello")
    rule("valid", all=[when("identification.code", "valid")])
    world.says(bob, "no code")
    (line,) = services.explain(Run.objects.get())
    assert line.why == "“Identification code is valid” did not hold: it was not sent."
