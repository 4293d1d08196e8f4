"""What is said to the customer, and noted for agents."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.cases import services as cases
from helpdesk.cases import texts
from helpdesk.cases.actions.base import STATUS, ActionKind, Text, Texts, action
from helpdesk.cases.models import Case
from helpdesk.events.services import Actor
from helpdesk.lib.fields import Input


@action
class SendMessage(ActionKind):
    key = "send_message"
    label = _("Send a message to the user")
    inputs = (Texts("texts", _("Text"), "texts"),)
    answers = True

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.reply(case, texts.render(texts.pick(values["texts"], texts.language_of(case)), case), by=by)


@action
class AddNote(ActionKind):
    key = "add_note"
    label = _("Add a note")
    inputs = (Text("text", _("Text"), "long_text"),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.note(case, texts.render(values["text"], case, to=texts.AGENTS), by=by)


@action
class EndChat(ActionKind):
    """Where no chat is under way (a channel like mail), only the status is set."""

    key = "end_chat"
    label = _("End the chat")
    inputs = (Input("status", _("Status"), "choice", STATUS, lead=_("as")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        if case.active_chat:
            cases.end_chat(case, values["status"], by=by)
        else:
            cases.set_status(case, values["status"], by=by)
