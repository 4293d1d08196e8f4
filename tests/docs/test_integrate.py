"""The lines of docs/integrate.md run as they stand there, against a real desk."""

import re
import threading
import urllib.error
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Priority
from helpdesk.channels.models import Level, Widget, WidgetKind
from helpdesk.users.models import Agent, CustomField, Profile
from helpdesk.users.services import blocking
from identification import keys as signing_keys
from identification.models import LookUpResult
from identification.services.offering import offer
from tests import world
from tests.identification import databases
from tests.waiting import wait_for

TEXT = (Path(__file__).resolve().parent.parent.parent / "docs" / "integrate.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)

pytestmark = pytest.mark.django_db(transaction=True)


class Shop:
    """What a reader of the page has afterwards: its functions, and the answers that were shown."""

    def __init__(self) -> None:
        self.shown: dict[str, dict[str, Any]] = {}
        self.names: dict[str, Any] = {"show": self.show}
        for block in BLOCKS:
            exec(block, self.names)

    def show(self, webhook_id: str, message: dict[str, Any]) -> None:
        self.shown.setdefault(webhook_id, message)

    def __getattr__(self, name: str) -> Any:
        return self.names[name]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, live_server: Any, settings: Any) -> Iterator[Shop]:
    """The page's code, with a channel whose answers come to its receiver."""
    shop = Shop()
    server = ThreadingHTTPServer(("127.0.0.1", 0), shop.Answers)
    monkeypatch.setattr(shop.Answers, "log_message", lambda *_: None)
    settings.EGRESS_ALLOW_NETWORKS = f"127.0.0.0/8:{server.server_port}"
    channel = world.messenger(f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("DESK", live_server.url)
    monkeypatch.setenv("CHANNEL", channel.api_key)
    monkeypatch.setenv("SECRET", channel.secret)
    monkeypatch.setenv("API_KEY", world.api_key(world.admin()))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield shop
    server.shutdown()
    server.server_close()


def test_a_channel_takes_20_lines() -> None:
    lines = [line for line in BLOCKS[0].splitlines() if line.strip()]
    assert len(lines) <= 20


@pytest.mark.usefixtures("outbox")
def test_a_message_goes_in_and_the_answer_comes_back_signed(shop: Shop) -> None:
    came = shop.send("login-1", "m-1", "hello")
    assert shop.send("login-1", "m-1", "hello") == came
    ann = world.agent("Ann", sees=CustomChannel.objects.all())
    cases.reply(Case.objects.get(pk=came["case_id"]), "Hello, Ann here", by=ann)
    (answer,) = wait_for(lambda: list(shop.shown.values()))
    assert (answer["user_custom_id"], answer["content"]) == ("login-1", "Hello, Ann here")
    assert answer["staff_full_name"] == "Ann"


def test_a_forged_answer_is_refused(shop: Shop) -> None:
    url = CustomChannel.objects.get().webhook_url
    request = shop.urllib.request.Request(url, b"{}", {"webhook-id": "1", "webhook-timestamp": "1"})
    with pytest.raises(urllib.error.HTTPError, match="401"):
        shop.urllib.request.urlopen(request, timeout=20)
    assert shop.shown == {}


def test_a_program_that_was_away_reads_what_it_missed(shop: Shop) -> None:
    seen: list[dict[str, Any]] = []
    cursor = shop.catch_up("", seen.append)
    came = shop.send("login-1", "m-1", "hello")
    ann = world.agent("Ann", sees=CustomChannel.objects.all())
    answer = cases.reply(Case.objects.get(pk=came["case_id"]), "Hello, Ann here", by=ann)
    seen.clear()
    assert shop.catch_up(cursor, seen.append) != cursor
    assert [event["message_id"] for event in seen if event["kind"] == "message.added"] == [
        came["message_id"],
        answer.pk,
    ]
    seen.clear()
    shop.catch_up(shop.catch_up(cursor, lambda event: None), seen.append)
    assert seen == []


@pytest.fixture
def tariff() -> CustomField:
    return world.tariff()


@pytest.mark.usefixtures("tariff")
def test_a_code_made_by_the_api_tells_who_is_writing(shop: Shop) -> None:
    code = shop.make_code({"user_email": "bob@example.com", "custom_fields": {"tariff": "VIP"}})
    came = shop.send("login-1", "m-1", f"my code: {code}")
    bob = Profile.objects.get(pk=came["user_id"])
    assert bob.level == Level.PROVEN
    assert bob.person.values == {"tariff": "2"}


@pytest.mark.usefixtures("tariff")
def test_the_page_s_token_is_what_the_widget_wants(shop: Shop) -> None:
    key, secret = signing_keys.make("shop", by=None)
    account = {"id": "A-1", "name": "Bob", "email": "bob@example.com", "tariff": "VIP"}
    widget = Widget.objects.create(kind=WidgetKind.IDENTIFICATION, title="Account")
    code = offer(widget, {"token": shop.make_token(account, key.kid, secret)}, visitor="127.0.0.1")
    came = shop.send("login-1", "m-1", code.text)
    bob = Profile.objects.get(pk=came["user_id"])
    assert (bob.person.name, bob.person.values) == ("Bob", {"tariff": "2"})


def test_a_rule_is_tried_over_history_kept_in_a_group_and_explained(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", world.api_key(Agent.objects.get(is_admin=True), "admin", "write"))
    came = shop.send("login-1", "m-1", "our site is down")
    shop.send("login-2", "m-1", "hello")
    assert shop.matches(shop.URGENT, 7) == [came["case_number"]]
    made = [shop.keep({**shop.URGENT, "title": title}, "Priorities") for title in ("First", "Second")]
    rows = shop.desk("GET", "rules/groups/?list=updated")["results"]
    assert [(row["title"], row["rules"]) for row in rows] == [("Priorities", made)]
    assert Case.objects.get(pk=came["case_id"]).priority == Priority.NORMAL
    shop.desk("PATCH", f"rules/{made[0]}/", {"active": True})
    shop.send("login-1", "m-2", "still down")
    assert Case.objects.get(pk=came["case_id"]).priority == Priority.HIGH
    assert [line[:2] for line in shop.why(came["case_number"])] == [("First", "fired")]


def test_people_are_merged_on_a_plan_and_parted_again(shop: Shop) -> None:
    one, other = (Profile.objects.get(pk=shop.send(name, "m-1", "hello")["user_id"]) for name in ("a", "b"))
    done = shop.merge([one.pk, other.pk], "one customer with two logins")
    assert len({each.person_id for each in Profile.objects.all()}) == 1
    assert shop.undo(done, "two after all")["undone"]["reason"] == "two after all"
    assert len({each.person_id for each in Profile.objects.all()}) == 2
    blocking.block(one.person, by=None)
    assert shop.merge([one.pk, other.pk], "one of them is blocked") is None


def test_the_desk_asks_the_user_database_of_the_page(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setenv("DESK_TOKEN", "kakadu")
    server = ThreadingHTTPServer(("127.0.0.1", 0), shop.UserData)
    monkeypatch.setattr(shop.UserData, "log_message", lambda *_: None)
    settings.EGRESS_ALLOW_NETWORKS = f"127.0.0.0/8:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    world.tariff()
    channel = CustomChannel.objects.get()
    url = f"http://127.0.0.1:{server.server_port}/users/{{id}}"
    mapping = [{"path": "plan.name", "field": "tariff"}]
    databases.of(channel, url, headers={"Authorization": "Bearer kakadu"}, mapping=mapping)
    for name in ("A-1001", "A-1002"):
        world.says(world.customer(channel, name), "hello")
    databases.work()
    server.shutdown()
    server.server_close()
    outcomes = dict(LookUpResult.objects.values_list("profile__address", "outcome"))
    assert outcomes == {"A-1001": "updated", "A-1002": "not_found"}
    john = Profile.objects.get(address="A-1001").person
    assert (john.name, john.values, john.metadata) == ("John Doe", {"tariff": "2"}, {"subscription_plan": "Pro"})
