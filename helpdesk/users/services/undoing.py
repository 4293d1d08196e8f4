"""What an operation found, so that its undo can put it back; and why one cannot be undone now."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.events.models import Event
from helpdesk.events.occasion import current
from helpdesk.users.errors import MayNotJudge, NotUndoable
from helpdesk.users.models import Agent, Link, Operation, Person, Profile
from helpdesk.users.services import profiles, reading

KINDS = {
    "link": gettext_lazy("linking"),
    "unlink": gettext_lazy("unlinking"),
    "merge": gettext_lazy("merge"),
    "split": gettext_lazy("split"),
    "apart": gettext_lazy("keeping apart"),
    "undo": gettext_lazy("undoing"),
}
ACTORS = {
    "profile": gettext_lazy("the customer"),
    "rule": gettext_lazy("a rule"),
    "desk": gettext_lazy("the desk"),
}


def before(moving: Iterable[Profile]) -> dict[str, dict[str, Any]]:
    """Where these profiles are linked now, to put it back.

    {profile: {person, method, level, evidence, operation, identified_at (ISO 8601 or None)}}.
    """
    since = {profile.pk: profile.identified_at for profile in moving}
    links = Link.objects.filter(profile__in=list(since), until=None)
    return {
        str(link.profile_id): {
            "person": link.person_id,
            "method": link.method,
            "level": link.level,
            "evidence": link.evidence,
            "operation": link.operation_id,
            "identified_at": at.isoformat() if (at := since[link.profile_id]) else None,
        }
        for link in links
    }


def plan_hash(plan: Mapping[str, Any]) -> str:
    """What an operation is known by that nobody planned."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True, default=str).encode()).hexdigest()


def restore_times(was: Mapping[str, Mapping[str, Any]], held: Mapping[int, Profile]) -> None:
    """Since when each has been identified, as it was before. (Operations of earlier versions do not know it.)"""
    known = [held[int(pk)] for pk, told in was.items() if "identified_at" in told]
    for profile in known:
        at = was[str(profile.pk)]["identified_at"]
        profile.identified_at = datetime.fromisoformat(at) if at else None
    Profile.objects.bulk_update(known, ["identified_at"])


def blocked_since(operation: Operation, people: Iterable[int]) -> set[int]:
    """Whom of these people somebody has blocked after the operation, for a reason of its own: that stays."""
    blocks = Event.objects.filter(kind="person.blocked", person_id__in=list(people), created_at__gt=operation.at)
    return {pk for pk in blocks.values_list("person_id", flat=True) if pk}


def check(operation: Operation) -> None:
    """Raises NotUndoable, which says in words what is in the way; `undo_first` is the operation to be undone first."""
    if operation.kind == "undo":
        raise NotUndoable(_("What was undone cannot be brought back by an undo. Do it anew."))
    if operation.undone_by:
        raise NotUndoable(_("This was undone already: %(what)s.") % {"what": tell(operation.undone_by)})
    links = Link.objects.filter(profile__in=[int(pk) for pk in operation.plan["before"]], until=None)
    newer = [link for link in links.select_related("operation") if link.operation_id != operation.pk]
    if not newer:
        return
    on_top = max((link.operation for link in newer if link.operation), key=lambda one: one.pk, default=None)
    if on_top is None or on_top.pk < operation.pk:
        raise NotUndoable
    words = _("Something newer stands on it. Undo this first: %(what)s.") % {"what": tell(on_top)}
    raise NotUndoable(words, undo_first=on_top.pk)


def hold(operation: Operation | None, *also: int) -> dict[int, Profile]:
    """Locks all whom an undo would move or join, and these profiles, with their people. {profile id: profile}."""
    people = _goes_back_to(operation) if operation else set()
    moved = [int(pk) for pk in operation.plan["before"]] if operation else []
    there = Profile.objects.filter(person__in=people).values_list("pk", flat=True)
    held = profiles.hold_people(*moved, *there, *also)
    # Also those who have no profile now: nobody else joins them meanwhile.
    current().lock("person", Person.objects.all(), people)
    return held


def check_seen(operation: Operation, agent: Agent) -> None:
    """Raises MayNotJudge where it would join somebody to a person whom the agent does not see. `hold` comes first."""
    if barred(agent, [operation]):
        raise MayNotJudge(_("Undoing this would touch people whom you may not see. Ask somebody who sees them."))


def barred(agent: Agent, operations: Iterable[Operation]) -> set[int]:
    """Which of these the agent may not undo: a profile would go back to a person whom they do not see now.

    Gives ids, with one query however many there are.
    """
    back = {one.pk: _goes_back_to(one) for one in operations}
    there = Profile.objects.filter(person__in=set().union(*back.values()))
    hidden = set(there.exclude(pk__in=reading.seen_by(agent).values("pk")).values_list("person_id", flat=True))
    return {pk for pk, people in back.items() if people & hidden}


def _goes_back_to(operation: Operation) -> set[int]:
    return {was["person"] for was in operation.plan["before"].values()}


def profiles_of(operation: Operation) -> list[int]:
    """Whom it was about: those that it moved, or the two that it keeps apart."""
    return [int(pk) for pk in operation.plan.get("profiles") or operation.plan["before"]]


def tell(operation: Operation) -> str:
    """`merge #12 of 3 May 2026 14:02 by Ann`."""
    return _("%(kind)s #%(number)d of %(when)s by %(who)s") % {
        "kind": KINDS[operation.kind],
        "number": operation.pk,
        "when": date_format(localtime(operation.at), "DATETIME_FORMAT"),
        "who": actor_name(operation),
    }


def actor_name(operation: Operation) -> str:
    """Who did it, for people."""
    agent = Agent.objects.filter(pk=operation.actor_id or 0).first() if operation.actor_kind == "agent" else None
    return _name(operation, str(agent) if agent else "")


def named(rows: QuerySet[Operation]) -> QuerySet[Operation]:
    """Operations with who did and undid them, for `done_by` and `undone_by`: one query for all of them."""
    call = Coalesce(NullIf("name", Value("")), "email", output_field=CharField())
    names = {
        name: Subquery(Agent.objects.filter(pk=OuterRef(actor)).values(called=call)[:1])
        for name, actor in (("agent_name", "actor_id"), ("undoer_name", "undone_by__actor_id"))
    }
    return rows.select_related("undone_by").annotate(**names)


def done_by(operation: Operation) -> str:
    return _name(operation, operation.agent_name)  # type: ignore[attr-defined]


def undone_by(operation: Operation) -> str:
    """Who took it back; "" for nobody."""
    undone = operation.undone_by
    return _name(undone, operation.undoer_name) if undone else ""  # type: ignore[attr-defined]


def _name(operation: Operation, agent: str | None) -> str:
    if operation.actor_kind == "agent":
        return agent or _("a former agent")
    return str(ACTORS.get(operation.actor_kind, ACTORS["desk"]))
