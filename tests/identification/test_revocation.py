"""“Tokens before now are void”: for one person, at once, whoever asks and however the person is linked later."""

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from helpdesk.channels.models import Widget
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.users.models import Person, Profile
from helpdesk.users.services import blocking, identity, profiles
from identification import keys, services, tokens
from identification.errors import BadToken
from identification.models import Code, SigningKey
from identification.services import proving, revoking
from tests import world
from tests.admin.pages import Admin
from tests.identification.asking import ask, claims, problem, sign

pytestmark = [pytest.mark.django_db, pytest.mark.promise("A30")]


@pytest.fixture
def account(db: None) -> Profile:
    """Bob's account at the company."""
    return profiles.meet("external", "42", level=3)


def token(key: SigningKey, issued: float | None, who: str = "42") -> str:
    return sign(key, claims(external_id=who, iat=... if issued is None else int(issued)))


def believed(text: str, widget: Widget) -> bool:
    """Whether a token is; one that is not was revoked."""
    try:
        return bool(tokens.verify(text, widget=widget))
    except BadToken as refusal:
        if refusal.code != "revoked":
            raise
        return False


def test_older_tokens_are_refused_and_newer_ones_are_not(
    site: Client, widget: Widget, key: SigningKey, account: Profile
) -> None:
    old = token(key, time.time() - 5)
    assert ask(site, widget, {"token": old}).status_code == 201
    services.revoke_tokens(account, by=None)
    assert problem(ask(site, widget, {"token": old})) == (401, "revoked")
    assert ask(site, widget, {"token": token(key, time.time() + 1)}).status_code == 201
    assert problem(ask(site, widget, {"token": token(key, time.time() - 5)})) == (401, "revoked")


def test_a_token_that_does_not_say_when_it_was_made_is_refused_from_then_on(
    widget: Widget, key: SigningKey, account: Profile
) -> None:
    assert believed(token(key, None), widget)
    services.revoke_tokens(account, by=None)
    assert not believed(token(key, None), widget)
    assert believed(token(key, None, "carol"), widget)


def test_nobody_else_is_touched(widget: Widget, key: SigningKey, account: Profile) -> None:
    profiles.meet("external", "43", level=3)
    services.revoke_tokens(account, by=None)
    assert believed(token(key, time.time() - 5, "43"), widget)
    assert believed(token(key, time.time() - 5, "never seen"), widget)


def test_codes_that_a_token_made_are_void_and_those_of_the_server_are_not(
    site: Client, widget: Widget, key: SigningKey, bob: Profile, account: Profile
) -> None:
    code = ask(site, widget, {"token": token(key, time.time())}).json()["code"]
    services.revoke_tokens(account, by=None)
    world.says(bob, code)
    bob.refresh_from_db()
    assert bob.level < 2
    text, _code = services.make_code({"external_id": "42"}, by=None)
    services.revoke_tokens(account, by=None)
    world.says(bob, text)
    bob.refresh_from_db()
    assert bob.level == 3


def test_what_is_linked_stays_linked_and_it_is_on_record(bob: Profile, account: Profile) -> None:
    identity.prove(bob, account, method="token", level=3, evidence={}, by=None)
    ada = world.admin()
    before = services.revoke_tokens(bob, by=ada)
    bob.refresh_from_db()
    assert (bob.person_id, bob.level) == (account.person_id, 3)
    assert bob.person.tokens_void_before == before
    event = Event.objects.get(kind="person.tokens_revoked")
    assert (event.actor_id, event.person_id) == (ada.pk, account.person_id)


def test_a_revocation_follows_the_account_through_merge_split_and_undo(
    widget: Widget, key: SigningKey, account: Profile
) -> None:
    old = token(key, time.time() - 5)
    services.revoke_tokens(account, by=None)
    into = profiles.meet("email", "bob@example.com").person
    merged = identity.merge(account.person, into, by=None)
    assert not believed(old, widget)
    identity.undo(merged, by=None)
    assert not believed(old, widget)
    account.refresh_from_db()
    identity.split([account], by=None)
    assert Person.objects.get(profiles=account).tokens_void_before is None
    assert not believed(old, widget)


def test_who_was_merged_by_mistake_after_a_revocation_is_free_again_with_the_undo(
    widget: Widget, key: SigningKey, account: Profile
) -> None:
    carol = profiles.meet("external", "carol", level=3)
    services.revoke_tokens(account, by=None)
    merged = identity.merge(carol.person, account.person, by=None)
    of_carol = token(key, time.time() - 5, "carol")
    assert not believed(of_carol, widget)
    identity.undo(merged, by=None)
    assert believed(of_carol, widget)


def test_after_an_account_has_left_a_later_revocation_reaches_what_was_signed_until_then(
    widget: Widget, key: SigningKey, account: Profile, bob: Profile
) -> None:
    identity.prove(bob, account, method="token", level=3, evidence={}, by=None)
    person = account.person
    with time_machine.travel(timezone.now(), tick=False) as clock:
        before = time.time()
        clock.shift(100)
        identity.unlink(account, by=None)
        clock.shift(100)
        bob.refresh_from_db()
        assert bob.person_id == person.pk
        services.revoke_tokens(bob, by=None)
        assert not believed(token(key, before), widget)
        assert believed(token(key, time.time() - 50), widget)


def test_a_revocation_during_the_making_of_a_code_wins(
    monkeypatch: pytest.MonkeyPatch, site: Client, widget: Widget, key: SigningKey, account: Profile
) -> None:
    """As in a race: the token was checked, then somebody revokes, then the code is made."""

    def verify(text: str, *, widget: Widget) -> tokens.Claims:
        said = tokens.verify(text, widget=widget)
        services.revoke_tokens(account, by=None)
        return said

    monkeypatch.setattr(proving, "verify", verify)
    assert problem(ask(site, widget, {"token": token(key, time.time() - 5)})) == (401, "revoked")
    assert not Code.objects.exists()


def test_the_check_is_one_query(account: Profile, django_assert_num_queries: Any) -> None:
    services.revoke_tokens(account, by=None)
    with django_assert_num_queries(1), pytest.raises(BadToken):
        revoking.check("external", "42", timezone.now() - timedelta(hours=1))


def test_a_verb_that_fails_revokes_nothing(account: Profile) -> None:
    @occasion
    def work() -> None:
        services.revoke_tokens(account, by=None)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert Person.objects.get(pk=account.person_id).tokens_void_before is None


# --- API and admin ---


def test_the_api_revokes_for_admins(widget: Widget, key: SigningKey, account: Profile) -> None:
    ada, ann = world.admin(), world.agent("Ann")
    path = f"/api/v1/users/{account.pk}/revoke_tokens/"

    def post(text: str, where: str = path) -> Any:
        return Client(headers={"Authorization": f"Bearer {text}"}).post(where, content_type="application/json")

    for text in (world.api_key(ann), world.api_key(ada, "write"), world.api_key(ada, "read")):
        assert post(text).status_code == 403
    assert believed(token(key, time.time() - 5), widget)
    answer = post(world.api_key(ada, "admin"))
    assert answer.status_code == 200
    person = Person.objects.get(profiles=account)
    assert person.tokens_void_before
    before = person.tokens_void_before.isoformat()
    assert answer.json() == {"user_id": account.pk, "person_id": person.pk, "tokens_void_before": before}
    assert not believed(token(key, time.time() - 5), widget)
    for nobody in ("0", "987654", "x", "9" * 30):
        assert post(world.api_key(ada, "admin"), f"/api/v1/users/{nobody}/revoke_tokens/").status_code == 404


def test_an_admin_revokes_by_the_company_s_own_id(
    client: Client, widget: Widget, key: SigningKey, account: Profile
) -> None:
    client.force_login(world.admin())
    page = Admin(client).open("identification/signingkey/console/")
    assert "_revoke" in page.read.buttons
    answer = client.post(page.address, {"external_id": "nobody", "_revoke": "1"})
    assert "Nobody with this id is known" in answer.content.decode()
    assert client.post(page.address, {"external_id": "null", "_revoke": "1"}).status_code == 200
    assert believed(token(key, time.time() - 5), widget)
    answer = client.post(page.address, {"external_id": "42", "_revoke": "1"}, follow=True)
    assert "are void" in answer.content.decode()
    assert not believed(token(key, time.time() - 5), widget)


@pytest.mark.both
def test_a_retired_key_a_block_and_a_revocation_each_stop_a_replay(
    site: Client, widget: Widget, key: SigningKey, account: Profile
) -> None:
    """Attack 30: the same good token again, after each of the three."""
    good = token(key, time.time() - 5)
    assert ask(site, widget, {"token": good}).status_code == 201
    blocking.block(account.person, by=None)
    assert problem(ask(site, widget, {"token": good})) == (403, "blocked")
    blocking.unblock(account.person, by=None)
    services.revoke_tokens(account, by=None)
    assert problem(ask(site, widget, {"token": good})) == (401, "revoked")
    keys.retire(key, by=None)
    assert problem(ask(site, widget, {"token": good})) == (401, "unknown_key")
