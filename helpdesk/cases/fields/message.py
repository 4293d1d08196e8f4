"""What rules can ask about the message of the occasion."""

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import CHOICE, FIELDS, FLAG, RANK, TEXT, Column, Field, Rows

# The lists in which there is one.
MESSAGES = frozenset({"new", "updated"})

ROWS = (
    Field(
        "message.text",
        _("Message text"),
        TEXT,
        lambda f: f.message and f.message.text,
        lists=MESSAGES,
        optional=True,
    ),
    Field(
        "message.author",
        _("Author of the message"),
        CHOICE,
        lambda f: f.written and f.written.get("author"),
        Column("cases.Message", "author", without=("rule",)),
        lists=MESSAGES,
    ),
    Field(
        "message.agent",
        _("Agent who wrote the message"),
        CHOICE,
        lambda f: f.written.actor_id if f.written and f.written.actor_kind == "agent" else None,
        Rows("users.Agent", "email"),
        lists=MESSAGES,
    ),
    Field(
        "message.level",
        _("Level of the message"),
        RANK,
        lambda f: f.message.level if f.message and f.message.profile_id else None,
        Column("cases.Message", "level"),
        lists=MESSAGES,
    ),
    Field(
        "message.from_api",
        _("Message came"),
        FLAG,
        lambda f: f.message is not None and f.message.from_api,
        lists=MESSAGES,
        words={"yes": _("through the API"), "no": _("not through the API")},
    ),
    Field(
        "message.has_files",
        _("Attachment"),
        FLAG,
        lambda f: bool(f.file_names),
        lists=MESSAGES,
        words={"yes": _("came with the message"), "no": _("did not come with the message")},
    ),
    Field(
        "message.file_names",
        _("Names of the attachments"),
        TEXT,
        lambda f: "\n".join(f.file_names),
        lists=MESSAGES,
        optional=True,
    ),
    Field(
        "note.text",
        _("Text of the note"),
        TEXT,
        lambda f: f.note and f.note.text,
        lists=frozenset({"updated"}),
        optional=True,
        words={"empty": _("is empty: none was added"), "not_empty": _("is not empty")},
    ),
)

for row in ROWS:
    FIELDS.register(row)
