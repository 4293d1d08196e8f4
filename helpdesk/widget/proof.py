"""Where a visitor's proof is weighed. The app that knows tokens stands above this one and is named in the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from helpdesk.channels.models import Widget
from helpdesk.users.models import Profile
from helpdesk.widget.kinds import Refused


@dataclass(frozen=True)
class Proof:
    """What a token, a hash or a trusted id proves. id: the customer's, as the company knows it.

    signed_at, sids: when a token was made, and keyed hashes of the site's sessions it names. weighed: the prover's own.
    """

    id: str
    level: int
    signed_at: datetime | None
    sids: tuple[str, ...]
    weighed: Any


@dataclass(frozen=True)
class Limit:
    """So many within a while; who goes beyond waits a minute, and longer each time."""

    most: int
    window: timedelta


class Prover(Protocol):
    def read(self, widget: Widget, told: Mapping[str, Any], *, trusts_ids: bool) -> Proof:
        """Weighs `{"token"}`, `{"identifier", "identifier_hash"}` or, where it trusts ids, `{"id"}`.

        Outside of a transaction. Raises a Refusal whose code says why; it is counted for the widget's page.
        """
        ...

    def seat(self, proof: Proof) -> str:
        """The name under which all sessions write that begin with this proof's account and level."""
        ...

    def link(self, profile: Profile, proof: Proof) -> Profile:
        """Holds the writing profile to be the account's person; gives the account. In an occasion.

        Raises AlreadySomeoneElse where the profile is another person's, and Refusals such as `blocked`, `revoked`.
        """
        ...

    def claimed(self, profile: Profile, told: Mapping[str, str]) -> None:
        """Addresses (email, phone) were only claimed: where they are a proven person's, an agent is told."""
        ...

    def refused(self, widget: Widget) -> Sequence[Refused]:
        """Why visitors of this widget were turned away in the last days."""
        ...

    def slow_down(self, tries: Mapping[str, Limit]) -> None:
        """Counts one for each key. Raises a Refusal with `wait` (seconds) where one of them is locked."""
        ...


def prover() -> Prover:
    return cast(Prover, import_string(settings.VISITORS_PROOF))
