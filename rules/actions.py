"""What rules can do beside what the case's own app offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.cases import texts
from helpdesk.cases.actions import ActionKind, action, checked
from helpdesk.cases.models import Case
from helpdesk.events.services import Actor
from helpdesk.lib.fields import Fixed, Input, Rows, WrongValue
from rules.models import Webhook
from rules.services import webhooks

WEBHOOKS = Rows("rules.Webhook")
FORMATS = Fixed(((webhooks.JSON, _("JSON")), (webhooks.TEXT, _("plain text"))))


@dataclass(frozen=True)
class Body(Input):
    """What is sent, with variables. Empty: case, user and rule, as the API shows them."""

    to: str = texts.AGENTS

    def parse(self, value: Any, others: Mapping[str, Any]) -> str:
        text = checked(value or "", self.to)
        if text and others.get("format") != webhooks.TEXT:
            try:
                webhooks.check_body(text)
            except webhooks.BadBody as error:
                raise WrongValue(str(error)) from error
        return text


@action
class SendWebhook(ActionKind):
    key = "send_webhook"
    label = _("Send a webhook")
    inputs = (
        Input("webhook", _("Webhook"), "choice", WEBHOOKS, lead=_("to")),
        Input("format", _("Format"), "choice", FORMATS, optional=True, none=_("JSON"), lead=_("as")),
        Body("body", _("Body"), "long_text", optional=True, none=_("case, user and rule as JSON")),
    )

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        webhook = Webhook.objects.get(pk=values["webhook"])
        webhooks.send(webhook, case, values["body"], values["format"] or webhooks.JSON, by=by)
