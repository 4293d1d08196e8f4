"""What rules can ask about the agents around a case: whose it is, and whom a note names."""

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import CHOICE, FIELDS, FLAG, SET, Field, Rows

# A note starts no pass of new cases.
NOTES = frozenset({"updated"})
AGENTS = Rows("users.Agent", "email")
ROLES, STATUSES = Rows("users.Role"), Rows("users.AgentStatus")

ROWS = (
    Field(
        "case.assignee_available",
        _("Assignee at this moment"),
        FLAG,
        lambda f: f.case.assignee is not None and f.case.assignee.is_available,
        words={"yes": _("is available"), "no": _("is not available, or nobody")},
    ),
    Field(
        "case.assignee_role",
        _("Assignee's role"),
        CHOICE,
        lambda f: f.case.assignee and f.case.assignee.role_id,
        ROLES,
        lookup="assignee__role",
        optional=True,
    ),
    Field(
        "case.assignee_status",
        _("Assignee's status"),
        CHOICE,
        lambda f: f.case.assignee and f.case.assignee.status_id,
        STATUSES,
        lookup="assignee__status",
        optional=True,
    ),
    Field(
        "note.mentions",
        _("Mentioned in the note"),
        SET,
        lambda f: frozenset(agent.pk for agent in f.mentioned),
        AGENTS,
        lists=NOTES,
        optional=True,
        words={
            "has_any": _("is any of"),
            "has_all": _("are all of"),
            "has_none": _("is none of"),
            "empty": _("is nobody"),
            "not_empty": _("is anybody"),
        },
    ),
    Field(
        "note.mentions_assignee",
        _("Note that mentions the assignee"),
        FLAG,
        lambda f: any(agent.pk == f.case.assignee_id for agent in f.mentioned),
        lists=NOTES,
        words={"yes": _("was added"), "no": _("was not added")},
    ),
    Field(
        "note.mentions_available",
        _("Note that mentions an available agent"),
        FLAG,
        lambda f: any(agent.is_available for agent in f.mentioned),
        lists=NOTES,
        words={"yes": _("was added"), "no": _("was not added")},
    ),
    Field(
        "note.mentions_unavailable",
        _("Note that mentions an agent who is not available"),
        FLAG,
        lambda f: any(not agent.is_available for agent in f.mentioned),
        lists=NOTES,
        words={"yes": _("was added"), "no": _("was not added")},
    ),
    Field(
        "note.mentions_groups",
        _("Groups of those mentioned in the note"),
        SET,
        lambda f: f.mentioned_groups,
        Rows("users.Group"),
        lists=NOTES,
        optional=True,
    ),
    Field(
        "note.mentions_roles",
        _("Roles of those mentioned in the note"),
        SET,
        lambda f: frozenset(agent.role_id for agent in f.mentioned if agent.role_id),
        ROLES,
        lists=NOTES,
        optional=True,
    ),
    Field(
        "note.mentions_statuses",
        _("Statuses of those mentioned in the note"),
        SET,
        lambda f: frozenset(agent.status_id for agent in f.mentioned if agent.status_id),
        STATUSES,
        lists=NOTES,
        optional=True,
    ),
)

for row in ROWS:
    FIELDS.register(row)
