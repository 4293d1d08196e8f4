"""Locking a case: its profile first, then the person, then the case, as everywhere."""

from collections.abc import Iterable
from typing import cast

from django.db.models import QuerySet

from helpdesk.cases.models import Case
from helpdesk.events.occasion import current
from helpdesk.users.models import Profile
from helpdesk.users.services import profiles


def hold(case_id: int) -> Case:
    """The case, locked, the one copy that everybody in this occasion works on. Raises Case.DoesNotExist."""
    it = current()
    mine = it.held.get((Case, case_id))
    if isinstance(mine, Case):
        return mine
    profile_id = Case.objects.values_list("profile_id", flat=True).get(pk=case_id)
    profiles.hold(profile_id)
    return held(case_id)


def hold_all(case_ids: Iterable[int]) -> list[Case]:
    """Several cases at once, without their people and facts: enough for what became of a message. In order of id."""
    return current().lock("case", Case.objects.only("pk"), case_ids)


class Elsewhere(Exception):
    """The case belongs to a profile that is not locked yet, and now it is too late to lock it."""

    def __init__(self, profile_id: int) -> None:
        super().__init__(profile_id)
        self.profile_id = profile_id


def held(case_id: int) -> Case:
    """The same for a case whose profile is held already. Raises Elsewhere where it is not."""
    it = current()
    (case,) = it.lock("case", rows(), [case_id])
    profile = it.held.get((Profile, case.profile_id))
    if profile is None:
        raise Elsewhere(case.profile_id)
    case.profile = cast(Profile, profile)
    return case


def rows() -> QuerySet[Case]:
    return Case.objects.select_related("channel", "group", "assignee")
