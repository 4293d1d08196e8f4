"""Plan, apply, undo: who is who is decided on what was shown, and on nothing that has changed since.

A plan is one agent's. It carries the hash of all that its outcome depends on, and holds for an hour.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.events.occasion import occasion
from helpdesk.lib.text import one_line
from helpdesk.users.errors import (
    MayNotJudge,
    NoReason,
    OneProfileLeft,
    PersonDeleted,
    PlanStale,
    SamePerson,
    SeveralPeople,
    TooManyProfiles,
)
from helpdesk.users.models import Agent, Operation, Person, Plan, Profile
from helpdesk.users.models.people import Method
from helpdesk.users.services import cautions, identity, profiles, reading, undoing
from helpdesk.users.services.outlook import NEW, Outlook
from helpdesk.users.services.scenes import Scene

LIVES = timedelta(hours=1)
# Profiles that change hands in one operation: each has an event of its own.
MOST = 500
LONGEST_REASON = 300
AT_ONCE = 1000

Asked = dict[str, Any]


def merge_plan(person_ids: Iterable[int], *, into: int | None = None, by: Agent) -> Plan:
    """What it would mean if these were one person. into: who stays; None: whoever we are surest of.

    Raises MayNotJudge, Person.DoesNotExist (also where the agent may not see them), SamePerson, PersonDeleted,
    TooManyProfiles.
    """
    check_judges(by)
    people = sorted(set(person_ids))
    if len(people) < 2:
        raise SamePerson
    scene = Scene(people, by)
    into = into if into is not None else _surest(scene)
    if into not in scene.people:
        raise Person.DoesNotExist
    return _keep("merge", scene, {"into": into, "people": people})


def merge_plan_of_profiles(profile_ids: Iterable[int], *, into: int | None = None, by: Agent) -> Plan:
    """The same for the people of these profiles. into: the profile whose person stays."""
    check_judges(by)
    people = _owners(profile_ids, by)
    stays = next(iter(_owners([into], by))) if into is not None else None
    return merge_plan(people, into=stays, by=by)


def split_plan(profile_ids: Iterable[int], *, by: Agent) -> Plan:
    """What it would mean if these profiles were a person of their own.

    Raises MayNotJudge, Person.DoesNotExist, SeveralPeople, OneProfileLeft, PersonDeleted, TooManyProfiles.
    """
    check_judges(by)
    chosen = sorted(set(profile_ids))
    if not chosen:
        raise OneProfileLeft
    scene = Scene(_owners(chosen, by), by)
    if len(scene.people) > 1:
        raise SeveralPeople
    if len(chosen) == len(scene.profiles):
        raise OneProfileLeft
    return _keep("split", scene, {"profiles": chosen})


def link_plan(profile_id: int, account_id: int, *, by: Agent) -> Plan:
    """What it would mean if this profile alone were the person's to whom that account belongs.

    Raises MayNotJudge, Person.DoesNotExist, SamePerson, PersonDeleted.
    """
    check_judges(by)
    owners = _owners([profile_id, account_id], by)
    if len(owners) < 2:
        raise SamePerson
    return _keep("link", Scene(owners, by), {"profile": profile_id, "account": account_id})


@occasion
def apply(plan_hash: str, *, reason: str, by: Agent) -> Operation:
    """Does what the plan said, once: twice is the same operation.

    Raises MayNotJudge, NoReason, and PlanStale where anything has changed, also what the agent may see.
    """
    check_judges(by)
    reason = check_reason(reason)
    plan = find(plan_hash, by=by)
    if plan is None:
        raise PlanStale
    profiles.hold_people(*_concerned(plan))
    plan = Plan.objects.select_related("operation").select_for_update(of=("self",), no_key=True).get(pk=plan.pk)
    if plan.operation:
        return plan.operation
    if plan.expires_at < timezone.now() or _now(plan, by) != plan.hash:
        raise PlanStale
    operation = DO[plan.kind](plan.asked, reason, by)
    operation.plan |= {"shown": plan.body}
    operation.plan_hash = plan.hash
    operation.save(update_fields=["plan", "plan_hash"])
    plan.operation = operation
    plan.save(update_fields=["operation"])
    return operation


def find(plan_hash: str, *, by: Agent) -> Plan | None:
    """A plan of this agent's."""
    return Plan.objects.filter(hash=plan_hash, actor=by).first()


def again(plan: Plan, *, by: Agent) -> Plan:
    """The same question, asked anew. Raises what that raises."""
    asked = plan.asked
    if plan.kind == "merge":
        return merge_plan(asked["people"], into=asked["into"], by=by)
    if plan.kind == "split":
        return split_plan(asked["profiles"], by=by)
    return link_plan(asked["profile"], asked["account"], by=by)


@occasion
def undo(operation: Operation, *, reason: str = "", by: Agent) -> Operation:
    """Takes an operation back; gives that which did it.

    Raises MayNotJudge (also where a profile would go back to somebody whom the agent does not see), NotUndoable,
    NoReason (too long a one).
    """
    check_judges(by)
    reason = check_reason(reason, required=False)
    undoing.hold(operation)
    undoing.check_seen(operation, by)
    return identity.undo(operation, by=by, reason=reason)


def shown(operation: Operation, agent: Agent) -> dict[str, Any] | None:
    """The plan that was applied, where the agent still sees all who are in it."""
    body: dict[str, Any] | None = operation.plan.get("shown")
    if body is None:
        return None
    wanted = {one["user_id"] for one in body["profiles"]}
    return body if reading.seen_by(agent).filter(pk__in=wanted).count() == len(wanted) else None


def check_judges(agent: Agent) -> None:
    """Raises MayNotJudge."""
    if not agent.judges:
        raise MayNotJudge


def check_reason(reason: str, *, required: bool = True) -> str:
    """Why, in one line. Raises NoReason at the field."""
    text = one_line(reason)
    if not text and required:
        raise NoReason(fields={"reason": [_("Say why, in a few words: whoever reads it later has only this.")]})
    if len(text) > LONGEST_REASON:
        raise NoReason(fields={"reason": [_("At most %(number)d characters, please.") % {"number": LONGEST_REASON}]})
    return text


def forget_old() -> int:
    """Deletes plans that have run out, at most a thousand; gives how many. Operations keep what was shown."""
    old = list(Plan.objects.filter(expires_at__lt=timezone.now()).values_list("pk", flat=True)[:AT_ONCE])
    return Plan.objects.filter(pk__in=old).delete()[0] if old else 0


def _owners(profile_ids: Iterable[int], agent: Agent) -> set[int]:
    """Whose they are. Raises Person.DoesNotExist where one is not to be seen."""
    wanted = set(profile_ids)
    rows = dict(reading.seen_by(agent).filter(pk__in=wanted).values_list("pk", "person_id"))
    if wanted - set(rows):
        raise Person.DoesNotExist
    return set(rows.values())


def _surest(scene: Scene) -> int:
    """Whose profiles are proven best; of equals the one we have known longest."""
    levels = {person: max(one.level for one in scene.of(person)) for person in scene.people}
    return min(levels, key=lambda person: (-levels[person], person))


def _keep(kind: str, scene: Scene, asked: Asked) -> Plan:
    if any(person.deleted_at for person in scene.people.values()):
        raise PersonDeleted
    outlook = Outlook(kind, scene, WHOSE[kind](scene, asked))
    if len(outlook.moving) > MOST:
        raise TooManyProfiles(TooManyProfiles.sentence % {"most": MOST}, most=MOST)
    body = outlook.body() | {"warnings": cautions.of(outlook)}
    now = timezone.now()
    plan, _made = Plan.objects.update_or_create(
        hash=scene.print(kind, asked),
        defaults={
            "kind": kind,
            "asked": asked,
            "body": body,
            "actor": scene.agent,
            "made_at": now,
            "expires_at": now + LIVES,
        },
    )
    return plan


def _now(plan: Plan, by: Agent) -> str:
    """The hash that the same question has now; "" where it cannot be asked any more."""
    try:
        return Scene((side["person_id"] for side in plan.body["before"]), by).print(plan.kind, plan.asked)
    except Person.DoesNotExist:
        return ""


def _concerned(plan: Plan) -> list[int]:
    return [one["user_id"] for one in plan.body["profiles"]]


def _merged(scene: Scene, asked: Asked) -> dict[int, int]:
    return {pk: int(asked["into"]) for pk in scene.profiles}


def _split(scene: Scene, asked: Asked) -> dict[int, int]:
    return {pk: NEW if pk in asked["profiles"] else one.person_id for pk, one in scene.profiles.items()}


def _linked(scene: Scene, asked: Asked) -> dict[int, int]:
    there = scene.profiles[asked["account"]].person_id
    return {pk: there if pk == asked["profile"] else one.person_id for pk, one in scene.profiles.items()}


# {kind: whose the profiles would be}
WHOSE: Mapping[str, Callable[[Scene, Asked], dict[int, int]]] = {"merge": _merged, "split": _split, "link": _linked}


def _merge(asked: Asked, reason: str, by: Agent) -> Operation:
    people = Person.objects.in_bulk(asked["people"])
    into = people.pop(asked["into"])
    first, *also = people.values()
    return identity.merge(first, into, also=also, by=by, reason=reason)


def _split_off(asked: Asked, reason: str, by: Agent) -> Operation:
    return identity.split(Profile.objects.filter(pk__in=asked["profiles"]), by=by, reason=reason)


def _link(asked: Asked, reason: str, by: Agent) -> Operation:
    """An agent's word makes nobody surer: the level stays."""
    rows = Profile.objects.select_related("person").in_bulk([asked["profile"], asked["account"]])
    profile, person = rows[asked["profile"]], rows[asked["account"]].person
    why: Asked = {"method": Method.AGENT, "level": profile.level, "evidence": {"reason": reason}}
    return Operation.objects.get(links=identity.link(profile, person, **why, by=by, reason=reason))


# {kind: how it is done}
DO: Mapping[str, Callable[[Asked, str, Agent], Operation]] = {"merge": _merge, "split": _split_off, "link": _link}
