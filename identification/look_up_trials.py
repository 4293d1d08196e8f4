"""A look-up tried on one id: what is asked, what comes back, what would change. Nothing is kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.errors import Refusal
from helpdesk.users.models import CustomField, FieldLevel, Person, Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import metadata, profiles
from identification.models import LookUp
from identification.services import look_up_answers as answers
from identification.services import look_up_requests as requests
from identification.services import look_ups

SLOW = 2.0  # seconds; agents look at the case by then
MASK = "••••••"
SHORTEST_SECRET = 8  # characters; shorter words are words
TITLES = {"name": gettext_lazy("Name")}
CLAIMED = {"claimed_email": gettext_lazy("E-mail"), "claimed_phone": gettext_lazy("Phone")}


@dataclass(frozen=True)
class Change:
    """One value of the person: as it is, and as it would be."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Trial:
    """url, headers: of the request, the values masked. verdict: a class of the page and a sentence.

    changes: of the person with this id; whom: their name, empty where nobody has it yet. claims: addresses that would
    be shown as what the database says. left_out: {where in the answer: why it is not used}.
    """

    url: str
    headers: list[str]
    reply: requests.Reply
    verdict: tuple[str, str]
    warnings: list[str]
    whom: str
    known: bool
    changes: list[Change]
    claims: list[Change]
    left_out: dict[str, str]


def attempt(look_up: LookUp, user_id: str) -> Trial:
    """Asks for real, as a session would, and takes back what it would do. No transaction may be open."""
    reply = requests.ask(look_up, user_id)
    profile = _profile(look_up, user_id)
    found, why = look_ups.weighed(look_up, profile or Profile(address=user_id), reply)
    changes = _changes(profile, found) if found else []
    return Trial(
        url=_url(look_up, user_id),
        headers=[f"{name}: {MASK}" for name in requests.headers_of(look_up)],
        reply=replace(reply, head=_masked(reply.head, look_up)),
        verdict=_verdict(reply, found, why),
        warnings=list(_warnings(reply, found)),
        whom=(profile.name or profile.address) if profile else "",
        known=profile is not None,
        changes=changes,
        claims=[Change(str(title), "", str(found.said[key])) for key, title in CLAIMED.items() if found.said.get(key)]
        if found
        else [],
        left_out=found.left_out if found else {},
    )


def _masked(head: str, look_up: LookUp) -> str:
    """Some servers say back what they were sent."""
    values = requests.headers_of(look_up).values()
    words = {word for value in values for word in (value, *value.split()) if len(word) >= SHORTEST_SECRET}
    for word in sorted(words, key=len, reverse=True):
        head = head.replace(word, MASK)
    return head


def _url(look_up: LookUp, user_id: str) -> str:
    try:
        return requests.address(look_up.url, user_id)
    except requests.BadUrl:
        return look_up.url


def _profile(look_up: LookUp, user_id: str) -> Profile | None:
    """Who has this id already, if anybody."""
    try:
        if look_up.channel:
            return profiles.find(ProfileKind.CUSTOM, user_id, look_up.channel)
        return profiles.find(ProfileKind.EXTERNAL, user_id)
    except Refusal:
        return None


def _verdict(reply: requests.Reply, found: answers.Found | None, why: str) -> tuple[str, str]:
    if found:
        return "ok", _("The answer can be used.")
    if reply.not_found:
        return "ok", _("404: this id is not known there. The visitor stays, as a new profile with that id.")
    if reply.denied:
        return "failed", _("Your server refused the request: check the headers. %(why)s") % {"why": why}
    return "failed", _("No user data: %(why)s") % {"why": why}


def _warnings(reply: requests.Reply, found: answers.Found | None) -> Iterable[str]:
    if reply.seconds > SLOW:
        yield _("It took %(seconds).1f s. Above 2 s the data come when an agent has begun to read.") % {
            "seconds": reply.seconds
        }
    for name in found.missing if found else ():
        yield _("%(name)s is not in the answer: your agents would be glad of it.") % {"name": name}


class _Back(Exception):
    """Ends a savepoint without a trace."""


def _changes(profile: Profile | None, found: answers.Found) -> list[Change]:
    if profile is None:
        titles = _titles()
        said = {name: value for name, value in _flat(found.said).items() if value is not None}
        return [Change(_title(name, titles), "", str(value)) for name, value in said.items()]
    made: list[Change] = []
    try:
        with transaction.atomic():
            made = _said(profile, found)
            raise _Back
    except _Back:
        return made


def _said(profile: Profile, found: answers.Found) -> list[Change]:
    """What is shown before and after, by the very verb; the caller takes it back."""
    before = Person.objects.get(pk=profile.person_id)
    names = look_ups.say(profile, found)
    after, titles = Person.objects.get(pk=profile.person_id), _titles()
    return [Change(_title(name, titles), _value(before, name), _value(after, name)) for name in names]


def _flat(said: dict[str, Any]) -> dict[str, Any]:
    data = {f"{metadata.NAME}.{key}": value for key, value in said.get(metadata.NAME, {}).items()}
    return {name: value for name, value in said.items() if name not in {metadata.NAME, *CLAIMED}} | data


def _titles() -> dict[str, str]:
    return dict(CustomField.objects.filter(level=FieldLevel.USER).values_list("key", "title"))


def _title(name: str, titles: dict[str, str]) -> str:
    return str(TITLES.get(name) or titles.get(name, name))


def _value(person: Person, name: str) -> str:
    if name.startswith(f"{metadata.NAME}."):
        value = person.metadata.get(name.removeprefix(f"{metadata.NAME}."))
    elif name in TITLES:
        value = getattr(person, name)
    else:
        value = person.values.get(name)
    return "" if value is None else str(value)
