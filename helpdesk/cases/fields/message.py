"""What rules can ask about the message of the occasion."""

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import CHOICE, FIELDS, TEXT, Column, Field

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
)

for row in ROWS:
    FIELDS.register(row)
