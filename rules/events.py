from django.utils.translation import gettext_lazy as _

from helpdesk.events.kinds import Kind, declare

declare(
    Kind("rule.fired", _("Rule fired"), _("The rule “{title}” fired")),
    Kind("rule.failed", _("Rule failed"), _("The rule “{title}” failed and did nothing: {why}")),
    Kind(
        "rule.paused",
        _("Rule paused"),
        _("The rule “{title}” answered too often and is paused for this customer"),
    ),
    Kind(
        "rule.resumed",
        _("Rule goes on"),
        _("{actor} let the rule “{title}” answer this customer again"),
    ),
    Kind("rule.saved", _("Rule saved"), _("{actor} saved the rule “{title}”")),
    Kind("rule.moved", _("Rule moved"), _("{actor} moved the rule “{title}”")),
    Kind("rules.ordered", _("Rules put in order"), _("{actor} changed the order of rules")),
    Kind("rule_group.saved", _("Group of rules saved"), _("{actor} saved the group of rules “{title}”")),
    Kind("rule_group.switched", _("Group of rules switched"), _("{actor} switched the group of rules “{title}”")),
    Kind("rule_group.moved", _("Group of rules moved"), _("{actor} moved the group of rules “{title}”")),
    Kind("rule_group.deleted", _("Group of rules deleted"), _("{actor} deleted the group of rules “{title}”")),
    # Of the case: what it sent. Of the webhook itself, without a case: what became of it.
    Kind("webhook.sent", _("Webhook sent"), _("{actor} sent the webhook “{title}”")),
    Kind("webhook.not_sent", _("Webhook not sent"), _("The webhook “{title}” is switched off: nothing was sent")),
    Kind("webhook.saved", _("Webhook saved"), _("{actor} saved the webhook “{title}”")),
    Kind("webhook.deleted", _("Webhook deleted"), _("{actor} deleted the webhook “{title}”")),
    Kind("webhook.failing", _("Webhook does not arrive"), _("What is sent to the webhook “{title}” does not arrive")),
    Kind("webhook.switched_off", _("Webhook switched off"), _("The webhook “{title}” was switched off: {why}")),
    Kind("rule.deleted", _("Rule deleted"), _("{actor} deleted the rule “{title}”")),
    Kind("rule.invalid", _("Rule cannot be used"), _("The rule “{title}” cannot be used: {why}")),
)
