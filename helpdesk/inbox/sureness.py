"""How sure we are of a person, and why, in words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.channels.models import Level
from helpdesk.users.models import Agent, Link
from helpdesk.users.models.people import Method, ProfileKind

MARKS = {Level.PROVEN: "proven", Level.VOUCHED: "vouched"}
LEVELS = {
    Level.ANONYMOUS: gettext_lazy("Anonymous"),
    Level.CLAIMED: gettext_lazy("Not identified: only the channel says who this is"),
    Level.VOUCHED: gettext_lazy("Vouched for by this channel"),
    Level.PROVEN: gettext_lazy("Proven"),
}


@dataclass(frozen=True)
class Words:
    """How a method is told. short: for a chip; how: a sentence with {time} and {more}; mark: on a message."""

    short: Any
    how: Any
    mark: Any


_code = Words(gettext_lazy("Identified by code"), gettext_lazy("By code, {time}{more}"), gettext_lazy("Proven by code"))
_page_code = Words(
    gettext_lazy("Identified by a code from page data"),
    gettext_lazy("By a code from page data, {time}{more}"),
    gettext_lazy("Vouched for by a code from page data"),
)
_token = Words(
    gettext_lazy("Signed in"), gettext_lazy("Signed in{more}, {time}"), gettext_lazy("Proven by a signed token")
)
_server = gettext_lazy("Your server says who this is")
_page = gettext_lazy("Your page says who this is")
METHODS = {
    (Method.CODE, Level.PROVEN): _code,
    (Method.CODE, Level.VOUCHED): _page_code,
    (Method.TOKEN, Level.PROVEN): _token,
    (Method.API, Level.PROVEN): Words(
        _server, gettext_lazy("Your server said so{more}, {time}"), gettext_lazy("Proven by your server")
    ),
    (Method.API, Level.VOUCHED): Words(
        _server, gettext_lazy("Your server said so{more}, {time}"), gettext_lazy("Vouched for by your server")
    ),
    (Method.PAGE, Level.VOUCHED): Words(
        _page, gettext_lazy("Your page said so{more}, {time}"), gettext_lazy("Vouched for by your page")
    ),
    (Method.AGENT, Level.PROVEN): Words(
        gettext_lazy("Linked by an agent; proven before"),
        gettext_lazy("Linked by {agent}, {time}; proven before{more}"),
        gettext_lazy("Proven before, linked by an agent"),
    ),
    (Method.AGENT, Level.VOUCHED): Words(
        gettext_lazy("Linked by an agent; vouched for before"),
        gettext_lazy("Linked by {agent}, {time}; vouched for before{more}"),
        gettext_lazy("Vouched for before, linked by an agent"),
    ),
    (Method.FIRST, Level.VOUCHED): Words(
        gettext_lazy("This channel's ids are accounts of your own"),
        gettext_lazy("This channel's ids are accounts of your own; first seen {time}"),
        gettext_lazy("Vouched for: this channel's ids are accounts of your own"),
    ),
    (Method.FIRST, Level.PROVEN): Words(
        gettext_lazy("Signed in before writing, says this channel's server"),
        gettext_lazy("Signed in before writing, says this channel's server; first seen {time}"),
        gettext_lazy("Proven: signed in before writing, says this channel's server"),
    ),
}
# Below that a link proves nothing, but an agent may have made it.
BY_AGENT = gettext_lazy("Linked by {agent}, {time}{more}; who this is was never proven")
# Who named an account when it was first seen.
NAMED_BY = {"api": Method.API, "token": Method.TOKEN, "page": Method.PAGE, "hash": Method.PAGE}
# What stands in a link's evidence for those who look things up; other keys are for machines.
EVIDENCE = {
    "code": gettext_lazy("code"),
    "made_by": gettext_lazy("made by"),
    "widget": gettext_lazy("widget"),
}
# A message is stamped at the end of the occasion that linked its author: the link is a little younger.
SAME_OCCASION = timedelta(seconds=10)
PLACE = re.compile(r"\{(\w+)\}")
# Characters of a fact in a sentence.
LONGEST = 80


@dataclass(frozen=True)
class Sure:
    """A level with its reason. how: the reason in a sentence; evidence: what an admin can look up.

    words: on a message, with the time and how long before it; mark: the check mark's class, "" where there is none.
    """

    level: int
    reason: str
    how: str = ""
    words: str = ""
    evidence: str = ""

    @property
    def mark(self) -> str:
        return MARKS.get(Level(self.level), "")


@dataclass(frozen=True)
class Known:
    """Who is who in the evidence. addresses: of profiles, agents: names, both by id."""

    addresses: Mapping[int, str]
    agents: Mapping[int, str]


def known(links: Iterable[Link]) -> Known:
    """What the links of one person name. One query, and only where an agent has linked something."""
    links = list(links)
    by_agents = [link.operation for link in links if link.operation and link.operation.actor_kind == "agent"]
    numbers = {operation.actor_id for operation in by_agents if operation.actor_id}
    agents = Agent.objects.filter(pk__in=numbers) if numbers else ()
    return Known(dict(_addresses(links)), {one.pk: str(one) for one in agents})


def _addresses(links: list[Link]) -> Iterator[tuple[int, str]]:
    """By profile; for an id of the company's own the e-mail address that goes with it, which says more to people."""
    mail = next((link.profile.address for link in links if link.profile.kind == ProfileKind.EMAIL), "")
    for link in links:
        profile = link.profile
        yield profile.pk, mail if mail and profile.kind == ProfileKind.EXTERNAL else profile.address


def of_link(link: Link | None, level: int, who: Known) -> Sure:
    """Why we are as sure as this, by the link that stands for it."""
    words = _words(link, level)
    if link is None or words is None:
        by_agent = link is not None and link.method == Method.AGENT
        return Sure(level, str(LEVELS[Level(level)]), _sentence(BY_AGENT, link, who) if link and by_agent else "")
    return Sure(level, str(words.short), _sentence(words.how, link, who), str(words.mark), _evidence(link.evidence))


def at(moment: datetime, profile_id: int, level: int, links: Iterable[Link]) -> Sure:
    """Why a message of that moment has its level: by the link of then, not by what we know today.

    Where people were merged since, the links of then are another person's; the next one carries on what they said.
    """
    fitting = [link for link in links if link.profile_id == profile_id and link.level == level]
    before = [link for link in fitting if link.since <= moment + SAME_OCCASION]
    link = before[-1] if before else next(iter(fitting), None)
    words = _words(link, level)
    if link is None or words is None:
        return Sure(level, str(LEVELS[Level(level)]), words=str(LEVELS[Level(level)]))
    return Sure(level, str(words.short), words=_marked(link, words, moment))


def _words(link: Link | None, level: int) -> Words | None:
    if link is None:
        return None
    method = Method(link.method)
    if method == Method.FIRST:
        # Nobody but the company's own server or a token can be the first to name one of its ids for sure.
        named = Method.API if link.profile.kind == ProfileKind.EXTERNAL else method
        method = NAMED_BY.get(str(link.evidence.get("made_by")), named)
    return METHODS.get((method, Level(level)))


def _marked(link: Link, words: Words, moment: datetime) -> str:
    """`Proven by code at 14:02, 3 minutes before this message`."""
    facts = {"proof": words.mark, "time": when(link.since)}
    if words is METHODS.get((Method.FIRST, Level(link.level))):
        return str(words.mark)  # it holds as long as the channel does
    if link.since > moment + SAME_OCCASION:
        return str(words.mark)
    if link.since >= moment:
        return _("%(proof)s with this message") % facts
    facts["span"] = timesince(link.since, moment, depth=1)
    if facts["span"].startswith("0"):
        return _("%(proof)s at %(time)s, less than a minute before this message") % facts
    return _("%(proof)s at %(time)s, %(span)s before this message") % facts


def when(moment: datetime, today: str = "") -> str:
    """A moment in as few words as say which: 14:02 on the same day, after the word for it; else with the day."""
    local, now = localtime(moment), localtime(timezone.now())
    clock = date_format(local, "H:i")
    if local.date() == now.date():
        return f"{today} {clock}".strip()
    if local.date() == (now - timedelta(days=1)).date():
        return _("yesterday %(clock)s") % {"clock": clock}
    day = date_format(local, "j M" if local.year == now.year else "j M Y")
    return f"{day} {clock}"


def _sentence(sentence: Any, link: Link, who: Known) -> str:
    operation = link.operation
    number = operation.actor_id if operation and operation.actor_kind == "agent" else None
    agent = who.agents.get(number or 0) or _("an agent")
    facts = {"time": when(link.since), "more": _more(link.evidence, who), "agent": agent}
    # Not str.format: once through, so that what people typed is not read as a placeholder.
    return PLACE.sub(lambda found: facts.get(found[1], ""), str(sentence))


def _more(evidence: dict[str, Any], who: Known) -> str:
    """Whose account, which key, what was told, why: what belongs into the sentence."""
    account = who.addresses.get(evidence["account"]) if isinstance(evidence.get("account"), int) else None
    facts = (
        (account, gettext_lazy(", from the account of %s")),
        (evidence.get("kid"), gettext_lazy(" with key %s")),
        (evidence.get("key"), gettext_lazy(" (API key %s)")),
        (evidence.get("told"), gettext_lazy(" (it told %s)")),
        (evidence.get("reason"), gettext_lazy(": %s")),
    )
    return "".join(str(words) % _short(str(fact)) for fact, words in facts if fact)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _evidence(evidence: dict[str, Any]) -> str:
    """`code #5, made by api`: the plain facts that an agent or an admin can look up."""
    facts = ((EVIDENCE[key], value) for key, value in evidence.items() if key in EVIDENCE and value)
    return ", ".join(f"{name} #{value}" if isinstance(value, int) else f"{name} {value}" for name, value in facts)
