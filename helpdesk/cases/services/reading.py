"""Reading cases: what one agent may see. Every page, stream and API asks here."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from helpdesk.cases.models import Case, Macro, Message
from helpdesk.cases.models.case import Cases
from helpdesk.cases.models.message import Messages
from helpdesk.channels.models import Channel
from helpdesk.lib.ids import is_id
from helpdesk.users.models import Agent, Conflict, Person
from helpdesk.users.models.agents import Team

# The parts of a case that a page names: people, places and who works on it.
WHOLE = ("profile__person__company", "profile__channel", "channel", "assignee", "group", "chat_agent", "merged_into")


def seen_by(agent: Agent) -> Cases:
    """The cases that this agent may see, by the rights of the QuerySet; none for somebody who was deactivated."""
    return Case.objects.visible_to(agent)


def sees(agent: Agent, case: Case, channel: Channel | None = None) -> bool:
    """The same question about one case that is at hand. channel: one that the agent is known to see."""
    if (channel is None or channel.pk != case.channel_id) and not agent.sees(case.channel):
        return False
    if agent.is_admin or case.group_id is None or case.assignee_id == agent.pk:
        return True
    return agent.groups.filter(pk=case.group_id).exists()


def who_sees(case: Case) -> Team:
    """The active agents who may see this case: the question of `visible_to`, asked the other way round."""
    through, groups = Agent.channels.through.objects, Agent.groups.through.objects
    sees = Q(Exists(through.filter(agent=OuterRef("pk"), channel=case.channel_id)))
    if case.group_id is not None:
        sees &= Q(Exists(groups.filter(agent=OuterRef("pk"), group=case.group_id))) | Q(pk=case.assignee_id)
    return Agent.objects.get_queryset().filter(Q(is_admin=True) | sees, is_active=True)


def find(agent: Agent, number: str) -> Case:
    """A case by its number, with its people. Raises Case.DoesNotExist also where the agent may not see it."""
    parts = Case.objects.filter(merged_into=OuterRef("pk"))
    labels = Case.labels.through.objects.filter(case=OuterRef("pk"))
    cases = seen_by(agent).select_related(*WHOLE)
    there = {"has_parts": Exists(parts), "has_labels": Exists(labels), "has_conflicts": _conflicts("profile__person")}
    there["has_macros"] = Exists(Macro.objects.of(agent))
    return cases.annotate(**there).get(number=number)


def one_of(cases: QuerySet[Case], name: str) -> Case | None:
    """The case of these that somebody names by its number, as `664-245651`, or by its id."""
    by: dict[str, Any] = {"number": name} if "-" in name else {"pk": int(name) if is_id(name) else 0}
    return cases.filter(**by).first()


def named(agent: Agent, name: str) -> Case | None:
    """The case that this agent names, with its customer; None also where the agent may not see it."""
    return one_of(seen_by(agent).select_related("profile__person", "channel"), name)


def _conflicts(person: str) -> Q:
    """Whether there ever was a conflict about this person, on either side."""
    sides = (Conflict.objects.filter(**{f"{side}__person": OuterRef(person)}) for side in ("profile", "account"))
    one, other = map(Exists, sides)
    return one | other


def cases_of(person: Person, agent: Agent) -> Cases:
    """The person's cases that the agent may see, newest first, without those merged into another."""
    return seen_by(agent).whole().of_person(person).newest()


def rows(cases: Cases) -> Cases:
    """The cases with what a list shows of each; `last_delivery` is how far the last message got."""
    last = Message.objects.filter(pk=OuterRef("last_message_id")).values("delivery")
    return cases.for_list().annotate(last_delivery=Subquery(last))


def parts_of(case: Case) -> list[int]:
    """The ids of the case and of those merged into it: they are read as one."""
    if not getattr(case, "has_parts", True):
        return [case.pk]
    return [case.pk, *Case.objects.filter(merged_into=case).values_list("pk", flat=True)]


def messages_of(parts: Iterable[int]) -> Messages:
    """What was said in these cases."""
    return Message.objects.filter(case__in=parts)


def under_way_of(profiles: Iterable[int], people: Iterable[int]) -> Cases:
    """Cases of these profiles or people that are not closed, newest first, whoever may see them."""
    whose = Q(profile__in=set(profiles)) | Q(profile__person__in=set(people))
    return Case.objects.active().filter(whose).order_by("-pk")


def places_of(case_ids: Iterable[int]) -> QuerySet[Case, tuple[int, int, int | None, int | None, int, int]]:
    """(case, channel, group, assignee, profile, person): what rights are decided by."""
    cases = Case.objects.filter(pk__in=set(case_ids))
    return cases.values_list("pk", "channel_id", "group_id", "assignee_id", "profile_id", "profile__person_id")
