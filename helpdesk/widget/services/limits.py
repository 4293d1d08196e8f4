"""How much one visitor, one network address and one widget may ask for."""

from datetime import timedelta

from helpdesk.lib.crypto import digest
from helpdesk.widget.models import Chat, Session
from helpdesk.widget.proof import Limit, prover

WINDOW = timedelta(minutes=10)
# New visitors: an office behind one address, and a site on its busiest day.
BEGINS_ADDRESS, BEGINS_WIDGET = Limit(60, WINDOW), Limit(6000, WINDOW)
SIGNS_IN = Limit(120, WINDOW)
# A browser that was offline for a day sends what waited there, a thousand messages, at once.
SAYS, SAYS_ADDRESS = Limit(1200, WINDOW), Limit(6000, WINDOW)
FILES = Limit(60, WINDOW)
MAILS = Limit(5, WINDOW)


def begins(chat: Chat, visitor: str) -> None:
    """A new visitor. Raises a Refusal with `wait`."""
    prover().slow_down(
        {key("begins", visitor): BEGINS_ADDRESS, key("begins", f"widget {chat.widget_id}"): BEGINS_WIDGET}
    )


def signs_in(visitor: str) -> None:
    """A proof is shown, right or wrong."""
    prover().slow_down({key("signs", visitor): SIGNS_IN})


def says(session: Session, visitor: str, *, files: int = 0) -> None:
    """A message, or a change of attributes; with files."""
    tries = {key("says", f"session {session.pk}"): SAYS, key("says", visitor): SAYS_ADDRESS}
    if files:
        tries[key("files", f"session {session.pk}")] = FILES
    prover().slow_down(tries)


def mails(session: Session, visitor: str) -> None:
    """A conversation sent by mail."""
    prover().slow_down({key("mails", f"session {session.pk}"): MAILS, key("mails", visitor): MAILS})


def key(what: str, subject: str) -> str:
    """Addresses are counted under a keyed hash: none of them is kept."""
    return f"chat-{what}:{digest('brake', subject)[:40]}"
