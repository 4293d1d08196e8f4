"""An integrator's address as the contract check sees it: messages go there, and what it said to them is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from math import inf
from secrets import randbelow, token_hex
from time import monotonic
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_custom import bodies, signing
from helpdesk.lib import egress
from helpdesk.lib.ids import uuid7

LIMIT = 15.0  # seconds, as long as the desk waits for an answer
# The ids of the check: far above those of any desk, and small enough for 32 bits with a sign.
FIRST_ID, IDS = 1_900_000_000, 200_000_000
LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class TimeUp(Exception):
    """The time for the whole check is over."""


class Message(NamedTuple):
    """What stands in the header webhook-id, and the bytes of the body."""

    public_id: str
    body: bytes


@dataclass(frozen=True)
class Said:
    """What came of one message. status: 0 where there was no answer, and `error` tells why. seconds: how long."""

    status: int
    seconds: float
    error: egress.EgressError | None = None

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """That it does not want this very message."""
        return 400 <= self.status < 500 and not self.later and self.status != HTTPStatus.GONE

    @property
    def later(self) -> bool:
        """That it wants to be asked another time."""
        return self.status in LATER

    @property
    def words(self) -> str:
        """A sentence."""
        if self.error:
            return str(self.error)
        phrase = f" {HTTPStatus(self.status).phrase}" if self.status in set(HTTPStatus) else ""
        facts = {"status": f"{self.status}{phrase}", "seconds": f"{self.seconds:.2f}"}
        return _("It answered %(status)s after %(seconds)s s.") % facts


@dataclass
class Endpoint:
    """url: where messages go. secrets: those that sign, newest first. headers: the customer's own.

    user: the user_custom_id that messages carry. limit: seconds for one message; end: when the check must be over,
    by `monotonic`. heard: what was said to right messages, in order. mark: stands in each content.
    last_id: of the newest message.
    """

    url: str
    secrets: Sequence[str]
    content_type: str = bodies.JSON
    user: str = "channel-check"
    headers: Mapping[str, str] = field(default_factory=dict)
    limit: float = LIMIT
    end: float = inf
    heard: list[Said] = field(default_factory=list)
    mark: str = field(default_factory=lambda: token_hex(4))
    last_id: int = field(default_factory=lambda: FIRST_ID + randbelow(IDS))

    def message(
        self,
        content: str,
        *,
        kind: str = "test",
        sequence: int = 1,
        previous_id: str | None = None,
        files: Sequence[dict[str, Any]] = (),
    ) -> Message:
        """A message as the desk would write it, all of one case."""
        tree = {**self._tree(content), "attachments": list(files)}
        body = bodies.encode(kind, tree, sequence=sequence, previous_id=previous_id, content_type=self.content_type)
        return Message(f"msg_{uuid7().hex}", body)

    def _tree(self, content: str) -> dict[str, Any]:
        """As `bodies.message_new`; a test holds the two to the same names."""
        self.last_id += 1
        return {
            "message_id": self.last_id,
            "case_id": FIRST_ID + int(self.mark, 16) % IDS,
            "case_number": f"000-{int(self.mark, 16) % 1_000_000:06d}",
            "user_id": FIRST_ID,
            "custom_user_id": self.user,
            "user_custom_id": self.user,
            "staff_id": 0,
            "staff_full_name": _("Contract check"),
            "content": f"{content} ({self.mark})",
            "content_html": f"<p>({self.mark})</p>",
            "attachments": [],
            "note": 0,
            "sent_via_rule": 1,
            "b_from_api": 0,
            "created_at": timezone.now().isoformat(),
        }

    def signed(
        self, message: Message, secrets: Sequence[str] | None = None, *, at: datetime | None = None
    ) -> dict[str, str]:
        """The headers that say who sent it. secrets: other than the right ones; at: another time than now."""
        keys = list(self.secrets if secrets is None else secrets)
        return signing.headers(message.public_id, message.body, keys, at or timezone.now())

    def deliver(self, message: Message, secrets: Sequence[str] | None = None) -> Said:
        """Sends a right message. Raises TimeUp."""
        said = self.post(message.body, self.signed(message, secrets))
        self.heard.append(said)
        return said

    def post(self, body: bytes, proof: Mapping[str, str]) -> Said:
        """Sends these bytes with these headers. Raises TimeUp."""
        left = self.end - monotonic()
        if left <= 0:
            raise TimeUp
        begun, patience = monotonic(), min(self.limit, left)
        headers = {**self.headers, "content-type": self.content_type, **proof}
        try:
            answer = egress.call("POST", self.url, headers=headers, body=body, deadline=patience)
        except egress.EgressError as error:
            if patience < self.limit and isinstance(error, egress.TooSlow):
                raise TimeUp from error
            return Said(0, monotonic() - begun, error)
        return Said(answer.status, answer.seconds)


def attachments(count: int) -> list[dict[str, Any]]:
    """So many files, none of which exists."""
    return [
        {
            "file_id": FIRST_ID + number,
            "file_name": f"Attachment {number} of the contract check.pdf",
            "file_size": 40_863,
            "mime_type": "application/pdf",
            "url": f"{settings.BASE_URL}/files/contract-check-{number}/",
        }
        for number in range(1, count + 1)
    ]
