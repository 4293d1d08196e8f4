"""What all messages have in common: their body, and what they change in the case's facts."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from helpdesk.cases.models import Case, Message
from helpdesk.lib.text import check_text, clean_html, excerpt, html_to_text

# Characters in one message.
LIMIT = 100_000


@dataclass(frozen=True)
class Body:
    """A message's text, and its cleaned HTML where it came as HTML."""

    text: str
    html: str = ""

    @property
    def all_text(self) -> str:
        """What can be read in either: the two need not say the same."""
        return f"{self.text}\n{html_to_text(self.html)}" if self.html else self.text


def body(text: str, html: str = "") -> Body:
    """Checks and cleans what somebody typed. Raises BadText with the reason."""
    plain = check_text(text, limit=LIMIT).strip()
    if not html:
        return Body(plain)
    clean = clean_html(check_text(html, limit=LIMIT))
    return Body(plain or html_to_text(clean).strip(), clean)


def wrote(case: Case, message: Message, *, chat: bool, by: str) -> bool:
    """Updates the case after a public message; gives whether it may change the status (nobody's chat).

    chat: the message keeps a chat going, or starts it again. by: profile, agent, rule or desk.
    """
    now = message.created_at
    case.last_activity_at = now
    case.last_message_id = message.pk
    case.last_message_by = by
    case.last_message_text = excerpt(message.text, 160)
    case.messages_count += 1
    changed = ["last_activity_at", "last_message_id", "last_message_by", "last_message_text", "messages_count"]
    if by == "profile":
        case.last_customer_at = now
        changed.append("last_customer_at")
    elif by == "agent":
        case.last_answer_at = now
        changed.append("last_answer_at")
    if chat:
        case.active_chat = True
        case.chat_ends_at = timezone.now() + timedelta(minutes=case.channel.silence)
        changed += ["active_chat", "chat_ends_at"]
    case.save(update_fields=changed)
    return not chat
