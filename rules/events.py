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
    Kind("rule.saved", _("Rule saved"), _("{actor} saved the rule “{title}”")),
    Kind("rule.moved", _("Rule moved"), _("{actor} moved the rule “{title}”")),
    Kind("rule.deleted", _("Rule deleted"), _("{actor} deleted the rule “{title}”")),
    Kind("rule.invalid", _("Rule cannot be used"), _("The rule “{title}” cannot be used: {why}")),
)
