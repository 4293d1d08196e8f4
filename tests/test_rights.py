"""Who gets what: each operation behind each URL × who asks. An operation without a row fails the build.

Bob writes in Ann's messenger; Dora writes in a forum that only administrators see. Each operation is asked for with
Bob's ids, and by Ann with Dora's, too. What must not be seen carries a canary, and no answer may hold one.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import ClientHandler
from django.urls import URLPattern, URLResolver, get_resolver

from helpdesk.cases import files
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message, Notification
from helpdesk.events.models import Event
from helpdesk.outbox.models import Job
from helpdesk.users.models import ApiKey, Conflict, Link, Operation, Person, Profile
from helpdesk.users.services import agents, told
from rules.models import Action, Rule, Run
from rules.services import traces
from tests import rights, world

HANDLER = ClientHandler(enforce_csrf_checks=False)
FORM = "application/x-www-form-urlencoded"
pytestmark = [pytest.mark.django_db, pytest.mark.promise("P26")]

MINE, FOREIGN = "kanarie", "nachtigall"  # stand in all that was said in Ann's messenger, and in the forum


@dataclass
class Place:
    """A channel with a customer, a case, a message with a file, a note, and what stands in URLs for them."""

    reader: Any
    channel: Any
    profile: Any
    case: Case
    asked: Message
    answer: Message
    other: Case

    @property
    def ids(self) -> dict[str, Any]:
        (kept,) = self.asked.attachments.all()
        return {
            "case": self.case.pk,
            "number": self.case.number,
            "message": self.answer.pk,
            "delivery": Job.objects.get(message_id=self.answer.pk).pk,
            "user": self.profile.pk,
            "person": self.profile.person_id,
            "custom_id": self.profile.address,
            "email": f"{self.profile.address}@example.com",
            "channel": self.channel.pk,
            "other": self.other.pk,
            "notification": Notification.objects.get(case=self.case).pk,
            "run": self._run().pk,
            "event": Event.objects.get(kind="message.added", message_id=self.answer.pk).pk,
            "conflict": Conflict.objects.get(profile__channel=self.channel).pk,
            "operation": Operation.objects.get(links__profile__address=f"{self.profile.address}@example.com").pk,
            "proof_agent": files.link(kept, f"agent:{self.reader.pk}").split("/")[2],
            "proof_channel": files.link(kept, f"channel:{self.channel.pk}").split("/")[2],
        }

    def _run(self) -> Run:
        """A pass over the case, in which there was nothing to ask."""
        kept = {"occasion": uuid.uuid4(), "trace": traces.pack([])}
        return Run.objects.get_or_create(case=self.case, list="updated", defaults=kept)[0]


@dataclass
class Desk:
    """All there is: two places, and who may ask."""

    mine: Place
    foreign: Place
    ids: dict[str, Any]
    clients: dict[str, Callable[[], Client]]


def settle(title: str, bird: str, reader: Any) -> Place:
    channel = world.messenger(title=title)
    profile = world.customer(channel, bird)
    told.tell(profile, told.Told(email=f"{bird}@example.com", said={"name": bird, "note": f"{bird} note"}), by=None)
    told.tell(world.customer(channel, f"{bird}-2"), told.Told(email=f"{bird}@example.com"), by=None)
    file = files.store(SimpleUploadedFile(f"{bird}.txt", f"{bird} content".encode()))
    got = world.says(profile, f"{bird} text", stored=(file,))
    cases.set_subject(got.case, f"{bird} subject", by=None)
    answer = cases.reply(got.case, f"{bird} answer", by=None)
    cases.note(got.case, f"{bird} note", by=None)
    cases.set_status(got.case, "closed", by=None)
    other = world.says(profile, f"{bird} again").case
    Notification.objects.create(agent=reader, case=got.case, kind="mention", text=f"{bird} of a colleague")
    return Place(reader, channel, profile, Case.objects.get(pk=got.case.pk), got.message, answer, other)


@pytest.fixture
def desk(settings: Any, tmp_path: Any) -> Desk:
    settings.MEDIA_ROOT = tmp_path
    settings.METRICS_TOKEN = "a token of the operator"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    rule = Rule.objects.create(list="new", title=f"{MINE} rule")
    Action.objects.create(rule=rule, kind="add_note", values={"text": f"{MINE} of a rule"})
    ann = world.agent("Ann")
    mine, foreign = settle("Messenger", MINE, ann), settle("Forum", FOREIGN, ann)
    agents.give_access(ann, channels=[mine.channel.channel_ptr], by=None)
    return Desk(mine, foreign, rights.furnish(rule), clients(mine, ann))


def clients(mine: Place, ann: Any) -> dict[str, Callable[[], Client]]:
    """Role → a fresh client that is who it says."""
    ada, eve, former = world.admin(), world.agent("Eve"), world.agent("Frank", sees=[mine.channel.channel_ptr])
    elsewhere = world.messenger(title="Elsewhere")
    ann.channels.add(elsewhere.channel_ptr)
    retired = world.api_key(ann)
    ApiKey.objects.filter(head=retired[:10]).update(active=False)
    sleeping = world.api_key(former)
    sessions = {
        name: signed_in(agent) for name, agent in (("eve", eve), ("ann", ann), ("ada", ada), ("inactive", former))
    }
    former.is_active = False
    former.save(update_fields=["is_active"])
    keys = {
        "key of eve": world.api_key(eve),
        "key of ann": world.api_key(ann),
        "key of ann, read": world.api_key(ann, "read"),
        "key of another channel": world.api_key(ann, "channel", channel=elsewhere.channel_ptr),
        "key of ada": world.api_key(ada, "admin"),
        "retired key": retired,
        "key of inactive": sleeping,
    }
    return {"nobody": client, **sessions, **{name: partial(client, text) for name, text in keys.items()}}


def client(key: str = "") -> Client:
    """All share one handler: each of its own would read all static files anew."""
    made = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"} if key else None)
    made.handler = HANDLER
    return made


def signed_in(agent: Any) -> Callable[[], Client]:
    """Gives a client with the session as it was at the beginning."""

    def make() -> Client:
        again = client()
        again.cookies = SimpleCookie(cookies)
        return again

    first = client()
    first.force_login(agent)
    cookies = {name: morsel.value for name, morsel in first.cookies.items()}
    return make


def patterns(parts: Any, prefix: str = "", space: str = "") -> Iterator[tuple[str, str, Any]]:
    """(name, route, view) of everything that the resolver knows."""
    for part in parts:
        route = prefix + str(part.pattern)
        if isinstance(part, URLResolver):
            yield from patterns(part.url_patterns, route, space + (f"{part.namespace}:" if part.namespace else ""))
        elif isinstance(part, URLPattern):
            yield space + (part.name or ""), route, part.callback


def operations() -> set[str]:
    """`GET case-detail` for each method of the API, the name or else the route for a page."""
    found = set()
    for name, route, view in patterns(get_resolver().url_patterns):
        methods = getattr(view, "actions", None)
        if methods:
            found |= {f"{method.upper()} {name}" for method in methods if method != "head"}
        else:
            found.add(name if name and not name.endswith(":") else f"{name}{route}")
    return found


def test_each_operation_has_a_row_and_each_row_an_operation():
    rows = {row.operation for row in rights.rows()}
    there = operations()
    assert there - rows == set(), "add a row to tests/rights: who may do this?"
    assert {row for row in rows - there if not row.startswith("demo:")} == set()


def ask(client: Client, row: rights.Row, ids: dict[str, Any]) -> Any:
    """One request; what it did is taken back."""
    with transaction.atomic():
        answer = send(client, row, ids)
        transaction.set_rollback(True)
    return answer


def send(client: Client, row: rights.Row, ids: dict[str, Any]) -> Any:
    path, body = rights.fill(row.path, ids), rights.fill(json.dumps(row.body or {}), ids)
    if row.method == "GET":
        return client.get(path)
    if path.startswith(("/api/", "/widget/")):
        return client.generic(row.method, path, body, content_type="application/json")
    return client.generic(row.method, path, urlencode(json.loads(body)), content_type=FORM)


def shown(answer: Any) -> str:
    """Everything in an answer, but not what is still to come in a stream."""
    parts = answer.streaming_content if answer.streaming and not answer.is_async else ()
    content = b"".join(parts) if answer.streaming else answer.content
    return f"{content.decode(errors='replace')} {answer.headers}".casefold()


def wrong(answer: Any, expected: set[int], birds: Iterable[str]) -> str:
    """What is not as it should be: the status, or something of those birds in it."""
    if answer.status_code not in expected:
        return f"{answer.status_code}, not {sorted(expected)}"
    return ", ".join(f"{answer.status_code} with {bird}" for bird in birds if bird in shown(answer))


def hidden(role: str) -> list[str]:
    """Whose words this role must not find in any answer."""
    return [bird for bird, who in ((MINE, rights.SEES), (FOREIGN, rights.ALL_SEEING)) if role not in who]


@pytest.mark.parametrize("role", rights.ROLES)
def test_everybody_gets_what_the_table_says_and_nothing_of_others(desk, role):
    faults = {}
    for row in rights.rows():
        answer = ask(desk.clients[role](), row, {**desk.ids, **desk.mine.ids})
        faults[row.method, row.path] = wrong(answer, row.expected(role), () if row.public else hidden(role))
    assert found(faults) == {}


def found(faults: dict[Any, str]) -> dict[Any, str]:
    return {what: fault for what, fault in faults.items() if fault}


@pytest.mark.parametrize("role", ["ann", "key of ann", "key of ann, read"])
def test_to_ann_what_is_dora_s_does_not_exist(desk, role):
    faults = {}
    for row in (row for row in rights.rows() if row.of_a_case):
        ids = {**desk.ids, **desk.foreign.ids}
        # What she typed herself may come back in an answer; what she did not, may not.
        typed = FOREIGN in rights.fill(row.path + json.dumps(row.body), ids)
        answer = ask(desk.clients[role](), row, ids)
        faults[row.method, row.path] = wrong(answer, row.foreign(role), () if typed else [FOREIGN])
    assert found(faults) == {}


@pytest.mark.promise("A25")
def test_an_id_of_dora_s_in_a_body_is_as_good_as_none_and_changes_nothing(desk):
    faults = {}
    before = state()
    for method, path, body in rights.FOREIGN_BODIES:
        with transaction.atomic():
            row = rights.Row("", path, method, body)
            answer = send(desk.clients["key of ann"](), row, {**desk.ids, **desk.mine.ids, **their(desk.foreign)})
            changed = "" if state() == before else "something changed"
            faults[method, path, str(body)] = wrong(answer, {400, 404}, [FOREIGN]) or changed
            transaction.set_rollback(True)
    assert found(faults) == {}


def their(place: Place) -> dict[str, Any]:
    return {f"their_{name}": value for name, value in place.ids.items()}


def state() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Event, Message, Case, Profile, Person, Link))


def test_lists_filtered_by_what_is_dora_s_are_empty(desk):
    ids = {**desk.ids, **their(desk.foreign)}
    for query in rights.FOREIGN_QUERIES:
        answer = desk.clients["key of ann"]().get(rights.fill(query, ids))
        assert answer.status_code == 200, answer.content
        assert answer.json()["results"] == [], query


def test_the_answers_to_a_foreign_and_to_no_id_are_the_same(desk):
    ann = desk.clients["key of ann"]
    foreign = ann().get(f"/api/v1/cases/{desk.foreign.case.pk}/")
    nothing = ann().get("/api/v1/cases/987654321/")
    assert (foreign.status_code, foreign.content) == (nothing.status_code, nothing.content)


def test_a_case_in_a_group_of_others_is_foreign_to_ann_on_each_way_to_it(desk):
    cases.set_group(desk.mine.case, world.group("Secret"), by=None)
    cases.set_group(desk.mine.other, world.group("Secret"), by=None)
    faults = {}
    ids = {**desk.ids, **desk.mine.ids}
    to_the_case = re.compile(r"\{(number|case|other|message|delivery|proof_agent)\}")
    for row in (row for row in rights.rows() if row.of_a_case and to_the_case.search(row.path)):
        for role in ("ann", "key of ann"):
            answer = ask(desk.clients[role](), row, ids)
            faults[role, row.method, row.path] = wrong(answer, row.foreign(role), [MINE])
    assert found(faults) == {}


def test_a_message_into_a_chat_in_a_group_of_others_tells_no_more_than_its_receipt(desk):
    cases.set_group(desk.mine.other, world.group("Secret"), by=None)
    cases.set_subject(desk.mine.other, f"{MINE} subject", by=None)
    body = {"channel": desk.mine.channel.api_key, "user_custom_id": MINE, "content": "hi"}
    answer = send(desk.clients["key of ann"](), rights.Row("", "/api/v1/cases/", "POST", body), {})
    assert wrong(answer, {201}, [MINE]) == "", answer.content
    assert answer.json()["case_id"] == desk.mine.other.pk


@pytest.mark.promise("A23")
def test_a_file_is_for_the_agent_of_the_link_as_long_as_the_case_is(desk):
    address = rights.fill("/files/{proof_agent}/", desk.mine.ids)
    assert desk.clients["ann"]().get(address).status_code == 200
    assert desk.clients["ada"]().get(address).status_code == 404
    desk.mine.channel.agents.clear()
    assert desk.clients["ann"]().get(address).status_code == 404


@pytest.mark.promise("A23")
def test_a_channel_s_link_ends_with_the_channel(desk):
    address = rights.fill("/files/{proof_channel}/", desk.mine.ids)
    assert client().get(address).status_code == 200
    type(desk.mine.channel).objects.filter(pk=desk.mine.channel.pk).update(active=False)
    assert client().get(address).status_code == 404


def test_whom_an_agent_brought_in_is_theirs_until_they_write_elsewhere(desk):
    key = desk.clients["key of eve"]
    made = key().post("/api/v1/users/", {"user_email": "new@example.com"}, content_type="application/json").json()
    assert key().get(f"/api/v1/users/{made['user_id']}/").status_code == 200
    profile = Profile.objects.get(address="new@example.com")
    cases.receive(profile, desk.foreign.channel.channel_ptr, cases.Draft(text="hello"))
    assert key().get(f"/api/v1/users/{made['user_id']}/").status_code == 404
