"""What conditions look at: one case, as it is now, and what has just happened to it."""

import datetime
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Q
from django.utils import timezone

from helpdesk.cases.models import Attachment, Author, Case, Message
from helpdesk.cases.models.case import Cases
from helpdesk.channels.models import Language
from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.events.occasion import at_hand
from helpdesk.users.models import Agent, Person, Profile

# A person's cases are counted up to here.
MOST_CASES = 1000


class Facts:
    """The case and the events of one occasion. Everything else is fetched when it is asked for, once.

    Made anew after the case was changed. The user is the profile of the case; its person is who we think is
    behind it.
    """

    def __init__(self, case: Case, events: Iterable[Event] = ()) -> None:
        self.case = case
        self.events = [event for event in events if event.actor_kind != Author.RULE]
        self._kept: dict[str, Any] = {}

    def once(self, key: str, read: Callable[[], Any]) -> Any:
        """What `read` gives, read once: for fields of apps of which nobody knows here."""
        if key not in self._kept:
            self._kept[key] = read()
        return self._kept[key]

    @cached_property
    def now(self) -> datetime.datetime:
        """One moment for all conditions."""
        return timezone.now()

    @property
    def profile(self) -> Profile:
        return self.case.profile

    @property
    def person(self) -> Person:
        return self.case.profile.person

    @cached_property
    def written(self) -> Event | None:
        """The last public message of the occasion, by a customer or an agent."""
        return next((event for event in reversed(self._messages) if not event.get("note")), None)

    @cached_property
    def asked(self) -> Event | None:
        """The customer's last message of the occasion."""
        return next((event for event in reversed(self._messages) if event.get("author") == Author.PROFILE), None)

    @cached_property
    def noted(self) -> Event | None:
        """The last note of the occasion."""
        return next((event for event in reversed(self._messages) if event.get("note")), None)

    @cached_property
    def begun(self) -> Event | None:
        """What the occasion began with: the first thing that touched the case."""
        return next((event for event in self.events if EVENTS.get(event.kind).touches), None)

    def of(self, kind: str) -> list[Event]:
        """What happened of this kind, in order."""
        return [event for event in self.events if event.kind == kind]

    @property
    def _messages(self) -> list[Event]:
        return [event for event in self.events if event.kind == "message.added"]

    @cached_property
    def message(self) -> Message | None:
        return self._read(self.written)

    @cached_property
    def note(self) -> Message | None:
        return self._read(self.noted)

    @cached_property
    def mentioned(self) -> list[Agent]:
        """Whom the last note of the occasion names."""
        if self.noted is None:
            return []
        return list(Agent.objects.filter(mentions__message=self.noted.message_id).select_related("status"))

    @cached_property
    def mentioned_groups(self) -> frozenset[int]:
        """The groups of those whom the last note of the occasion names."""
        members = Agent.groups.through.objects.filter(agent__in=self.mentioned)
        return frozenset(members.values_list("group", flat=True)) if self.mentioned else frozenset()

    def _read(self, event: Event | None) -> Message | None:
        if event is None or event.message_id is None:
            return None
        return at_hand(Message, event.message_id) or self.case.messages.filter(pk=event.message_id).first()

    @cached_property
    def file_names(self) -> list[str]:
        """Of what came with the message of the occasion."""
        if self.written is None:
            return []
        files = Attachment.objects.filter(message=self.written.message_id)
        return list(files.order_by("pk").values_list("name", flat=True))

    @cached_property
    def counts(self) -> dict[str, int]:
        """How much was said in the case: {"answers": by agents, "asked": by the customer}."""
        answers, asked = Q(author=Author.AGENT, note=False), Q(author=Author.PROFILE)
        return self.case.messages.aggregate(answers=Count("pk", filter=answers), asked=Count("pk", filter=asked))

    @cached_property
    def labels(self) -> frozenset[int]:
        """Plain SQL: nearly every pass asks for them, and through the ORM they took ten times as long."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT label_id FROM cases_case_labels WHERE case_id = %s", [self.case.pk])
            return frozenset(label_id for (label_id,) in cursor.fetchall())

    @cached_property
    def _addresses(self) -> list[tuple[str, str]]:
        return list(self.person.profiles.order_by("pk").values_list("kind", "address"))

    def address(self, kind: str) -> str | None:
        """The person's address of this kind: that of the profile itself, else the first one known."""
        if self.profile.kind == kind:
            return self.profile.address
        return next((address for found, address in self._addresses if found == kind), None)

    @cached_property
    def identified_by(self) -> str | None:
        """How we know who the user is (`users.Method`); None while they are not identified."""
        if not self.profile.is_identified:
            return None
        return self.profile.links.filter(until=None).values_list("method", flat=True).first()

    @cached_property
    def company(self) -> str:
        return self.person.company.name if self.person.company else ""

    @property
    def company_values(self) -> dict[str, Any]:
        return self.person.company.values if self.person.company else {}

    @cached_property
    def profiles(self) -> int:
        """In how many places we know the person."""
        return len(self._addresses)

    @cached_property
    def cases(self) -> int:
        return self._counted(Case.objects.of_person(self.person))

    @cached_property
    def active_cases(self) -> int:
        return self._counted(Case.objects.of_person(self.person).active())

    def _counted(self, cases: Cases) -> int:
        return len(cases.whole().values_list("pk")[:MOST_CASES])

    @cached_property
    def wrote_before(self) -> datetime.datetime | None:
        """When the person last wrote, wherever that was, before this occasion."""
        now = [event.message_id for event in self._messages if event.message_id]
        theirs = Message.objects.filter(profile__person=self.person, author=Author.PROFILE).exclude(pk__in=now)
        return theirs.aggregate(last=Max("created_at"))["last"]

    def language(self, code: str) -> str | None:
        """The desk's own language that this code means: de for de-AT. The code itself where it has none such."""
        if not code:
            return None
        spoken, base = code.lower(), code.lower().partition("-")[0]
        return self._languages.get(spoken) or self._languages.get(base) or code

    @cached_property
    def _languages(self) -> dict[str, str]:
        return {code.lower(): code for code in Language.objects.values_list("code", flat=True)}

    @cached_property
    def waiting_since(self) -> datetime.datetime | None:
        """When the customer wrote the first message that no agent has answered yet; None if there is none."""
        answered, wrote = self.case.last_answer_at, self.case.last_customer_at
        if wrote is None or (answered is not None and answered >= wrote):
            return None
        theirs = self.case.messages.filter(author=Author.PROFILE)
        unanswered = theirs.filter(created_at__gt=answered) if answered else theirs
        return unanswered.order_by("created_at").values_list("created_at", flat=True).first() or wrote
