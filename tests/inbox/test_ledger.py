"""The ledger of a person: what was, by whom and why; for those who may see the person; safe to open as a table."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from helpdesk.channels.models import Widget
from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.events.services import record
from helpdesk.inbox import ledger as words
from helpdesk.users.models import Agent, Person, Profile
from helpdesk.users.services import blocking, identity, ledger, profiles
from identification import codes, keys, services
from tests import world
from tests.identification.asking import ask, claims, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db: None) -> Profile:
    return profiles.meet("external", "kunde-4711", level=3)


@pytest.fixture
def ada(db: None) -> Agent:
    return world.admin()


def address(person: Person, name: str = "ledger") -> str:
    return reverse(f"inbox:{name}", args=[person.pk])


def read(client: Client, person: Person, **query: str) -> str:
    """What the page says, without tags, one space between words."""
    answer = client.get(address(person), query)
    assert answer.status_code == 200
    main = answer.content.decode().split("<main")[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def table(client: Client, person: Person, **query: str) -> list[list[str]]:
    answer = client.get(address(person, "ledger_csv"), query)
    assert answer.status_code == 200
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


def test_a_code_its_use_and_the_link_stand_there_with_what_shows_it(as_ann, bob, account):
    code, made = services.make_code({"external_id": "kunde-4711"}, by=None)
    world.says(bob, code)
    bob.refresh_from_db()
    text = read(as_ann, bob.person)
    assert in_order(
        text,
        "Identification code checked",
        "it is valid",
        "Profile linked",
        "from the account of kunde-4711",
        f"code #{made.pk}, made by api",
        "Identification code made",
        "Profile first seen",
    )
    assert code not in text


@pytest.mark.parametrize(
    ("reason", "said"),
    [("unknown", "there is no such code"), ("expired", "it had expired"), ("locked", "too many wrong codes")],
)
def test_what_failed_is_there_with_the_reason_that_the_customer_never_reads(as_ann, bob, account, reason, said):
    if reason == "expired":
        code, made = services.make_code({"external_id": "kunde-4711"}, by=None)
        type(made).objects.update(expires_at=timezone.now())
        world.says(bob, code)
    for _time in range({"unknown": 1, "locked": 7}.get(reason, 0)):
        world.says(bob, codes.make())
    assert said in read(as_ann, bob.person, group="codes")


def test_an_agents_decision_has_name_and_reason_and_its_undoing(as_ann, ada, channel, bob):
    carol = world.customer(channel, "carol")
    done = identity.merge(carol.person, bob.person, by=ada, reason="She rang from Bob's <b>phone</b>")
    text = read(as_ann, bob.person)
    assert in_order(text, "People merged", "Ada", "Profile moved by a merge", "Profile first seen")
    assert escape("She rang from Bob's <b>phone</b>") in text
    assert "undone" not in text.split("Everything that said")[1].split("People merged")[1][:60]
    identity.undo(done, by=ada)
    text = read(as_ann, bob.person)
    assert in_order(text, "Profile put back by an undo", "People merged undone")


def test_what_went_away_is_kept_until_it_went_and_no_longer(as_ann, ada, bob):
    """Carol was linked by mistake: Bob's ledger tells of it, and not of what she did afterwards."""
    assert bob.channel is not None
    carol = profiles.meet("custom", "carol", channel=bob.channel)
    identity.link(carol, bob.person, method="agent", level=1, by=ada)
    carol.refresh_from_db()
    identity.split([carol], by=ada, reason="two people")
    Event.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    ended = timezone.now() - timedelta(minutes=1)
    carol.links.filter(until__isnull=False).update(since=ended, until=ended)
    carol.refresh_from_db()
    world.says(carol, "ID-2ABCD-2ABC4")
    bobs, carols = read(as_ann, bob.person), read(as_ann, carol.person)
    assert "carol · Shop messenger" in bobs
    assert "two people" in bobs
    assert "Identification code checked" not in bobs
    assert "Identification code checked" in carols


def test_a_link_that_only_makes_surer_is_a_change_of_level(as_ann, bob):
    identity.link(bob, bob.person, method="token", level=3, evidence={"kid": "shop-2026"}, by=None)
    text = read(as_ann, bob.person)
    assert in_order(text, "Level changed: proven", "Signed in with key shop-2026, ")


def test_refused_and_revoked_tokens_are_there_once_an_hour_each(as_ann, client, ada, account, bob):
    identity.prove(bob, account, method="code", level=3, evidence={}, by=None)
    widget, key = Widget.objects.create(title="Shop"), keys.make("Shop", by=None)[0]
    person = Profile.objects.get(pk=account.pk).person
    for more in ({"exp": 1}, {"exp": 1}, {"aud": "7-abcdefgh"}):
        assert ask(client, widget, {"token": sign(key, claims(external_id="kunde-4711", **more))}).status_code == 401
    services.revoke_tokens(account, by=ada)
    services.revoke_session(account, "laptop", by=ada)
    text = read(as_ann, person, group="tokens")
    assert in_order(text, "one session", "until now", "made for another widget", "it had expired")
    assert text.count("it had expired") == 1


def test_what_nobody_signed_and_whom_nobody_knows_is_in_no_ledger(client, account):
    widget, key = Widget.objects.create(title="Shop"), keys.make("Shop", by=None)[0]
    forged = sign(key, claims(external_id="kunde-4711", exp=1))[:-3] + "abc"
    unknown = sign(key, claims(external_id="nobody", exp=1))
    for text in (forged, unknown):
        assert ask(client, widget, {"token": text}).status_code == 401
    assert not Event.objects.filter(kind="token.refused").exists()


def test_every_kind_of_the_ledger_is_in_one_group_and_of_an_app_that_declares_it():
    every = [key for group in ledger.GROUPS for key in ledger.kinds(group)]
    assert sorted(every) == sorted(set(every)) == ledger.kinds()
    assert {"profile.linked", "code.checked", "token.refused", "conflict.found", "look_up.done"} <= set(every)
    assert "message.added" not in every
    assert "person.changed" not in every
    assert all(EVENTS.get(key).label for key in every)
    assert ledger.group_of("code.made") == "codes"
    assert ledger.group_of("case.opened") == ""


def test_one_kind_can_be_asked_for(as_ann, bob):
    world.says(bob, "ID-2ABCD-2ABC4")
    blocking.block(bob.person, by=None)
    codes, blocks = (read(as_ann, bob.person, group=group) for group in ("codes", "blocks"))
    assert "Identification code checked" in codes
    assert "Person blocked" not in codes
    assert "Person blocked" in blocks
    assert "Nothing of this kind" in read(as_ann, bob.person, group="look_ups")
    assert "Person blocked" in read(as_ann, bob.person, group="nonsense")


@occasion
def many(profile: Profile, number: int) -> None:
    for each in range(number):
        record("code.checked", by=profile, profile=profile, outcome="invalid", reason="unknown", code=None, n=each)


def test_a_long_ledger_is_read_page_by_page_and_nothing_is_left_out(as_ann, ann, bob):
    many(bob, 2 * words.SHOWN + 20)
    seen: list[str] = []
    query = ""
    for _page in range(9):
        html = as_ann.get(address(bob.person) + query).content.decode()
        seen += re.findall(r'id="event-(\d+)"', html)
        older = re.search(r'href="([^"]*before=\d+[^"]*)"', html)
        if older is None:
            break
        query = older[1].replace("&amp;", "&")
    expected = ledger.of(bob.person, ann).values_list("pk", flat=True)
    assert [int(pk) for pk in seen] == list(expected)
    assert len(seen) == 2 * words.SHOWN + 21
    assert "Newest" in html


@pytest.mark.parametrize("before", ["x", "-1", "0", "9" * 30, "²"])
def test_a_made_up_place_breaks_nothing(as_ann, bob, before):
    read(as_ann, bob.person, before=before, case="<script>")


def test_the_way_back_leads_to_the_case(as_ann, bob, case):
    html = as_ann.get(address(bob.person), {"case": case.number}).content.decode()
    assert f'href="{reverse("inbox:case", args=[case.number])}"' in html
    panel = as_ann.get(reverse("inbox:case", args=[case.number])).content.decode()
    assert f'href="{address(bob.person)}?case={case.number}"' in panel


# --- as a file ---


def test_the_file_has_a_head_and_a_line_for_each_entry(as_ann, ada, bob):
    carol = profiles.meet("email", "carol@example.com")
    identity.merge(carol.person, bob.person, by=ada, reason="the same phone")
    head, *lines = table(as_ann, bob.person)
    assert head == ["time", "what", "in words", "by", "profile", "evidence", "reason", "undone"]
    assert len(lines) == ledger.of(bob.person, ada).count()
    merged = next(line for line in lines if line[1] == "People merged")
    assert (merged[3], merged[6]) == ("Ada", "the same phone")
    assert {line[1] for line in table(as_ann, bob.person, group="blocks")[1:]} == set()


@pytest.mark.parametrize(
    "hostile",
    [
        '=HYPERLINK("http://evil.example")',
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        " =1",
        "＝1+1",
        "'=1",
        "\ufeff=1",
        "|cmd",
    ],
)
def test_no_cell_is_a_formula(as_ann, ada, bob, hostile):
    identity.merge(profiles.meet("email", "c@example.com").person, bob.person, by=ada, reason=hostile)
    cells = [cell for line in table(as_ann, bob.person) for cell in line]
    assert f"'{hostile}" in cells
    assert hostile not in cells


@pytest.mark.parametrize("plain", ["bob@example.com", "a = b", "O'Neill", "", "4711", "'quoted'"])
def test_what_is_no_formula_stays_as_it_is(plain):
    assert words.harmless(plain) == plain


# --- who may, and at what price ---


@pytest.mark.promise("P26")
@pytest.mark.parametrize("name", ["ledger", "ledger_csv"])
def test_only_those_who_see_the_person_see_the_ledger(as_ann, as_eve, client, bob, name):
    assert as_ann.get(address(bob.person, name)).status_code == 200
    assert as_eve.get(address(bob.person, name)).status_code == 404
    assert client.get(address(bob.person, name)).status_code == 302
    elsewhere = world.customer(world.messenger(title="Elsewhere"), "dora")
    assert as_ann.get(address(elsewhere.person, name)).status_code == 404
    for nobody in ("0", "987654", "9" * 30, "x", "²"):
        assert as_ann.get(reverse(f"inbox:{name}", args=[nobody])).status_code == 404


def test_it_cannot_be_written_to(as_ann, bob):
    assert as_ann.post(address(bob.person)).status_code == 405


@pytest.mark.both
@pytest.mark.parametrize("number", [1, 60])
def test_it_takes_the_same_few_queries_however_long_it_is(
    as_ann, ada, bob, account, django_assert_max_num_queries, number
):
    many(bob, number)
    for each in range(min(number, 10)):
        other = profiles.meet("email", f"{each}@example.com")
        identity.link(other, Profile.objects.get(pk=bob.pk).person, method="agent", level=1, by=ada)
    identity.prove(bob, account, method="code", level=3, evidence={"account": account.pk}, by=None)
    person = Profile.objects.get(pk=bob.pk).person
    as_ann.get(address(person))
    with django_assert_max_num_queries(13):
        as_ann.get(address(person))


@pytest.mark.both
def test_its_query_reads_by_index_and_not_the_whole_log(ann, bob, account):
    identity.prove(bob, account, method="code", level=3, evidence={}, by=None)
    person = Profile.objects.get(pk=bob.pk).person
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Else a log of ten lines is read whole, or backwards from its end, and rightly.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    plan: Any = ledger.of(person, ann)[:51].explain()
    assert "event_profile_kind" in plan
    assert "event_person_kind" in plan
    assert "SCAN events_event" not in plan
    assert "Seq Scan" not in plan
