"""One-time links: they sign in once, for an hour, and only by pressing a button."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from helpdesk.ops import sign_in
from helpdesk.users.models import Agent
from tests import world
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def path(agent: Agent) -> str:
    return sign_in.link(agent).removeprefix("http://localhost:8000")


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_looking_at_the_link_does_not_use_it_up(client: Client) -> None:
    link = path(world.agent("Ann"))
    for _ in range(3):
        assert client.get(link).status_code == 200
        assert not signed_in(client)
    client.post(link)
    assert signed_in(client)


def test_it_works_once(client: Client) -> None:
    link = path(world.agent("Ann"))
    client.post(link)
    eve = Client()
    for answer in (eve.post(link), eve.get(link)):
        assert answer.status_code == 410
        assert "used already" in answer.content.decode()
    assert not signed_in(eve)


def test_it_works_for_an_hour(client: Client) -> None:
    link = path(world.agent("Ann"))
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert client.post(link).status_code == 410
    assert not signed_in(client)


def test_a_sign_in_by_password_ends_it(client: Client) -> None:
    ann = world.agent("Ann")
    link = path(ann)
    Client().post("/accounts/login/", {"login": ann.email, "password": world.PASSWORD})
    assert client.post(link).status_code == 410


def test_a_new_password_ends_it(client: Client) -> None:
    ann = world.agent("Ann")
    link = path(ann)
    ann.set_password("another horse battery")
    ann.save(update_fields=["password"])
    assert client.post(link).status_code == 410


def test_an_agent_who_was_switched_off_does_not_come_in(client: Client) -> None:
    ann = world.agent("Ann")
    link = path(ann)
    Agent.objects.filter(pk=ann.pk).update(is_active=False)
    assert client.post(link).status_code == 410


@pytest.mark.parametrize("spoil", [lambda s: s[:-2] + "/", lambda s: s.replace("sign-in/", "sign-in/x")])
def test_a_changed_link_is_none(client: Client, spoil: Any) -> None:
    assert client.post(spoil(path(world.agent("Ann")))).status_code == 410
    assert not signed_in(client)


def test_it_asks_for_the_token_of_the_form(client: Client) -> None:
    link = path(world.agent("Ann"))
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link).status_code == 403
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', strict.get(link).content.decode())
    assert token is not None
    strict.post(link, {"csrfmiddlewaretoken": token[1]})
    assert signed_in(strict)


def test_who_has_no_password_yet_chooses_one_first(client: Client) -> None:
    answer = client.post(path(sign_in.first_admin("ada@example.com")))
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/set/")
    assert client.get(answer["Location"]).status_code == 200


def test_it_opens_the_admin_for_the_first_administrator(client: Client) -> None:
    client.post(path(sign_in.first_admin("ada@example.com")))
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_it_at_the_same_moment_one_comes_in() -> None:
    token = sign_in.link(world.agent("Ann")).rstrip("/").rsplit("/", 1)[1]

    def use(token: str) -> str:
        try:
            return sign_in.redeem(token).email
        except sign_in.LinkGone:
            return "gone"

    assert sorted(at_once(use, [token] * 3)) == ["ann@example.com", "gone", "gone"]


def test_the_command_makes_an_administrator_where_asked(capsys: pytest.CaptureFixture[str], client: Client) -> None:
    call_command("sign_in_link", "Ada@Example.com", "--admin")
    link = capsys.readouterr().out.strip()
    client.post(link.removeprefix("http://localhost:8000"))
    assert signed_in(client)
    assert Agent.objects.get().is_admin


def test_the_command_lifts_an_agent_where_asked() -> None:
    world.agent("Ann")
    call_command("sign_in_link", "ann@example.com", "--admin", verbosity=0)
    assert Agent.objects.get().is_admin


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["eve@example.com"], "There is no agent with the address eve@example.com"),
        (["eve", "--admin"], "eve is not an e-mail address"),
        (["off@example.com", "--admin"], "switched off"),
    ],
)
def test_the_command_makes_nobody_by_mistake(words: list[str], sentence: str) -> None:
    Agent.objects.create_user("off@example.com", is_active=False)
    with pytest.raises(CommandError, match=sentence):
        call_command("sign_in_link", *words)
    assert Agent.objects.count() == 1
