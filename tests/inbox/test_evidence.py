"""How sure we are and why: in the panel in sentences, on each message as a mark, claims as claims."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Widget
from helpdesk.inbox import sureness
from helpdesk.users.models import Agent, Link, Person, Profile
from helpdesk.users.services import identity, profiles, values
from identification import keys, services
from tests import world
from tests.identification.asking import ask, claims, sign

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
RTL = "\u202egnp.exe محمد عبد الله"
HOSTILE = ("<script>alert(1)</script>", "{agent} {time} %s %(time)s", "{{ 7|add:7 }}", RTL, "x" * 3000)


@pytest.fixture
def account(db: None) -> Profile:
    return profiles.meet("external", "kunde-4711", level=3)


def fresh(profile: Profile) -> Profile:
    return Profile.objects.select_related("person").get(pk=profile.pk)


def panel(client: Client, case: Case) -> str:
    text = client.get(reverse("inbox:case", args=[case.number])).content.decode()
    return text.split('<aside class="panel"')[1].split("</aside>")[0]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def marks(client: Client, case: Case) -> list[tuple[str, str]]:
    """(kind of mark, accessible name) of each of the customer's messages, ("", "") where there is none."""
    text = client.get(reverse("inbox:case", args=[case.number])).content.decode()
    found = [
        re.search(r'class="mark (\w+)" role="img" aria-label="([^"]*)" tabindex="0" data-tip="([^"]*)"', part)
        for part in text.split('class="message customer"')[1:]
    ]
    assert all(one[2] == one[3] for one in found if one)
    return [(one[1], one[2]) if one else ("", "") for one in found]


# --- how we know, in a sentence ---


@pytest.mark.seed("003", "agents see … the end user's external ID in the user's profile")
def test_a_code_is_told_with_time_and_account_and_the_external_id_stands_beside_it(as_ann, bob, case, account):
    with time_machine.travel(NOON, tick=False) as clock:
        world.says(bob, services.make_code({"external_id": "kunde-4711"}, by=None)[0])
        clock.shift(timedelta(hours=2))
        text = words(panel(as_ann, case))
    assert "By code, 12:00, from the account of kunde-4711" in text
    assert re.search(r"External id\s+kunde-4711", text)


def test_a_token_is_told_with_its_key(as_ann, client, bob, case):
    widget, key = Widget.objects.create(title="Shop"), keys.make("Shop", by=None)[0]
    code = ask(client, widget, {"token": sign(key, claims(external_id="42"))}).json()["code"]
    world.says(bob, code)
    text = words(panel(as_ann, case))
    assert f"Signed in with key {key.kid}, " in text
    assert "from the account of 42" in text
    assert "made by token" in text


@pytest.mark.parametrize(
    ("method", "level", "evidence", "said"),
    [
        ("token", 3, {"kid": "shop-2026"}, "Signed in with key shop-2026, 12:00"),
        ("api", 3, {"key": "Sync"}, "Your server said so (API key Sync), 12:00"),
        ("api", 3, {"told": "bob@example.com"}, "Your server said so (it told bob@example.com), 12:00"),
        ("page", 2, {}, "Your page said so, 12:00"),
        ("code", 2, {}, "By a code from page data, 12:00"),
        ("agent", 3, {"reason": "rang"}, "Linked by Ada, 12:00; proven before: rang"),
        ("agent", 2, {}, "Linked by Ada, 12:00; vouched for before"),
        ("agent", 1, {"reason": "rang"}, "Linked by Ada, 12:00: rang; who this is was never proven"),
    ],
)
def test_each_way_of_knowing_has_its_sentence(as_ann, bob, case, method, level, evidence, said):
    ada = world.admin()
    account = profiles.meet("email", "bob@example.com")
    with time_machine.travel(NOON, tick=False):
        identity.link(bob, account.person, method=method, level=level, evidence=evidence, by=ada)
        assert said in words(panel(as_ann, case))


def test_a_channel_that_vouches_says_so_and_one_that_does_not_does_not(as_ann, ann, case):
    own = world.messenger(title="Portal", sender_level=2)
    ann.channels.add(own)
    there = world.says(world.customer(own, "carol"), "hello").case
    assert "ids are accounts of your own" in words(panel(as_ann, there))
    assert "Not identified: only the channel says who this is" in words(panel(as_ann, case))


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(0), "12:00"),
        (timedelta(days=1), "yesterday 12:00"),
        (timedelta(days=20), "18 Feb 12:00"),
        (timedelta(days=400), "3 Feb 2025 12:00"),
    ],
)
def test_a_time_is_as_short_as_its_day_allows(ago, said):
    with time_machine.travel(NOON, tick=False):
        assert sureness.when(NOON - ago) == said


def test_a_revocation_is_told(as_ann, bob, case, account):
    identity.prove(bob, account, method="code", level=3, evidence={}, by=None)
    assert "Tokens revoked" not in words(panel(as_ann, case))
    services.revoke_tokens(account, by=world.admin())
    assert "Tokens revoked today " in words(panel(as_ann, case))


# --- what is only claimed ---


def test_what_the_channel_says_is_told_as_its_word_with_source_and_time(as_ann, bob, case):
    bob.display = {"name": "Bob K.", "username": "bobby", "email": "bob@example.com", "picture": "x"}
    bob.save()
    values.say(bob, "channel", {"position": "Director"}, by=None)
    values.say(bob, "agent", {"note": "friendly"}, by=None)
    html = panel(as_ann, case)
    text = words(html)
    claimed = text.split("Claimed, not shown to be true")[1].split("User data")[0]
    for said in ("bobby", "bob@example.com", "Bob K."):
        assert f"says {said} from Shop messenger, first seen today" in claimed
    assert re.search(r"Position says Director from the channel, today \d\d:\d\d", text)
    assert re.search(r"Note friendly from an agent, today", text)
    assert "Bob K. says so" in text


def test_a_proven_persons_own_data_are_not_called_claims(as_ann, bob, case, account):
    identity.prove(bob, account, method="code", level=3, evidence={}, by=None)
    values.say(fresh(account), "code", {"name": "Bob Kern", "position": "Director"}, by=None)
    text = words(panel(as_ann, case))
    assert "says" not in text
    assert "Director" in text


def test_the_address_of_somebody_proven_is_called_somebody_elses_without_saying_whose(as_ann, bob, case, account):
    mail = profiles.meet("email", "victim@example.com")
    identity.prove(mail, account, method="api", level=3, evidence={}, by=None)
    values.say(fresh(account), "agent", {"name": "Victoria Secret"}, by=None)
    bob.display = {"email": "Victim@Example.com", "phone": "nonsense"}
    bob.save()
    text = words(panel(as_ann, case))
    assert "This is the address of somebody else, who is proven" in text
    assert "Victoria" not in text
    assert "kunde-4711" not in text
    identity.link(bob, fresh(mail).person, method="agent", level=1, by=None)
    assert "somebody else, who is proven" not in words(panel(as_ann, case))


# --- much, long, hostile ---


@pytest.mark.promise("P29")
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_said_or_typed_is_shown_as_text(as_ann, bob, case, text):
    ada = world.admin()
    person = identity.link(
        bob,
        profiles.meet("email", "bob@example.com").person,
        method="agent",
        level=1,
        evidence={"reason": text},
        by=ada,
    ).person
    bob.refresh_from_db()
    bob.display = {"name": text, "username": text}
    bob.save()
    Agent.objects.filter(pk=ada.pk).update(name=f"Ada {text}"[:150])
    Person.objects.filter(pk=person.pk).update(metadata={text[:100]: text, "n": 1.5}, note=text)
    html = panel(as_ann, case)
    assert "<script>alert" not in html
    assert "{{ 7" not in html or text == "{{ 7|add:7 }}"
    assert html.count("<bdi>") == html.count("</bdi>") > 3


def test_fifty_keys_and_thirty_profiles_are_folded_and_all_there(as_ann, bob, case, django_assert_max_num_queries):
    person = bob.person
    for number in range(30):
        other = profiles.meet("email", f"bob-{number}@example.com")
        Profile.objects.filter(pk=other.pk).update(person=person)
        Link.objects.filter(profile=other).update(person=person)
    Person.objects.filter(pk=person.pk).update(metadata={f"key {n}": n % 2 == 0 or n for n in range(50)})
    html = panel(as_ann, case)
    assert html.count('<ul class="profiles">') == 2
    assert all(f"bob-{number}@example.com" in html and f"key {number}" in html for number in range(30))
    assert "23 more" in words(html)
    assert "42 more" in words(html)
    assert html.index("(this case)") < html.index("@example.com"), "the case's own profile comes first"
    assert re.search(r"key 2</bdi></dt><dd><bdi>yes<", html)


def test_a_long_value_is_folded(as_ann, bob, case):
    values.say(bob, "agent", {"note": "word " * 200}, by=None)
    assert re.search(r'<details><summary dir="auto">word .*…</summary>', panel(as_ann, case))


def test_metadata_have_source_and_time(as_ann, bob, case):
    values.say(bob, "api", {"metadata": {"plan": "gold", "seats": 12, "trial": False}}, by=None)
    values.say(bob, "agent", {"note": "friendly"}, by=None)
    text = words(panel(as_ann, case))
    assert re.search(r"plan gold from your server, today \d\d:\d\d", text)
    assert "trial no" in text
    assert "seats 12" in text


# --- the mark on each message ---


@pytest.mark.seed("003", "each response posted by an end user after they're authenticated has the check mark icon")
def test_each_message_after_the_code_has_a_mark_and_those_before_have_none(as_ann, bob, channel, account):
    with time_machine.travel(NOON, tick=False) as clock:
        case = world.says(bob, "hello").case
        clock.shift(timedelta(minutes=2))
        world.says(bob, services.make_code({"external_id": "kunde-4711"}, by=None)[0])
        clock.shift(timedelta(minutes=3))
        world.says(fresh(bob), "and now?")
        clock.shift(timedelta(seconds=20))
        assert marks(as_ann, case) == [
            ("", ""),
            ("proven", "Proven by code with this message"),
            ("proven", "Proven by code at 12:02, 3\xa0minutes before this message"),
        ]


def test_a_vouched_message_has_an_outlined_mark_and_an_age_that_does_not_grow(as_ann, bob, account):
    with time_machine.travel(NOON, tick=False) as clock:
        identity.link(bob, account.person, method="page", level=2, by=None)
        clock.shift(timedelta(seconds=30))
        case = world.says(fresh(bob), "hello").case
        said = ("vouched", "Vouched for by your page at 12:00, less than a minute before this message")
        assert marks(as_ann, case) == [said]
        clock.shift(timedelta(hours=3))
        assert marks(as_ann, case) == [said]
        clock.shift(timedelta(days=2))
        assert marks(as_ann, case)[0][1].startswith("Vouched for by your page at 10 Mar 12:00, less than")


def test_an_old_message_keeps_its_mark_when_the_link_is_gone_and_gets_none_afterwards(as_ann, bob, account):
    world.says(bob, "before")
    identity.prove(bob, account, method="code", level=3, evidence={}, by=None)
    case = world.says(fresh(bob), "proven").case
    identity.unlink(fresh(bob), by=None)
    world.says(fresh(bob), "after")
    assert [kind for kind, _words in marks(as_ann, case)] == ["", "proven", ""]


def test_the_level_stays_as_it_was_stamped(bob, account):
    message = world.says(bob, "before").message
    identity.prove(bob, account, method="code", level=3, evidence={}, by=None)
    assert Message.objects.get(pk=message.pk).level == 1


@pytest.mark.seed("003", "a green check mark icon next to the visitor's name in conversations")
def test_the_name_has_a_mark_in_the_list_and_in_the_panel(as_ann, bob, case, account):
    assert 'class="mark' not in panel(as_ann, case)
    identity.prove(bob, account, method="code", level=3, evidence={}, by=None)
    assert re.search(
        r'<h2><a [^>]*><bdi>bob</bdi></a> <span class="mark proven" role="img" aria-label="Identified',
        panel(as_ann, case),
    )
    rows = as_ann.get(reverse("inbox:rows", args=["all"])).content.decode()
    assert 'class="mark proven"' in rows


@pytest.mark.seed("003", "marked as authenticated … on a maximum of 100 active tickets: here there is no such limit")
@pytest.mark.seed("003", "unauthenticated users can have an unlimited number of active tickets")
@pytest.mark.parametrize("proven", [True, False], ids=["proven", "unknown"])
def test_with_101_active_cases_each_keeps_its_mark(as_ann, ann, account, proven):
    forum = world.messenger(title="Forum", sync=False)
    ann.channels.add(forum)
    writer = world.customer(forum)
    if proven:
        identity.prove(writer, account, method="code", level=3, evidence={}, by=None)
    made = [world.says(fresh(writer), f"question {number}", new_case=True).case for number in range(101)]
    assert Case.objects.filter(profile=writer).exclude(status="closed").count() == 101
    assert set(Message.objects.filter(profile=writer).values_list("level", flat=True)) == {3 if proven else 1}
    for case in (made[0], made[50], made[100]):
        assert [kind for kind, _words in marks(as_ann, case)] == (["proven"] if proven else [""])
    shown, query = 0, ""
    for _page in range(10):
        rows = as_ann.get(reverse("inbox:rows", args=["all"]) + query).content.decode()
        assert rows.count('class="mark proven"') == (rows.count('<li class="row') if proven else 0)
        shown += rows.count('<li class="row')
        older = re.search(r'href="[^"]*[?&](?:amp;)?(after=[^"&]+)"[^>]*>Older', rows)
        if older is None:
            break
        query = f"?{older[1]}"
    assert shown == 101


# --- who identifies in the middle of a conversation ---


def identifies(bob: Profile, external_id: str, name: str = "Bob Kern") -> None:
    world.says(bob, services.make_code({"external_id": external_id, "user_full_name": name}, by=None)[0])


@pytest.mark.seed("003", "If no user exists with the external ID, the unauthenticated user is upgraded")
def test_somebody_new_is_upgraded_where_they_are(as_ann, bob, case):
    identifies(bob, "new-1")
    assert Case.objects.get(profile=bob).pk == case.pk
    assert fresh(bob).person.name == "Bob Kern"
    html = panel(as_ann, case)
    assert 'class="mark proven"' in html
    assert re.search(r"External id\s+new-1", words(html))


@pytest.mark.seed("003", "the unauthenticated user and all of their conversations and tickets are merged with")
def test_somebody_known_brings_all_conversations_along_and_none_is_moved(as_ann, ann, channel, bob, case, account):
    forum = world.messenger(title="Forum", sync=False)
    ann.channels.add(forum)
    before = world.customer(forum, "bob-in-the-forum")
    identity.prove(before, account, method="code", level=3, evidence={}, by=None)
    earlier = [world.says(fresh(before), f"question {number}", new_case=True).case for number in range(2)]
    identifies(bob, "kunde-4711")
    assert fresh(bob).person_id == fresh(account).person_id
    assert Case.objects.filter(profile__person=fresh(bob).person).count() == 3
    assert not Case.objects.exclude(merged_into=None).exists()
    html = panel(as_ann, case)
    assert all(f"/cases/{other.number}/" in html for other in earlier)


@pytest.mark.seed("003", "end users shouldn't notice much of a difference")
def test_the_customer_reads_nothing_because_of_it(bob, case):
    identifies(bob, "new-1")
    world.says(fresh(bob), "and now?")
    assert set(Message.objects.values_list("author", flat=True)) == {"profile"}


@pytest.mark.seed("003", "Separate user records and conversations are created for unauthenticated end users")
def test_without_proof_each_sender_is_a_person_of_their_own(channel, bob, case):
    carol = world.customer(channel, "carol")
    carol.display = bob.display = {"name": "The same name", "email": "same@example.com"}
    other = world.says(carol, "hello").case
    assert fresh(carol).person_id != fresh(bob).person_id
    assert other.pk != case.pk
