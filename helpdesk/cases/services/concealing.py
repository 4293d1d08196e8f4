"""Taking a secret out of what a customer wrote."""

from collections.abc import Callable

from helpdesk.cases.models import Attachment, Case, Message
from helpdesk.cases.services import holding
from helpdesk.events.occasion import current, occasion
from helpdesk.lib.text import excerpt, html_to_text, text_to_html

LONGEST_SUBJECT = Case._meta.get_field("subject").max_length
LONGEST_NAME = Attachment._meta.get_field("name").max_length


@occasion
def conceal(message: Message, mask: Callable[[str], str]) -> None:
    """Puts a mask in place of secrets, in the message, the names of its files and what its case shows of it.

    mask: gives a text without its secrets, and gives a text that has none back as it is. Where it makes a name or a
    subject too long, the end goes.
    """
    message.text = mask(message.text)
    message.html = _masked_html(message, mask)
    message.save(update_fields=["text", "html"])
    _rename_files(message, mask)
    case = holding.hold(message.case_id)
    case.subject = mask(case.subject)[:LONGEST_SUBJECT]
    if case.last_message_id == message.pk:
        case.last_message_text = excerpt(message.text, 160)
    case.save(update_fields=["subject", "last_message_text"])
    current().hold(message)  # the reactors that follow must not see the other copy, which has the secret


def _rename_files(message: Message, mask: Callable[[str], str]) -> None:
    for file in message.attachments.all():
        name = mask(file.name)[:LONGEST_NAME]
        if name != file.name:
            file.name = name
            file.save(update_fields=["name"])


def _masked_html(message: Message, mask: Callable[[str], str]) -> str:
    """The HTML without the secret; where tags stand within it, the text has to do."""
    html = mask(message.html)
    shown = html_to_text(html) if html else ""
    return html if mask(shown) == shown else text_to_html(message.text)
