"""What a ledger keeps from those who may read it: other people's names, addresses and past; and formulas."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from helpdesk.events.models import Event
from helpdesk.inbox import ledger as words
from helpdesk.users.models import Agent, Person, Profile
from helpdesk.users.services import identity
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db: None) -> Agent:
    return world.admin()


@pytest.fixture
def secret(db: None) -> Profile:
    """Of a channel that Ann does not see."""
    return world.customer(world.messenger(title="Secret channel"), "secret-addr")


def both(client: Client, person: Person) -> str:
    """Page and file, without tags."""
    answers = [client.get(reverse(f"inbox:{name}", args=[person.pk])) for name in ("ledger", "ledger_csv")]
    assert [answer.status_code for answer in answers] == [200, 200]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(answer.content.decode() for answer in answers)))


def person_of(profile: Profile) -> Person:
    return Profile.objects.select_related("person").get(pk=profile.pk).person


@pytest.mark.promise("P26")
@pytest.mark.parametrize("way", ["into_bob", "into_secret"])
def test_a_merge_by_mistake_that_was_undone_tells_nothing_of_the_other(as_ann, ada, bob, secret, way):
    Person.objects.filter(pk=secret.person_id).update(name="Sonja Secret")
    one, into = (secret, bob) if way == "into_bob" else (bob, secret)
    identity.undo(identity.merge(person_of(one), person_of(into), by=ada, reason="Sonja is Bob"), by=ada)
    anns = both(as_ann, person_of(bob))
    assert "merge" in anns
    assert not re.search("secret|sonja", anns, re.IGNORECASE)
    ada_client = Client()
    ada_client.force_login(ada)
    adas = both(ada_client, person_of(bob))
    assert "Sonja is Bob" in adas
    assert ("secret-addr · Secret channel" if way == "into_bob" else "linked with Sonja Secret") in adas


@pytest.mark.promise("P26")
def test_what_was_linked_by_an_agent_and_taken_back_tells_nothing_of_the_other(as_ann, ada, bob, secret):
    identity.link(bob, secret.person, method="agent", level=1, evidence={"reason": "says secret-addr"}, by=ada)
    identity.unlink(Profile.objects.get(pk=bob.pk), by=ada, reason="two people")
    anns = both(as_ann, person_of(bob))
    assert "two people" in anns
    assert "secret" not in anns.lower()


def test_while_they_are_one_person_all_of_it_is_told(as_ann, ada, bob, secret):
    identity.merge(secret.person, bob.person, by=ada, reason="one phone")
    anns = both(as_ann, person_of(bob))
    assert "This profile was linked with secret-addr" in anns
    assert "secret-addr · Secret channel" in anns
    assert "one phone" in anns


def test_of_one_who_went_away_nothing_is_told_from_before_they_came(as_ann, ada, bob, channel):
    carol = world.customer(channel, "carol")
    world.says(carol, "ID-2ABCD-2ABC4")
    hour = timezone.now() - timedelta(hours=1)
    Event.objects.update(created_at=hour)
    identity.undo(identity.merge(person_of(carol), bob.person, by=ada), by=ada)
    bobs, carols = both(as_ann, person_of(bob)), both(as_ann, person_of(carol))
    assert "Profile moved by a merge" in bobs
    assert "carol · Shop messenger" in bobs
    assert "Identification code checked" not in bobs
    assert "Identification code checked" in carols


def test_a_sentence_without_free_text_stays_also_of_somebody_else(as_ann, ada, bob, secret):
    """Bob's own profile had its tokens refused while it was held to be another person's."""
    identity.link(bob, secret.person, method="agent", level=1, by=ada)
    world.says(Profile.objects.get(pk=bob.pk), "ID-2ABCD-2ABC4")
    identity.unlink(Profile.objects.get(pk=bob.pk), by=ada)
    Event.objects.filter(kind="code.checked").update(person_id=secret.person_id)
    assert "it is invalid" in both(as_ann, person_of(bob))


@pytest.mark.parametrize(
    ("hostile", "made"),
    [
        ('x;=HYPERLINK("http://e/")', 'x;\'=HYPERLINK("http://e/")'),
        ('x;"=1+1"', 'x;\'"=1+1"'),
        ("x; \u2003@SUM(A1)", "x;' \u2003@SUM(A1)"),
        ("\u2003=1+1", "'\u2003=1+1"),
        ("\u3000＝1", "'\u3000＝1"),
        ("\t=1", "'\t'=1"),
        ("x\t-1", "x\t'-1"),
        ("x\r\n=1", "x\r\n'=1"),
        ("=1;=2", "'=1;'=2"),
        ("\x00\u200b=1", "'\x00\u200b=1"),
    ],
)
def test_no_part_of_a_cell_is_a_formula_whatever_separates_cells(hostile, made):
    assert words.harmless(hostile) == made


@pytest.mark.parametrize("plain", ["a; b", "a;b=c", "two\nlines", "\u2003a", ";;", "a\t"])
def test_what_only_has_separators_stays_as_it_is(plain):
    assert words.harmless(plain) == plain
