"""Wrong proofs, each as good as somebody could make it, and the right ones that they imitate."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from hashlib import sha256
from http.cookies import SimpleCookie
from typing import Any

import jwt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from helpdesk.channels.models import Widget
from helpdesk.users.models import Link
from helpdesk.users.services import profiles
from identification import keys
from identification.services import notices, revoking
from tests import test_rights as table
from tests import world
from tests.identification import pairs
from tests.identification.asking import by_hand, claims, sign
from tests.identification.bridging import bridge, hash_of

STRICT = ClientHandler(enforce_csrf_checks=True)
BOB, EVE, CAROL = "B-42", "E-13", "C-7"  # their ids in the company's database
SESSION = "a session that has ended"
# Secrets of hashes that do not count.
OF_ANOTHER, OF_ENDED, OF_RETIRED, OF_INTERCOM = (f"a secret of hashes, number {number}" for number in range(4))
# Where no session counts, but a key or a token.
NO_SESSIONS = ("/api/", "/widget/")


@dataclass(frozen=True)
class Proof:
    """client: who asks; ids: what stands in path and body for {token}, {hash} and {undo}. foreign: with Dora's ids.

    where, not_where: how the paths begin at which anybody looks at such a proof. reads: whether it matters to GET.
    """

    name: str
    client: Callable[[], Client]
    ids: Mapping[str, str] = field(default_factory=dict)
    foreign: bool = False
    where: tuple[str, ...] = ("/",)
    not_where: tuple[str, ...] = ()
    reads: bool = True


def strict(cookies: Mapping[str, str], token: str = "", origin: str = "") -> Callable[[], Client]:
    """A browser whose requests are checked for forgery, as in production."""
    headers = {"X-CSRFToken": token, "Origin": origin}

    def make() -> Client:
        made = Client(raise_request_exception=False, headers={name: value for name, value in headers.items() if value})
        made.handler = STRICT
        made.cookies = SimpleCookie(dict(cookies))
        return made

    return make


def of_sessions(ada: Any) -> list[Proof]:
    """Sessions that are none, a judge's own without what shows that the page is ours, and last a right one."""
    first = Client()
    first.force_login(ada)
    cookies = {name: morsel.value for name, morsel in first.cookies.items()}
    other = Client()
    other.force_login(ada)
    Session.objects.filter(pk=other.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    expired = {name: morsel.value for name, morsel in other.cookies.items()}
    own = {**cookies, settings.CSRF_COOKIE_NAME: "a" * 32}
    none = {"ada, expired": strict(expired), "made up": strict({settings.SESSION_COOKIE_NAME: "x" * 32})}
    hers = {
        "ada without CSRF": strict(cookies),
        "ada with a made-up CSRF token": strict(own, "b" * 32),
        "ada from another site": strict(own, "a" * 32, "https://evil.example"),
        "ada": strict(own, "a" * 32),
    }
    return [
        Proof(name, browser, not_where=NO_SESSIONS, reads=name in none) for name, browser in {**none, **hers}.items()
    ]


def of_keys(desk: table.Desk, token: str) -> list[Proof]:
    """What stands in the place of an API key and is none; and a good one for what is Dora's."""
    made_up = {"hd_": "a made-up key", token: "a token as key", "null": "null as key"}
    found = [Proof(name, partial(table.client, text), where=NO_SESSIONS) for text, name in made_up.items()]
    return found + [Proof(f"{role}, of Dora", desk.clients[role], foreign=True) for role in ("key of ann", "ann")]


def of_tokens(widget: Widget) -> dict[str, str]:
    """{what is wrong with it: token}, all of them about Bob but Eve's own and those of whom was revoked."""
    key, retired, pair = keys.make("Shop", by=None)[0], keys.make("Old", by=None)[0], pairs.added("RS256")
    keys.retire(retired, by=None)
    account = profiles.meet("external", CAROL, level=3)
    revoking.revoke_tokens(account, by=None)
    revoking.revoke_session(profiles.meet("external", BOB, level=3), SESSION, by=None)
    now = int(time.time())
    mine = claims(external_id=BOB, email="bob@example.com", email_verified=True)
    good = sign(key, mine)
    head, body, _signature = good.split(".")
    return {
        "no token": "",
        "garbage": "x.y.z",
        "not signed": f"{head}.{body}.",
        "alg none": by_hand({"alg": "none", "kid": key.kid, "typ": "JWT"}, mine, "").rpartition(".")[0] + ".",
        "signed with another secret": jwt.encode(mine, "another secret of 32 characters.", headers={"kid": key.kid}),
        "HS256 with the public key": by_hand({"alg": "HS256", "kid": pair.kid}, mine, pair.public_key),
        "of no key of ours": jwt.encode(mine, key.secret, headers={"kid": "key_of_eve"}),
        "of no kid": jwt.encode(mine, key.secret),
        "of a retired key": sign(retired, mine),
        "with its own key": sign(key, mine, {"kid": pair.kid, "jwk": pairs.jwk("RS256")}),
        "another body": f"{head}.{sign(key, {**mine, 'external_id': EVE}).split('.')[1]}.{_signature}",
        "expired": sign(key, {**mine, "exp": now - 61}),
        "not yet valid": sign(key, {**mine, "nbf": now + 3600}),
        "of too long a life": sign(key, {**mine, "exp": now + 90_000}),
        "without an end": sign(key, {name: value for name, value in mine.items() if name != "exp"}),
        "for another widget": sign(key, {**mine, "aud": Widget.objects.create(title="Elsewhere").public_id}),
        "of a revoked person": sign(key, {**mine, "external_id": CAROL, "iat": now - 30}),
        "of a revoked session": sign(key, {**mine, "sid": SESSION, "iat": now}),
        "of nobody": sign(key, {**mine, "external_id": "null"}),
        "too long": sign(key, {**mine, "name": "x" * 9000}),
        "a token of eve": sign(key, {**mine, "external_id": EVE, "email": "eve@example.com"}),
        "a token of bob": sign(key, {**mine, "aud": widget.public_id}),
    }


def of_hashes(widget: Widget) -> dict[str, dict[str, str]]:
    """{what is wrong with it: the id and the hash beside it}, for a widget that takes Chatwoot's; nobody's token."""
    bridge(widget)
    bridge(Widget.objects.create(title="Another old page"), secret=OF_ANOTHER)
    bridge(widget, days=-1, secret=OF_ENDED)
    bridge(widget, "intercom", secret=OF_INTERCOM)
    keys.retire(bridge(widget, secret=OF_RETIRED), by=None)
    of_bob = {
        "no hash": "",
        "made without a secret": sha256(BOB.encode()).hexdigest(),
        "made with the secret of another widget": hash_of(BOB, OF_ANOTHER),
        "made with a secret that has ended": hash_of(BOB, OF_ENDED),
        "made with a retired secret": hash_of(BOB, OF_RETIRED),
        "made with the secret of the other format": hash_of(BOB, OF_INTERCOM),
        "cut short": hash_of(BOB)[:-1],
        "in capitals": hash_of(BOB).upper(),
        "eve's beside bob's id": hash_of(EVE),
        "a hash of bob": hash_of(BOB),
    }
    others = {"a hash of a revoked person": CAROL, "a hash of eve": EVE}
    return {name: {"hashed": BOB, "hash": text} for name, text in of_bob.items()} | {
        name: {"hashed": who, "hash": hash_of(who)} for name, who in others.items()
    }


def of_notices(link: Link, case_id: int) -> dict[str, str]:
    """{what is wrong with it: the signed part of an address}; the right one is `undo_right`."""
    body = {"operation": link.operation_id, "case": case_id}
    old = signing.TimestampSigner(salt=notices.SALT)
    late = json.dumps(body, separators=(",", ":")).encode()
    right = signing.dumps(body, salt=notices.SALT)
    with_old_time = old.sign(signing.b64_encode(late).decode())
    return {
        "a made-up address": "nonsense",
        "an address for something else": signing.dumps(body, salt="something else"),
        "a changed address": right[:-2] + ("AA" if not right.endswith("AA") else "BB"),
        "an address without its signature": right.split(":")[0],
        "the time moved": ":".join([with_old_time.split(":")[0], "zzzzzz", right.split(":")[2]]),
        "the address in the notice": right,
    }


def blocked_customer(channel: Any) -> int:
    """Somebody who was blocked: whoever may lift that changes something."""
    profile = world.customer(channel, "blocked")
    profile.person.blocked = True
    profile.person.save(update_fields=["blocked"])
    return profile.pk
