from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models.rating import SCORES
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
    Kind("chat.fixed", _("Chat fixed to an agent"), _("{actor} fixed the chat to {name}"), touches=True),
    # These go to the streams of the agents in `agents` alone. mail: they are told by mail, too.
    Kind("case.mentioned", _("Agents mentioned")),
    Kind("case.notified", _("Agents notified"), _("{actor} notified {names}")),
    Kind(
        "case.nobody_notified",
        _("Nobody to notify"),
        _("{actor} wanted to notify agents, but there was nobody to notify"),
    ),
    # A wish of a rule that nobody could fulfil: nothing was changed.
    Kind(
        "case.nobody_available",
        _("Nobody available"),
        _("{actor} wanted to give this case to an agent, but nobody was available"),
    ),
    Kind(
        "chat.none_to_fix",
        _("No chat to fix"),
        _("{actor} wanted to fix the chat to an agent, but no chat is under way"),
    ),
    Kind("case.snoozed", _("Case snoozed"), _("{actor} snoozed the case until {told}"), touches=True),
    # data: why: time, message, or empty where somebody asked for it.
    Kind(
        "case.woken",
        _("Case woken"),
        _("The case is at hand again{why}"),
        touches=True,
        words={"why": {"": "", "time": _(": its time has come"), "message": _(": the customer wrote")}},
    ),
    Kind("case.rating_requested", _("Rating requested"), _("{actor} asked for a rating")),
    # data: score from 1 to 5; how: the same as text; said: the comment, if there is one.
    Kind(
        "case.rated",
        _("Case rated"),
        _("{actor} rated the help {score} of 5, {how}{said}"),
        touches=True,
        words={"how": SCORES},
    ),
    Kind("case.macro_run", _("Macro run"), _("{actor} ran the macro “{title}”")),
    Kind("macro.saved", _("Macro saved"), _("{actor} saved the macro “{title}”")),
    Kind("macro.deleted", _("Macro deleted"), _("{actor} deleted the macro “{title}”")),
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
    # Typing: shown while it lasts, and runs no rules.
    Kind("case.customer_typing", _("Customer is typing")),
    Kind("case.agent_typing", _("Agent is typing")),
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
