"""The time since something happened to a case. In time rules each is a clock that rings."""

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import AGE, FIELDS, Field, Rows

TIME = frozenset({"time"})
# In whose hours a clock may count.
SCHEDULES = Rows("channels.Schedule")

ROWS = (
    Field(
        "clock.customer",
        _("Time since the customer's last message"),
        AGE,
        lambda f: f.case.last_customer_at,
        SCHEDULES,
        lists=TIME,
        lookup="last_customer_at",
    ),
    Field(
        "clock.answer",
        _("Time since an agent's last answer"),
        AGE,
        lambda f: f.case.last_answer_at,
        SCHEDULES,
        lists=TIME,
        lookup="last_answer_at",
    ),
    Field(
        "clock.created",
        _("Time since the case was created"),
        AGE,
        lambda f: f.case.created_at,
        SCHEDULES,
        lists=TIME,
        lookup="created_at",
    ),
    Field(
        "clock.status",
        _("Time since the status changed"),
        AGE,
        lambda f: f.case.status_at,
        SCHEDULES,
        lists=TIME,
        lookup="status_at",
    ),
    Field(
        "clock.assigned",
        _("Time since the case was assigned"),
        AGE,
        lambda f: f.case.assigned_at,
        SCHEDULES,
        lists=TIME,
        lookup="assigned_at",
    ),
    Field(
        "clock.waiting",
        _("Time since the first message that nobody has answered"),
        AGE,
        lambda f: f.waiting_since,
        SCHEDULES,
        lists=TIME,
    ),
)

for row in ROWS:
    FIELDS.register(row)
