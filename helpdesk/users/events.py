"""What happens to people and agents, and what an agent's sign-out means."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from helpdesk.events.kinds import Kind, declare
from helpdesk.users.models import Agent
from helpdesk.users.services import agents

declare(
    Kind("profile.met", _("Profile first seen")),
    Kind(
        "profile.linked",
        _("Profile linked"),
        _("This profile was linked with {person_name} ({method})"),
        touches=True,
    ),
    Kind("profile.unlinked", _("Profile unlinked"), _("This profile was unlinked"), touches=True),
    Kind("profile.levelled", _("Level of assurance changed"), touches=True),
    Kind("person.changed", _("User data changed"), _("User data changed: {fields}")),
    Kind("person.merged", _("People merged"), _("This person was merged with another")),
    Kind("person.split", _("Person split"), _("A profile was split off")),
    Kind("person.blocked", _("Person blocked"), _("This person was blocked")),
    Kind("person.disabled", _("Person deleted"), _("This person was moved to deleted")),
    Kind("person.restored", _("Person restored"), _("This person is not deleted any more")),
    Kind("person.unblocked", _("Person unblocked"), _("This person is no longer blocked")),
    Kind("person.conflict", _("Two people, one address"), _("Two people claim the same address")),
    Kind("person.apart_lifted", _("No longer kept apart"), _("Two people are no longer kept apart")),
    # data: conflict, what (its kind), value (what was told; empty for a code: whose it is, not everybody may read),
    # account (the other profile).
    Kind(
        "conflict.found",
        _("Conflict found"),
        _("Somebody claims to be another person; nothing was linked, an agent decides. {value}"),
    ),
    Kind(
        "conflict.again",
        _("Claimed again"),
        _("Somebody claims again to be another person, which an agent has denied; nothing was linked. {value}"),
    ),
    Kind("conflict.decided", _("Conflict decided"), _("{actor} decided a conflict: {verdict}. {reason}")),
    Kind("conflict.reopened", _("Conflict open again"), _("{actor} opened a conflict again")),
    Kind("operation.undone", _("Operation undone"), _("Undone: {what}")),
    Kind("agent.changed", _("Agent changed")),
    # data: agent, old and new (ids, or null), status or role (its title then).
    Kind("agent.status_changed", _("Status of an agent changed")),
    Kind("agent.role_changed", _("Role of an agent changed")),
)


@receiver(user_logged_out, dispatch_uid="users.signed_out")
def signed_out(user: Any, **more: Any) -> None:
    """Whoever signs out is not there any more."""
    if isinstance(user, Agent):
        agents.gone(user)
