"""What rules and saved lists can ask about a case, one row each."""

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import CHOICE, DATE, FIELDS, FLAG, NUMBER, SET, TEXT, Column, Field, Rows
from helpdesk.users.fields import CUSTOM, custom_fields

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
    Field("case.created", _("Case has been created"), DATE, lambda f: f.case.created_at, lookup="created_at"),
    Field(
        "case.active_chat",
        _("Chat"),
        FLAG,
        lambda f: f.case.active_chat,
        lookup="active_chat",
        words={"yes": _("is under way"), "no": _("is not under way")},
    ),
)

for row in ROWS:
    FIELDS.register(row)

FIELDS.provide(CUSTOM, lambda: custom_fields("case", "case.cf", lambda f: f.case.values))
