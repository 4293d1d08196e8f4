from django.utils.translation import gettext_lazy as _

from helpdesk.events.kinds import Kind, declare

declare(
    Kind("case.opened", _("Case opened"), _("The case was opened"), touches=True),
    Kind("message.added", _("Message added"), touches=True),
    Kind("case.assigned", _("Assignee changed"), _("{actor} assigned the case to {assignee}"), touches=True),
    Kind("case.group_changed", _("Group changed"), _("{actor} put the case into the group {group}"), touches=True),
    Kind("case.status_changed", _("Status changed"), _("{actor} changed the status from {old} to {new}"), touches=True),
    Kind("case.priority_changed", _("Priority changed"), _("{actor} changed the priority to {new}"), touches=True),
    Kind("case.labels_changed", _("Labels changed"), _("{actor} changed the labels: {change}"), touches=True),
    Kind("case.subject_changed", _("Subject changed"), _("{actor} changed the subject to “{new}”"), touches=True),
    Kind("case.value_changed", _("Field changed"), _("{actor} set {field} to {new}"), touches=True),
    Kind("chat.ended", _("Chat ended"), _("{actor} ended the chat as {status}"), touches=True),
    Kind("chat.taken", _("Chat taken"), _("{actor} took the chat"), touches=True),
    Kind("case.merged", _("Case merged"), _("{actor} merged the case {number} into this one"), touches=True),
    Kind("case.unmerged", _("Case unmerged"), _("{actor} took the case {number} out again"), touches=True),
    Kind(
        "address.taken",
        _("The address of another account"),
        _("{address} was given, but belongs to another account of this channel: {other}. Nothing was linked."),
    ),
    Kind(
        "address.proven_otherwise",
        _("The address of somebody else"),
        _("{address} was given, but is proven to belong to somebody else. Nothing was linked."),
    ),
    # Receipts: they tell how far a message got, and run no rules.
    Kind("message.delivered", _("Message delivered")),
    Kind("message.read", _("Message read")),
    Kind("message.retrying", _("Delivery will be tried again")),
    Kind("message.refused", _("Message refused"), _("The channel refused a message: {problem}")),
    Kind("message.failed", _("Message not delivered"), _("A message could not be delivered: {problem}")),
    Kind("message.queued_again", _("Message sent again"), _("{actor} sent a message again")),
    Kind("message.cancelled", _("Message not sent"), _("{actor} kept a message from being sent")),
    Kind("occasion.failed", _("An automatic step failed"), _("An automatic step failed and will be repeated: {error}")),
)
