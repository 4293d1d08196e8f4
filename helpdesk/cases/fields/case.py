"""What rules and saved lists can ask about a case, one row each."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import CHOICE, DATE, FIELDS, FLAG, NUMBER, SET, TEXT, Column, Field, Rows
from helpdesk.users.fields import CUSTOM, custom_fields

# Of fields whose label ends as in "the case was opened …".
BY = {"is": _("by"), "is_not": _("not by"), "is_any": _("by any of"), "is_none": _("by none of")}

ROWS = (
    Field(
        "case.status",
        _("Status"),
        CHOICE,
        lambda f: f.case.status,
        Column("cases.Case", "status"),
        lookup="status",
    ),
    Field(
        "case.priority",
        _("Priority"),
        CHOICE,
        lambda f: f.case.priority,
        Column("cases.Case", "priority"),
        lookup="priority",
    ),
    Field(
        "case.group",
        _("Group"),
        CHOICE,
        lambda f: f.case.group_id,
        Rows("users.Group"),
        lookup="group",
        optional=True,
    ),
    Field(
        "case.assignee",
        _("Assignee"),
        CHOICE,
        lambda f: f.case.assignee_id,
        Rows("users.Agent", "email"),
        lookup="assignee",
        optional=True,
    ),
    Field(
        "case.channel",
        _("Channel"),
        CHOICE,
        lambda f: f.case.channel_id,
        Rows("channels.Channel"),
        lookup="channel",
    ),
    Field(
        "case.sync",
        _("Kind of channel"),
        FLAG,
        lambda f: f.case.channel.sync,
        lookup="channel__sync",
        words={"yes": _("is synchronous (a chat)"), "no": _("is asynchronous (like mail)")},
    ),
    Field(
        "case.labels",
        _("Labels"),
        SET,
        lambda f: f.labels,
        Rows("cases.Label"),
        lookup="labels",
        optional=True,
    ),
    Field("case.subject", _("Subject"), TEXT, lambda f: f.case.subject, lookup="subject", optional=True),
    Field(
        "case.messages",
        _("Number of messages"),
        NUMBER,
        lambda f: f.case.messages_count,
        lookup="messages_count",
    ),
    Field("case.answers", _("Number of agents' answers"), NUMBER, lambda f: f.counts["answers"]),
    Field("case.asked", _("Number of the customer's messages"), NUMBER, lambda f: f.counts["asked"]),
    Field("case.created", _("Case has been created"), DATE, lambda f: f.case.created_at, lookup="created_at"),
    Field(
        "case.via",
        _("Case was opened"),
        CHOICE,
        lambda f: f.case.via,
        Column("cases.Case", "via"),
        lookup="via",
        words=BY,
    ),
    Field(
        "case.language",
        _("Language of the case"),
        CHOICE,
        lambda f: f.language(f.case.language),
        Rows("channels.Language", "code", "code"),
        optional=True,
    ),
    Field(
        "case.active_chat",
        _("Chat"),
        FLAG,
        lambda f: f.case.active_chat,
        lookup="active_chat",
        words={"yes": _("is under way"), "no": _("is not under way")},
    ),
    Field(
        "case.chat_agent",
        _("Agent of the chat"),
        CHOICE,
        lambda f: f.case.chat_agent_id,
        Rows("users.Agent", "email"),
        lookup="chat_agent",
        optional=True,
        words={"empty": _("is nobody"), "not_empty": _("is somebody")},
    ),
    Field(
        "case.snoozed",
        _("Snooze"),
        FLAG,
        lambda f: f.case.snoozed_until is not None,
        lookup=Q(snoozed_until__isnull=False),
        words={"yes": _("is running"), "no": _("is not running")},
    ),
    Field(
        "case.reopened",
        _("Times that the case was opened again"),
        NUMBER,
        lambda f: f.case.reopened,
        lookup="reopened",
    ),
    Field(
        "case.rating",
        _("Rating (1 to 5)"),
        NUMBER,
        lambda f: f.case.rating,
        lookup="rating",
        optional=True,
        words={"empty": _("was not given"), "not_empty": _("was given")},
    ),
)

for row in ROWS:
    FIELDS.register(row)

FIELDS.provide(CUSTOM, lambda: custom_fields("case", "case.cf", lambda f: f.case.values))
