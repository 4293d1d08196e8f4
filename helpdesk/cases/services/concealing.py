"""Taking a secret out of what a customer wrote."""

from collections.abc import Callable

from helpdesk.cases.models import Message
from helpdesk.cases.services import holding
from helpdesk.events.occasion import occasion
from helpdesk.lib.text import excerpt, html_to_text, text_to_html


@occasion
def conceal(message: Message, mask: Callable[[str], str]) -> None:
    """Puts a mask in place of secrets, in the message and in what its case shows of it.

    mask: gives a text without its secrets, and gives a text that has none back as it is.
    """
    message.text = mask(message.text)
    message.html = _masked_html(message, mask)
    message.save(update_fields=["text", "html"])
    case = holding.hold(message.case_id)
    case.subject = mask(case.subject)
    if case.last_message_id == message.pk:
        case.last_message_text = excerpt(message.text, 160)
    case.save(update_fields=["subject", "last_message_text"])


def _masked_html(message: Message, mask: Callable[[str], str]) -> str:
    """The HTML without the secret; where tags stand within it, the text has to do."""
    html = mask(message.html)
    shown = html_to_text(html) if html else ""
    return html if mask(shown) == shown else text_to_html(message.text)
