"""One session of the company's site is void: its tokens, the codes made with them, and nothing else."""

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.test import Client
from django.utils import timezone

from helpdesk.channels.models import Widget
from helpdesk.events.models import Event
from helpdesk.users.models import Profile
from helpdesk.users.services import identity, profiles
from identification import console, services, tokens
from identification.errors import BadToken
from identification.models import Code, RevokedSession, SigningKey
from identification.services import proving, revoking
from identification.services.forgetting import forget_old
from tests import world
from tests.admin.pages import Admin
from tests.identification.asking import ask, claims, problem, sign

pytestmark = [pytest.mark.django_db, pytest.mark.promise("A30")]


@pytest.fixture
def account(db: None) -> Profile:
    """Bob's account at the company."""
    return profiles.meet("external", "42", level=3)


def token(key: SigningKey, **more: Any) -> str:
    return sign(key, claims(**{"iat": int(time.time()), **more}))


def refusal(text: str, widget: Widget) -> str:
    """Why a token is refused; empty where it is believed."""
    try:
        tokens.verify(text, widget=widget)
    except BadToken as refused:
        return refused.code
    return ""


@pytest.mark.parametrize("name", ["sid", "jti"])
def test_only_the_tokens_of_that_session_are_refused(
    site: Client, widget: Widget, key: SigningKey, account: Profile, name: str
) -> None:
    laptop, phone = token(key, **{name: "laptop"}), token(key, **{name: "phone"})
    services.revoke_session(account, "laptop", by=None)
    assert problem(ask(site, widget, {"token": laptop})) == (401, "revoked")
    assert ask(site, widget, {"token": phone}).status_code == 201
    assert ask(site, widget, {"token": token(key)}).status_code == 201
    assert refusal(token(key, **{name: "laptop", "exp": int(time.time()) + 3600}), widget) == "revoked"


def test_a_token_with_both_is_void_by_either(widget: Widget, key: SigningKey, account: Profile) -> None:
    both = token(key, sid="laptop", jti="7")
    assert refusal(both, widget) == ""
    services.revoke_session(account, "7", by=None)
    assert refusal(both, widget) == "revoked"
    assert refusal(token(key, sid="laptop", jti="8"), widget) == ""


def test_a_session_of_the_same_name_of_somebody_else_goes_on(widget: Widget, key: SigningKey, account: Profile) -> None:
    profiles.meet("external", "43", level=3)
    services.revoke_session(account, "1", by=None)
    assert refusal(token(key, sid="1"), widget) == "revoked"
    assert refusal(token(key, sid="1", external_id="43"), widget) == ""
    # Neither do two that only look alike when they are written one after the other.
    services.revoke_session(profiles.meet("external", "4", level=3), "2 1", by=None)
    assert refusal(token(key, sid="1", external_id="4 2"), widget) == ""


def test_a_site_that_counts_its_sessions_may_write_numbers(widget: Widget, key: SigningKey, account: Profile) -> None:
    services.revoke_session(account, "17", by=None)
    assert refusal(token(key, sid=17), widget) == "revoked"
    assert refusal(token(key, sid=18), widget) == ""
    for wrong in (["17"], True, 1.5, {"a": 1}, "x" * 256, 10**300):
        assert refusal(token(key, sid=wrong), widget) == "bad_claim"


def test_unused_codes_of_that_session_are_void_and_others_are_not(
    site: Client, widget: Widget, key: SigningKey, bob: Profile, account: Profile
) -> None:
    code = ask(site, widget, {"token": token(key, sid="laptop")}).json()["code"]
    services.revoke_session(account, "phone", by=None)
    assert Code.objects.get().voided_at is None
    services.revoke_session(account, "laptop", by=None)
    world.says(bob, code)
    bob.refresh_from_db()
    assert bob.level < 2
    assert Code.objects.get().payload == ""
    world.says(bob, ask(site, widget, {"token": token(key, sid="phone-2")}).json()["code"])
    bob.refresh_from_db()
    assert bob.level == 3


def test_it_may_be_named_by_any_profile_of_the_person_and_follows_the_account(
    widget: Widget, key: SigningKey, bob: Profile, account: Profile
) -> None:
    identity.prove(bob, account, method="token", level=3, evidence={}, by=None)
    ada = world.admin()
    services.revoke_session(bob, "laptop", by=ada)
    text = token(key, sid="laptop")
    assert refusal(text, widget) == "revoked"
    event = Event.objects.get(kind="person.session_revoked")
    assert (event.actor_id, event.person_id) == (ada.pk, account.person_id)
    assert "laptop" not in str(event.data)
    account.refresh_from_db()
    identity.split([account], by=None)
    assert refusal(text, widget) == "revoked"


def test_who_has_no_account_has_no_session(bob: Profile) -> None:
    with pytest.raises(revoking.NoAccount):
        services.revoke_session(bob, "laptop", by=None)
    assert not RevokedSession.objects.exists()


def test_a_revocation_during_the_making_of_a_code_wins(
    monkeypatch: pytest.MonkeyPatch, site: Client, widget: Widget, key: SigningKey, account: Profile
) -> None:
    def verify(text: str, *, widget: Widget) -> tokens.Claims:
        said = tokens.verify(text, widget=widget)
        services.revoke_session(account, "laptop", by=None)
        return said

    monkeypatch.setattr(proving, "verify", verify)
    assert problem(ask(site, widget, {"token": token(key, sid="laptop")})) == (401, "revoked")
    assert not Code.objects.exists()


def test_it_is_forgotten_when_no_token_of_it_can_live(widget: Widget, key: SigningKey, account: Profile) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        day = int(time.time()) + 24 * 3600
        text = token(key, sid="laptop", exp=day)
        services.revoke_session(account, "laptop", by=None)
        clock.shift(timedelta(hours=24, seconds=59))
        forget_old()
        assert refusal(text, widget) == "revoked"
        clock.shift(timedelta(hours=1))
        assert forget_old() >= 1
        assert not RevokedSession.objects.exists()
        assert refusal(text, widget) == "expired"


def test_what_names_a_session_may_not_outlive_the_memory_of_it(
    widget: Widget, key: SigningKey, account: Profile
) -> None:
    """Made for nine days, it would be refused for eight, and believed on the ninth."""
    soon = int(time.time()) + 3600
    long_ago = soon - 9 * 24 * 3600
    assert refusal(token(key, iat=long_ago, exp=soon, sid="laptop"), widget) == "bad_claim"
    assert refusal(token(key, iat=long_ago, exp=soon), widget) == ""


def test_no_name_of_a_session_is_kept_and_a_change_of_keys_forgets_none(
    settings: Any, site: Client, widget: Widget, key: SigningKey, account: Profile
) -> None:
    ask(site, widget, {"token": token(key, sid="laptop")})
    services.revoke_session(account, "laptop", by=None)
    assert "laptop" not in str([*RevokedSession.objects.values(), *Code.objects.values(), *Event.objects.values()])
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    assert refusal(token(key, sid="laptop"), widget) == "revoked"


def test_a_token_that_names_no_session_costs_no_query(account: Profile, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        revoking.check_sessions("42", ())
    with django_assert_num_queries(1):
        revoking.check_sessions("42", ("laptop", "7"))


def test_the_console_says_that_a_session_can_be_revoked_and_that_it_was(
    widget: Widget, key: SigningKey, account: Profile
) -> None:
    text = token(key, sid="laptop")
    found = console.examine(text, widget=widget)
    assert (found.refusal, [one.state for one in found.findings if "sid" in one.about]) == ("", ["ok"])
    services.revoke_session(account, "laptop", by=None)
    found = console.examine(text, widget=widget)
    assert found.refusal == "revoked"
    assert [one.sentence for one in found.findings if "sid" in one.about] == ["This session was revoked."]
    assert not [one for one in console.examine(token(key), widget=widget).findings if "sid" in one.about]


def test_the_api_revokes_one_session_for_administrators(widget: Widget, key: SigningKey, account: Profile) -> None:
    ada, ann = world.admin(), world.agent("Ann")
    path = f"/api/v1/users/{account.pk}/revoke_tokens/"

    def post(text: str, body: Any) -> Any:
        client = Client(headers={"Authorization": f"Bearer {text}"})
        return client.post(path, body, content_type="application/json")

    assert post(world.api_key(ann), {"session": "laptop"}).status_code == 403
    admin = world.api_key(ada, "admin")
    for wrong in ({"session": ""}, {"session": 7}, {"session": "x" * 256}, {"sid": "laptop"}, {"session": None}):
        assert post(admin, wrong).status_code == 400
    assert refusal(token(key, sid="laptop"), widget) == ""
    answer = post(admin, {"session": "laptop"})
    assert answer.json() == {"user_id": account.pk, "person_id": account.person_id, "session": "laptop"}
    assert post(admin, {"session": "laptop"}).status_code == 200
    assert refusal(token(key, sid="laptop"), widget) == "revoked"
    assert refusal(token(key, sid="phone"), widget) == ""
    account.person.refresh_from_db()
    assert account.person.tokens_void_before is None


def test_the_api_says_where_no_token_can_be_meant(bob: Profile) -> None:
    client = Client(headers={"Authorization": f"Bearer {world.api_key(world.admin(), 'admin')}"})
    path = f"/api/v1/users/{bob.pk}/revoke_tokens/"
    assert problem(client.post(path, {"session": "x"}, content_type="application/json")) == (422, "no_account")


def test_an_admin_revokes_one_session_on_the_page_of_tokens(
    client: Client, widget: Widget, key: SigningKey, account: Profile
) -> None:
    ada, address = world.admin(), "identification/signingkey/console/"
    client.force_login(ada)
    laptop, phone = token(key, sid="laptop"), token(key, sid="phone")
    unknown = Admin(client).open(address).send("_revoke", external_id="nobody", session="laptop")
    assert "Nobody with this id is known" in unknown.text
    assert (
        "at most 255 characters"
        in Admin(client).open(address).send("_revoke", external_id="42", session="x" * 256).text
    )
    assert not RevokedSession.objects.exists()
    done = Admin(client).open(address).send("_revoke", external_id="42", session="laptop")
    assert "The tokens of this one session of 42 are void." in done.text
    assert "laptop" not in done.html
    assert (refusal(laptop, widget), refusal(phone, widget), refusal(token(key), widget)) == ("revoked", "", "")
    account.person.refresh_from_db()
    assert account.person.tokens_void_before is None
    assert Event.objects.get(kind="person.session_revoked").actor_id == ada.pk
