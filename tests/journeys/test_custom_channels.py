"""The four uses of a custom channel, as the company's own software sees them: from HTTP to HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.core import mail
from django.test import Client

from channels_custom.models import CustomChannel
from tests import world
from tests.receiver import Receiver, receiving
from tests.rules.desk import do, rule, when
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class Company:
    """Software of a company: it calls the API with its key, and its receiver gets the answers. Ann sits at the desk."""

    def __init__(self, url: str, receiver: Receiver, channel: CustomChannel) -> None:
        self.url, self.receiver, self.channel = url, receiver, channel
        self.ann = world.agent("Ann", sees=[channel.channel_ptr])
        self.key = world.api_key(self.ann, "write")
        self.inbox = Client()
        self.inbox.force_login(self.ann)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, expect: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = requests.request(method, f"{self.url}/api/v1/{path}", json=body, headers=headers, timeout=20)
        assert answer.status_code == expect, answer.text[:2000]
        return answer.json()

    def opens(self, who: str, text: str, **more: Any) -> Any:
        body = {"channel": self.channel.api_key, "user_custom_id": who, "content": text, **more}
        return self.call("POST", "cases/", body, expect=201)

    def ann_answers(self, number: str, text: str) -> None:
        """In the inbox, as people do."""
        answer = self.inbox.post(f"/cases/{number}/messages/", {"text": text})
        assert answer.status_code in {200, 204, 302}, answer.content[:2000]

    def got(self, total: int) -> list[dict[str, Any]]:
        """What was sent to the Webhook URL, when there is that much."""
        return [each["object"] for each in self.receiver.wait(total, 15)]


@pytest.fixture
def company(outbox: None, live_server: Any, request: pytest.FixtureRequest) -> Iterator[Company]:
    with receiving() as receiver:
        channel = world.messenger(receiver.url, sync=getattr(request, "param", True), title="Own")
        receiver.secret = channel.secret
        yield Company(live_server.url, receiver, channel)


LAST = "cases/?channel={channel}&user_custom_id={who}&show_active_chats=true"


@pytest.mark.seed("001", "You have a mobile application your customers use to communicate directly with support")
def test_an_application_whose_users_have_neither_mail_nor_phone(company: Company) -> None:
    """Use 1: all that is known is an id of a social network."""
    without = {"content": "hello"}
    assert "user_custom_id" in company.call("POST", "cases/", without, expect=400)["errors"]
    made = company.opens("facebook:10158", "The app does not start")
    company.ann_answers(made["case_number"], "Which version is it?")
    (answer,) = company.got(1)
    assert (answer["user_custom_id"], answer["custom_user_id"]) == ("facebook:10158", "facebook:10158")
    assert (answer["content"], answer["staff_full_name"]) == ("Which version is it?", "Ann")
    assert (answer["user_id"], answer["case_id"]) == (made["user_id"], made["case_id"])
    user = company.call("GET", f"users/{made['user_id']}/")
    assert (user["user_custom_id"], user["linked_users"]) == ("facebook:10158", [made["user_id"]])


@pytest.mark.seed("001", "users can create cases, see previous cases and receive responses from agents")
@pytest.mark.parametrize("company", [False], indirect=True)
def test_the_support_section_of_a_customers_account(company: Company) -> None:
    """Use 2: the login is the id, the e-mail address may change, and answers go to the account only."""
    first = company.opens("bob", "My first question", user_email="bob@old.example.com", subject="Invoice")
    second = company.opens("bob", "My second question", user_email="bob@new.example.com", subject="Delivery")
    assert (first["user_id"], first["case_id"]) != (second["user_id"], second["case_id"])
    assert first["user_id"] == second["user_id"]
    company.opens("carol", "Nobody else's business")
    listed = company.call("GET", LAST.format(channel=company.channel.api_key, who="bob"))["results"]
    assert [case["subject"] for case in listed] == ["Delivery", "Invoice"]
    company.ann_answers(first["case_number"], "Here it is.")
    company.got(1)
    told = company.call("GET", f"cases/{first['case_id']}/messages/")["results"]
    assert [(each["author"], each["content"]) for each in told] == [
        ("agent", "Here it is."),
        ("profile", "My first question"),
    ]
    more = {"user_id": first["user_id"], "content": "Thank you"}
    assert company.call("POST", f"cases/{first['case_id']}/messages/", more, expect=201)["case_id"] == first["case_id"]
    assert mail.outbox == [], "an answer leaves by one channel only"
    assert len(company.receiver.came) == 1


@pytest.mark.seed("001", "You developed your own chat with a self-learning bot, identification through phone number")
def test_a_chat_of_ones_own_is_one_of_the_chats_in_the_inbox(company: Company) -> None:
    """Use 3: the agents work in the interface they have."""
    said = {
        "user_custom_id": "chat-1",
        "external_id": "1",
        "content": "A person, please",
        "user_phone": "+49 30 901820",
    }
    path = f"custom_channels/{company.channel.api_key}/messages/"
    made = company.call("POST", path, said, expect=201)
    assert made["active_chat"] is True
    chats = company.inbox.get("/views/chats/").content.decode()
    assert made["case_number"] in chats
    assert "Own" in company.inbox.get(f"/cases/{made['case_number']}/").content.decode()
    company.ann_answers(made["case_number"], "Here I am")
    assert company.got(1)[0]["content"] == "Here I am"
    again = company.call("POST", path, {**said, "external_id": "2", "content": "Fine"}, expect=201)
    assert again["case_id"] == made["case_id"]
    phone = company.call("GET", "users/?user_phone=%2B4930901820")["results"][0]
    assert made["user_id"] in phone["linked_users"]


@pytest.mark.seed("001", "There is a popular forum in your industry where users often leave their questions")
@pytest.mark.parametrize("company", [False], indirect=True)
def test_questions_in_a_forum_are_answered_from_the_desk(company: Company) -> None:
    """Use 4: with the user's data, and the history from other channels."""
    mobile = world.messenger(company.receiver.url, title="App")
    company.ann.channels.add(mobile.channel_ptr)
    company.receiver.secret = ""  # two channels, two secrets
    app = {"channel": mobile.api_key, "user_custom_id": "app-7", "content": "In the app", "subject": "From the app"}
    earlier = company.call("POST", "cases/", {**app, "user_email": "bob@example.com"}, expect=201)
    known = {"user_full_name": "Bob Brown", "company_name": "Acme", "user_email": "bob@example.com"}
    made = company.opens("nick-of-bob", "Does anybody know …?", **known)
    page = company.inbox.get(f"/cases/{made['case_number']}/").content.decode()
    for shown in ("Bob Brown", "Acme", "bob@example.com", earlier["case_number"]):
        assert shown in page
    company.ann_answers(made["case_number"], "Yes, we do.")
    (answer,) = company.got(1)
    assert (answer["user_custom_id"], answer["case_number"]) == ("nick-of-bob", made["case_number"])


@pytest.mark.seed("001", "If you've added an agent response via the API, then it will also be sent to the Webhook URL")
def test_an_answer_that_the_company_wrote_itself_comes_back_marked(company: Company) -> None:
    made = company.opens("bob", "hello")
    body = {"staff_id": company.ann.pk, "content": "From our bot", "external_id": "bot-1"}
    company.call("POST", f"cases/{made['case_id']}/messages/", body, expect=201)
    company.call("POST", f"cases/{made['case_id']}/messages/", body, expect=200)
    company.ann_answers(made["case_number"], "From Ann")
    by_api, by_hand = company.got(2)
    assert (by_api["content"], by_api["b_from_api"]) == ("From our bot", 1)
    assert (by_hand["content"], by_hand["b_from_api"]) == ("From Ann", 0)


@pytest.mark.seed("001", "when a message sent through the rule (sent_via_rule = 1) appears in the case")
def test_a_rules_answer_is_sent_to_the_webhook_url_and_says_so(company: Company) -> None:
    greeting = do("send_message", texts={"en": "We are on our way"})
    rule("Greet", list="new", all=[when("case.channel", "is", company.channel.pk)], actions=[greeting])
    company.opens("bob", "hello")
    (answer,) = company.got(1)
    assert (answer["content"], answer["sent_via_rule"], answer["staff_id"]) == ("We are on our way", 1, 0)


@pytest.mark.seed("001", "the response will indicate the user_id, which you need to save on your side")
def test_the_user_id_of_the_first_case_serves_for_all_other_calls(company: Company) -> None:
    made = company.opens("bob", "hello")
    company.ann_answers(made["case_number"], "hi")
    user = company.got(1)[0]["user_id"]
    assert user == made["user_id"]
    (last,) = company.call("GET", f"cases/?user_id={user}&show_active_chats=true")["results"]
    assert (last["case_id"], last["status"]) == (made["case_id"], "open")
    more = company.call("POST", f"cases/{last['case_id']}/messages/", {"user_id": user, "content": "ok"}, expect=201)
    assert more["case_id"] == made["case_id"]
    changed = company.call("PATCH", f"users/{user}/", {"user_full_name": "Bob Brown"})
    assert changed["user_full_name"] == "Bob Brown"
    wait_for(lambda: company.call("GET", f"cases/{made['case_id']}/")["messages_count"] == 3)
