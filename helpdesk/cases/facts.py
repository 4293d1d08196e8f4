"""What conditions look at: one case, as it is now, and what has just happened to it."""

from collections.abc import Iterable
from functools import cached_property

from helpdesk.cases.models import Author, Case, Message
from helpdesk.events.models import Event
from helpdesk.users.models import Person, Profile


class Facts:
    """The case and the events of one occasion. Everything else is fetched when it is asked for, once.

    Made anew after the case was changed. The user is the profile of the case; its person is who we think is
    behind it.
    """

    def __init__(self, case: Case, events: Iterable[Event] = ()) -> None:
        self.case = case
        self.events = [event for event in events if event.actor_kind != Author.RULE]

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

    @property
    def _messages(self) -> list[Event]:
        return [event for event in self.events if event.kind == "message.added"]

    @cached_property
    def message(self) -> Message | None:
        if self.written is None or self.written.message_id is None:
            return None
        return self.case.messages.filter(pk=self.written.message_id).first()

    @cached_property
    def labels(self) -> frozenset[int]:
        return frozenset(self.case.labels.values_list("pk", flat=True))

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
