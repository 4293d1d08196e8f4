"""The door to the admin is the desk's own: with its limits and its second factor."""

import socket
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from django.core.cache.backends.db import DatabaseCache
from django.core.management import call_command
from django.db import connection
from django.test import Client

from helpdesk.live import wake
from helpdesk.users.models import Agent
from tests import world

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _no_tries_yet(db):
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, email: str = "ada@example.com", password: str = world.PASSWORD, **more):
    return client.post(LOGIN, {"login": email, "password": password, **more})


def agent_of(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/users/agent/", "/admin/cases/label/1/delete/"])
def test_a_stranger_is_led_to_the_sign_in_of_the_desk(client, path):
    answer = client.get(path, follow=True)
    address, _status = answer.redirect_chain[-1]
    assert address.startswith(f"{LOGIN}?next=")
    assert answer.status_code == 200


def test_a_form_that_is_posted_to_the_login_of_the_admin_signs_nobody_in(client, ada):
    answer = client.post("/admin/login/", {"username": ada.email, "password": world.PASSWORD})
    assert answer.url.startswith(LOGIN)
    assert agent_of(client) is None


def test_an_administrator_comes_to_the_page_that_was_asked_for(client, ada):
    answer = sign_in(client, next="/admin/users/agent/")
    assert answer.url == "/admin/users/agent/"
    assert client.get("/admin/users/agent/").status_code == 200


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/users/agent/", "/admin/cases/label/add/"])
def test_an_agent_who_is_no_administrator_gets_no_page_of_the_admin(client, path):
    client.force_login(world.agent())
    answer = client.get(path, follow=True)
    assert answer.status_code == 403
    assert b"Agents" not in answer.content


def test_an_administrator_who_is_switched_off_is_out(admin, ada):
    Agent.objects.filter(pk=ada.pk).update(is_active=False)
    assert admin.open("").address.startswith(LOGIN)


def test_the_password_is_changed_on_the_page_of_the_desk(admin):
    assert admin.open("password_change/").address == "/accounts/password/change/"


def test_a_next_address_elsewhere_is_not_followed(client, ada):
    assert sign_in(client, next="https://evil.example/").url == "/"


def test_when_an_administrator_changes_an_address_the_old_one_opens_nothing(client, admin):
    ann = world.agent()
    stranger = Client()
    sign_in(stranger, email="ann@example.com")
    stranger.get("/accounts/email/")
    admin.open(f"users/agent/{ann.pk}/change/").send(email="anna@example.com")
    old, new = Client(), Client()
    sign_in(old, email="ann@example.com")
    sign_in(new, email="anna@example.com")
    assert (agent_of(old), agent_of(new)) == (None, str(ann.pk))


# --- limits ---


@pytest.mark.both
def test_after_five_wrong_passwords_the_right_one_is_refused_too_for_a_while(client, ada):
    for _ in range(5):
        assert "not correct" in sign_in(client, password="wrong").content.decode()
    answer = sign_in(client)
    assert "Too many failed login attempts" in answer.content.decode()
    assert agent_of(client) is None


@pytest.mark.both
def test_another_agent_can_sign_in_meanwhile(client, ada):
    world.agent()
    for _ in range(6):
        sign_in(client, password="wrong")
    sign_in(client, email="ann@example.com")
    assert agent_of(client) is not None


@pytest.mark.both
def test_tries_are_counted_in_the_database_and_so_for_all_processes(client, ada):
    assert isinstance(caches["default"], DatabaseCache)
    sign_in(client, password="wrong")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache WHERE cache_key LIKE %s", ["%login_failed%"])
        assert cursor.fetchone()[0] == 2  # one for the address of the computer, one for the account


@pytest.mark.both
def test_with_a_redis_that_hangs_people_sign_in_and_wrong_tries_are_counted(transactional_db, monkeypatch):
    ada = world.admin()
    with socket.create_server(("127.0.0.1", 0)) as frozen:  # takes connections, and never says a word
        monkeypatch.setattr(wake, "BELL", wake.Bell(f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"))
        client, began = Client(), time.monotonic()
        sign_in(client)
        assert agent_of(client) == str(ada.pk)
        client.post("/accounts/logout/")
        assert time.monotonic() - began < 5
        for _ in range(5):
            sign_in(Client(), password="wrong")
        assert "Too many failed login attempts" in sign_in(Client()).content.decode()


def test_behind_a_proxy_tries_are_counted_for_the_visitor(ada, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(11):
        client = Client(headers={"X-Forwarded-For": "203.0.113.9"})
        sign_in(client, email=f"nobody{number}@example.com")
    answer = sign_in(Client(headers={"X-Forwarded-For": "203.0.113.9"}))
    assert "Too many failed login attempts" in answer.content.decode()
    elsewhere = Client(headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
    assert sign_in(elsewhere).status_code == 302


def test_the_number_of_proxies_is_that_of_the_desk():
    assert configured.ALLAUTH_TRUSTED_PROXY_COUNT == configured.TRUSTED_PROXIES


@pytest.mark.both
def test_the_table_of_the_counters_comes_with_the_migration(db):
    """Also where somebody has lost it."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache")
    call_command("migrate", verbosity=0)
    cache.set("tries", [1])
    assert cache.get("tries") == [1]


# --- sessions ---


def test_the_session_gets_another_key_at_sign_in(client, ada):
    client.get(f"{LOGIN}?next=/admin/")
    session = client.session
    session["before"] = True
    session.save()
    client.cookies[configured.SESSION_COOKIE_NAME] = session.session_key
    sign_in(client)
    assert agent_of(client) == str(ada.pk)
    assert client.session.session_key != session.session_key
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_signing_out_takes_a_post_and_ends_the_session(admin):
    key = admin.client.session.session_key
    assert b"<form" in admin.client.get("/accounts/logout/").content
    assert Session.objects.filter(session_key=key).exists()
    admin.client.post("/accounts/logout/")
    assert not Session.objects.filter(session_key=key).exists()
    assert admin.open("").address.startswith(LOGIN)


def test_the_way_out_of_the_admin_needs_the_token_of_its_form(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.post("/accounts/logout/").status_code == 403
    assert client.get("/admin/").status_code == 200


def test_a_form_of_the_admin_needs_its_token_too(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.post("/admin/cases/label/add/", {"title": "refund"}).status_code == 403


# --- second factor ---


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def activate(client: Client) -> str:
    """Sets up a code app as its page asks for it, password first, and gives its secret."""
    ask = client.get("/accounts/2fa/totp/activate/", follow=True)
    address, _status = ask.redirect_chain[-1]
    page = client.post(address, {"password": world.PASSWORD}, follow=True)
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    assert client.post("/accounts/2fa/totp/activate/", {"code": code(secret)}).status_code == 302
    return secret


@pytest.mark.parametrize("path", ["/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/password/change/"])
def test_the_pages_of_the_own_account_are_there(client, ada, path):
    sign_in(client)
    assert client.get(path, follow=True).status_code == 200


def test_with_a_second_factor_the_password_alone_opens_nothing(client, ada):
    sign_in(client)
    secret = activate(client)
    newcomer = Client()
    answer = sign_in(newcomer, next="/admin/")
    assert answer.url.startswith("/accounts/2fa/authenticate/")
    assert newcomer.get("/admin/").status_code == 302
    assert agent_of(newcomer) is None
    cache.clear()  # the code was used up a moment ago; another one would come in half a minute
    newcomer.post("/accounts/2fa/authenticate/", {"code": code(secret)})
    assert newcomer.get("/admin/").status_code == 200


def test_a_wrong_code_opens_nothing(client, ada):
    sign_in(client)
    secret = activate(client)
    newcomer = Client()
    sign_in(newcomer)
    wrong = f"{(int(code(secret)) + 1) % 1_000_000:06d}"
    newcomer.post("/accounts/2fa/authenticate/", {"code": wrong})
    assert agent_of(newcomer) is None


def test_the_secret_of_the_second_factor_is_stored_encrypted(client, ada):
    sign_in(client)
    secret = activate(client)
    stored = ada.authenticator_set.get(type="totp")
    assert secret not in str(stored.data)
    cache.clear()  # the code was used up a moment ago
    assert TOTP(stored).validate_code(code(secret))
