"""Merging cases writes a redirect: both timelines are read as one, and no row changes its case."""

from helpdesk.cases.errors import CannotMerge
from helpdesk.cases.models import Case, Status
from helpdesk.cases.services import holding
from helpdesk.events.occasion import current, occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.services import profiles


def survivor(case: Case) -> int:
    """The case that answers go on in: the end of the chain of merges (chains are one step long by construction)."""
    return case.merged_into_id or case.pk


@occasion
def merge(case: Case, into: Case, *, by: Actor | None) -> Case:
    """`case` is read as part of `into` from now on. Raises CannotMerge."""
    case, into = _hold_two(case, into)
    if case.pk == into.pk or case.merged_into_id or into.merged_into_id:
        raise CannotMerge
    # Cases merged into `case` earlier follow it, so that a chain is never longer than one step.
    Case.objects.filter(merged_into=case).update(merged_into=into)
    _carry_chat(case, into)
    case.merged_into, case.active, case.active_chat, case.chat_ends_at = into, False, False, None
    case.save(update_fields=["merged_into", "active", "active_chat", "chat_ends_at"])
    record("case.merged", by=by, case=into, other=case.pk, number=case.number)
    return into


def _carry_chat(case: Case, into: Case) -> None:
    """A chat that is under way goes on in the surviving case, with the agent who has it."""
    if not case.active_chat or into.active_chat or into.status == Status.CLOSED:
        return
    into.active_chat, into.chat_ends_at, into.chat_agent_id = True, case.chat_ends_at, case.chat_agent_id
    into.save(update_fields=["active_chat", "chat_ends_at", "chat_agent"])


@occasion
def unmerge(case: Case, *, by: Actor | None) -> Case:
    """Takes a merged case out again; it stands as it was. Raises CannotMerge."""
    case = holding.hold(case.pk)
    if case.merged_into_id is None:
        raise CannotMerge
    into, case.merged_into = case.merged_into_id, None
    case.active = case.status != Status.CLOSED
    case.save(update_fields=["merged_into", "active"])
    record("case.unmerged", by=by, case=case, other=into, number=case.number)
    return case


def _hold_two(one: Case, other: Case) -> tuple[Case, Case]:
    profiles.hold(*{one.profile_id, other.profile_id})
    held = {case.pk: case for case in current().lock("case", holding.rows(), {one.pk, other.pk})}
    return held[one.pk], held[other.pk]
