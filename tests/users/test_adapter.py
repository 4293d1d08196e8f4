"""How agents sign in: nobody signs up, second factors stay secret and are never passed by."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from helpdesk.ops import sign_in
from helpdesk.users.adapter import SecondFactor
from helpdesk.users.models import Agent
from tests import world

pytestmark = pytest.mark.django_db


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.fixture
def secret() -> str:
    """The secret of Ann's second factor."""
    made: str = generate_totp_secret()
    TOTP.activate(world.agent("Ann"), made)
    return made


def test_nobody_makes_an_account_of_their_own(client: Client) -> None:
    form = {"email": "eve@example.com", "password1": world.PASSWORD}
    client.post("/accounts/signup/", form)
    assert not Agent.objects.exists()
    assert not signed_in(client)


def test_a_second_factor_is_stored_encrypted(secret: str) -> None:
    stored = Authenticator.objects.get().data["secret"]
    assert secret not in stored
    assert SecondFactor().decrypt(stored) == secret


@pytest.mark.usefixtures("secret")
def test_a_password_alone_does_not_pass_a_second_factor(client: Client) -> None:
    form = {"login": "ann@example.com", "password": world.PASSWORD}
    assert client.post("/accounts/login/", form)["Location"] == "/accounts/2fa/authenticate/"
    assert not signed_in(client)


@pytest.mark.usefixtures("secret")
def test_a_one_time_link_does_not_pass_a_second_factor(client: Client) -> None:
    link = sign_in.link(Agent.objects.get()).removeprefix("http://localhost:8000")
    assert client.post(link)["Location"] == "/accounts/2fa/authenticate/"
    assert not signed_in(client)


@pytest.mark.usefixtures("secret")
def test_the_admin_has_no_door_of_its_own(client: Client) -> None:
    Agent.objects.update(is_admin=True)
    client.post("/admin/login/", {"username": "ann@example.com", "password": world.PASSWORD})
    assert not signed_in(client)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
