"""At the end of a conversation: what the visitor thinks of it, and a copy by mail."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.cases import services as cases
from helpdesk.cases.models import Author, Case, Rating
from helpdesk.channels.models import Level
from helpdesk.events.occasion import occasion
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Job
from helpdesk.users.models import Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.widget.errors import NoAddress, NotOffered
from helpdesk.widget.models import Chat, Session
from helpdesk.widget.services import history, limits

RATED_FOR = timedelta(days=14)  # for which a rating can be changed


def rate(chat: Chat, session: Session, case: Case, score: int, comment: str, *, visitor: str) -> Rating:
    """score: 1 to 5; again changes it. Raises NotOffered, BadText."""
    if not chat.rating:
        raise NotOffered
    limits.says(session, visitor)
    return cases.rate(_asked(case).token, score, comment)


def _asked(case: Case) -> Rating:
    """What was asked for by a message, or now."""
    now = timezone.now()
    asked = Rating.objects.filter(case=case, expires_at__gt=now).order_by("-pk").first()
    return asked or Rating.objects.create(case=case, agent=case.assignee, expires_at=now + RATED_FOR)


def mail_transcript(chat: Chat, session: Session, case: Case, *, visitor: str) -> None:
    """Sends the conversation to the signed-in customer's own address. Raises NotOffered, NoAddress, TooOften."""
    if not chat.transcript:
        raise NotOffered
    address = address_of(session)
    if address is None:
        raise NoAddress
    limits.mails(session, visitor)
    _enqueue(session, case, address)


def address_of(session: Session) -> Profile | None:
    """The e-mail address that was proven to be this person's, if somebody signed in."""
    if not session.signed_in or not session.profile.is_identified:
        return None
    proven = Profile.objects.filter(kind=ProfileKind.EMAIL, person=session.profile.person_id, level__gte=Level.PROVEN)
    return proven.order_by("pk").first()


@occasion
def _enqueue(session: Session, case: Case, address: Profile) -> Job:
    body = {"session": session.pk, "to": address.pk}
    return outbox.enqueue("transcript", lane=f"transcript:{case.pk}", group="mail", body=body, case_id=case.pk)


def transcript(session: Session, case: Case) -> str:
    """As text, with times in UTC: what was said by and to this customer."""
    lines = []
    for message in history.shown(history.messages(session, case)).order_by("pk"):
        named = message.agent.name if message.agent else ""
        who = _("You") if message.author == Author.PROFILE else named or _("Support")
        names = [f"[{file.name}]" for file in message.attachments.all()]
        lines.append(f"{message.created_at:%Y-%m-%d %H:%M} {who}\n" + "\n".join(filter(None, (message.text, *names))))
    return "\n\n".join(lines)
