"""Telling people of a new link: each of their conversations that wants it hears which account was linked, and how to
undo it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from helpdesk.cases import services as cases
from helpdesk.cases.errors import NoTransport
from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Channel, Language, Widget
from helpdesk.users.models import Link, Profile
from helpdesk.users.models.people import Method, ProfileKind
from helpdesk.widget import languages
from identification import phrases
from identification.models import Code
from identification.services.proposing import called

# Links that people are told of: no agent stood behind them.
BY_MACHINES = (Method.CODE, Method.TOKEN, Method.API)
MOST = 20  # conversations
SALT = "identification.undo"
# A name that could be read as an address is not repeated in a message of ours.
LIKE_AN_ADDRESS = re.compile(r"[/@:]|\w\.\w|\d{5}")
LONGEST_NAME = 40


@dataclass(frozen=True)
class News:
    """A link as people are told of it. link.profile: what was linked; account: to what."""

    link: Link

    @cached_property
    def account(self) -> Profile | None:
        """The account of the code; without one, the oldest address of the person that was there before."""
        code = Code.objects.select_related("profile__channel").filter(pk=self.link.evidence.get("code")).first()
        if code:
            return code.profile
        plan = self.link.operation.plan if self.link.operation else {}
        there = Profile.objects.filter(links__person=self.link.person_id, links__since__lte=self.link.since)
        return there.exclude(pk__in=map(int, plan.get("before", {}))).select_related("channel").order_by("pk").first()

    @cached_property
    def widget(self) -> Widget:
        """The one that made the code: its words are used. Without one, ours."""
        return Widget.objects.filter(pk=self.link.evidence.get("widget")).first() or Widget()

    def facts(self, here: Profile | None) -> dict[str, str]:
        """What a phrase may name, as it is told to who reads at `here`."""
        linked = self.link.profile
        about = self.account if here is not None and here.pk == linked.pk and self.account else linked
        about = readable(about)
        return {"account": shown(about), "channel": place(about), "time": when(self.link)}


def are_wanted() -> bool:
    """Whether any channel tells of links. Most desks have none, and looking for conversations costs more than this."""
    return Channel.objects.filter(active=True, tells_links=True).exists()


def tell(links: Iterable[Link]) -> None:
    """Once for each link and conversation, in the order of the links."""
    for link in links:
        news = News(link)
        for case in conversations(link.person_id):
            _send(news, case, "notice_here" if case.profile_id == link.profile_id else "notice", "linked")


def tell_undone(news: News, told: Iterable[Case]) -> None:
    for case in told:
        _send(news, case, "notice_undone", "undone")


def conversations(person_id: int) -> list[Case]:
    """Of each of the person's profiles the last case at hand, else the last one, where the channel tells of links.

    At most the newest 20, in order of id. For callers who hold all these profiles.
    """
    own = Case.objects.filter(profile=OuterRef("pk"), merged_into=None, channel__tells_links=True, channel__active=True)
    at_hand, last = (Subquery(rows.order_by("-pk").values("pk")[:1]) for rows in (own.filter(active=True), own))
    chosen = Profile.objects.filter(person=person_id, person__blocked=False).annotate(case=Coalesce(at_hand, last))
    ids = chosen.exclude(case=None).values_list("case", flat=True)
    newest: QuerySet[Case] = Case.objects.filter(pk__in=list(ids)).newest()
    return sorted(newest.select_related("profile__person", "channel")[:MOST], key=lambda case: case.pk)


def _send(news: News, case: Case, phrase: str, what: str) -> None:
    """A message of the desk itself; not where it stands already."""
    operation = news.link.operation_id
    external_id = f"{what}:{operation}"
    if operation is None or Message.objects.filter(case=case, external_id=external_id).exists():
        return
    language = language_of(case)
    with translation.override(language):
        text = languages.texts(news.widget, phrases.WORDS, language)[phrase]
        facts = news.facts(case.profile)
        if what == "linked":
            facts["link"] = address(operation, case)
            text = text if "{link}" in text else f"{text} {{link}}"
        said = filled(text, facts)
    try:
        cases.reply(case, said, by=None, external_id=external_id)
    except NoTransport:
        return


def address(operation_id: int, case: Case) -> str:
    """Where this link can be undone by who reads this conversation. Signed: it opens nothing else."""
    token = signing.dumps({"operation": operation_id, "case": case.pk}, salt=SALT)
    return f"{settings.BASE_URL}{reverse('identification_undo', args=[token])}"


def language_of(case: Case) -> str:
    """The person's, the case's, or the desk's default; of the desk's languages."""
    rows = list(Language.objects.filter(active=True))
    spoken = {row.code.lower(): row.code for row in rows}
    wanted = (code.lower() for code in (case.profile.person.language, case.language) if code)
    default = next((row.code for row in rows if row.is_default), languages.FALLBACK)
    return next((spoken[code] for code in wanted if code in spoken), default)


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The facts in place of their names, all at once: none of them can name another."""
    return re.sub(r"\{(\w+)\}", lambda found: facts.get(found[1], found[0]), text)


def shown(profile: Profile) -> str:
    """What the channel calls them where that is a name; else their address, masked."""
    name = called(profile)[:LONGEST_NAME].strip()
    return name if name and not LIKE_AN_ADDRESS.search(name) else masked(profile)


def readable(profile: Profile) -> Profile:
    """An id of the company's says little to its owner: their e-mail or phone instead, where there is one."""
    if profile.kind != ProfileKind.EXTERNAL:
        return profile
    theirs = Profile.objects.filter(person=profile.person_id, kind__in=(ProfileKind.EMAIL, ProfileKind.PHONE))
    return theirs.select_related("channel").order_by("kind", "pk").first() or profile


def masked(profile: Profile) -> str:
    """Enough for the owner to know the address, too little for anybody else: b…@example.com."""
    address = profile.address
    if profile.kind == ProfileKind.EMAIL:
        name, _at, host = address.rpartition("@")
        return f"{name[:1]}…@{host}"
    ends = 2 if len(address) > 6 else 1
    return f"{address[:ends]}…{address[-ends:]}" if len(address) > 3 else "…"


def place(profile: Profile) -> str:
    return profile.channel.title if profile.channel else str(profile.get_kind_display())


def when(link: Link) -> str:
    """In the desk's zone, with its name: customers live in others."""
    at = timezone.localtime(link.since, ZoneInfo(settings.DESK_TIME_ZONE))
    return f"{date_format(at, 'SHORT_DATETIME_FORMAT')} {at.tzname()}"
