"""A right code where the widget asks for confirmation: who wants to be linked, until the page that made it decides.

Nothing is linked and nothing is told in the chat. It is the page's turn, and that of nobody but the account's owner
(RFC 10027: the one who authorises sees what is authorised).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from helpdesk.cases.models import Message
from helpdesk.channels.models import Widget
from helpdesk.lib.text import one_line
from helpdesk.users.models import Profile, Value
from helpdesk.users.models.fields import Source
from identification.models import Code, Proposal, RevokedSession
from identification.services import revoking
from identification.services.accounts import Address

LIFE = timedelta(minutes=10)
# Shown at a time, newest first: a customer has one, an attacker may want to hide one among many.
MOST = 5
# What the channel says of itself; not what agents wrote of the person.
CLAIMS = (Source.API, Source.CHANNEL, Source.BROWSER)
LONGEST = 80  # characters of a name or an address


@dataclass(frozen=True)
class Wish:
    """One proposal as the page shows it. name, address: as the channel claims them."""

    proposal: Proposal
    channel: str
    name: str
    address: str

    @property
    def at(self) -> datetime:
        return self.proposal.made_at

    @property
    def seconds(self) -> int:
        """Until it expires."""
        return max(0, round((self.proposal.expires_at - timezone.now()).total_seconds()))


def propose(code: Code, profile: Profile, message: Message | None) -> Proposal:
    """The code is used up; its widget's page is asked. Within the occasion of the message."""
    now = timezone.now()
    return Proposal.objects.create(
        code=code,
        profile=profile,
        case_id=message.case_id if message else None,
        message_id=message.pk if message else None,
        made_at=now,
        expires_at=now + LIFE,
    )


def of(widget: Widget, account: Address, level: int) -> QuerySet[Proposal]:
    """What was made of this account by this widget with a proof that is worth no more than `level`."""
    mine = Proposal.objects.filter(
        code__widget=widget,
        code__level__lte=level,
        code__profile__kind=account.kind,
        code__profile__address=account.address,
        code__profile__channel=account.channel,
    )
    return mine.select_related("code__profile__person", "profile__channel", "profile__person")


def wishes(rows: QuerySet[Proposal]) -> list[Wish]:
    """Those of them that wait for a word."""
    waiting = rows.filter(state=Proposal.State.OPEN, expires_at__gt=timezone.now()).order_by("-pk")
    return [wish(row) for row in waiting[:MOST] if not revoked(row.code)]


def wish(proposal: Proposal) -> Wish:
    writer = proposal.profile
    channel = writer.channel.title if writer.channel else writer.get_kind_display()
    return Wish(proposal, channel, called(writer), shortened(writer.address))


def called(profile: Profile) -> str:
    """What the channel calls the one who writes from this profile."""
    said = Value.objects.filter(profile=profile, key="name", source__in=CLAIMS).order_by("-at", "-pk").first()
    return shortened(str(said.value) if said and said.value else str(profile.display.get("name") or ""))


def shortened(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def revoked(code: Code) -> bool:
    """Whether what the code was made with is void by now. A server's own codes are not."""
    if code.method == "api":
        return False
    before = revoking.void_before(code.profile.kind, code.profile.address)
    if before and code.created_at < before:
        return True
    return bool(code.sessions) and RevokedSession.objects.filter(hash__in=code.sessions).exists()


def expire() -> int:
    """Ends those that nobody decided in time, and forgets the user data that came with them."""
    now = timezone.now()
    late = Proposal.objects.filter(state=Proposal.State.OPEN, expires_at__lte=now)
    ids = list(late.values_list("pk", "code_id")[:1000])
    Code.objects.filter(pk__in=[code for _pk, code in ids]).update(payload="")
    ended = Proposal.objects.filter(pk__in=[pk for pk, _code in ids], state=Proposal.State.OPEN)
    return ended.update(state=Proposal.State.EXPIRED, decided_at=now)
