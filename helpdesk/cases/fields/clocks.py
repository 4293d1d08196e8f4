"""The time since something happened to a case. In time rules each is a clock that rings."""

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import AGE, FIELDS, Field

TIME = frozenset({"time"})

ROWS = (
    Field(
        "clock.customer",
        _("Time since the customer's last message"),
        AGE,
        lambda f: f.case.last_customer_at,
        lists=TIME,
        lookup="last_customer_at",
    ),
    Field(
        "clock.answer",
        _("Time since an agent's last answer"),
        AGE,
        lambda f: f.case.last_answer_at,
        lists=TIME,
        lookup="last_answer_at",
    ),
    Field(
        "clock.created",
        _("Time since the case was created"),
        AGE,
        lambda f: f.case.created_at,
        lists=TIME,
        lookup="created_at",
    ),
    Field(
        "clock.status",
        _("Time since the status changed"),
        AGE,
        lambda f: f.case.status_at,
        lists=TIME,
        lookup="status_at",
    ),
)

for row in ROWS:
    FIELDS.register(row)
