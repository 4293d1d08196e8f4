"""Whether an integrator's address keeps the contract of webhooks: cases, played one after the other."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from channels_custom import bodies, signing
from channels_custom import headers as own_headers
from channels_custom.checking.endpoint import LIMIT, Endpoint, TimeUp
from channels_custom.checking.findings import Finding, State, not_judged
from channels_custom.checking.trials import TRIALS, Trial
from channels_custom.models import BodyFormat, CustomChannel

__all__ = ["USER", "Check", "State", "check_secret", "facts", "play", "run"]

USER = "channel-check"
FEWEST, MOST = 24, 64  # bytes of a secret, by Standard Webhooks 1.0


@dataclass(frozen=True)
class Check:
    """What came of one case. key: never changes. title, seen, advice: sentences; advice may be empty."""

    key: str
    title: str
    state: State
    seen: str
    advice: str = ""

    @property
    def passed(self) -> bool:
        return self.state == State.PASSED


def run(url: str, secrets: Sequence[str], **settings: Any) -> list[Check]:
    """All of `play`."""
    return list(play(url, secrets, **settings))


def play(
    url: str,
    secrets: Sequence[str],
    *,
    body_format: str = BodyFormat.JSON,
    user: str = USER,
    headers: Mapping[str, str] | None = None,
    limit: float = LIMIT,
    deadline: float = inf,
) -> Iterator[Check]:
    """Plays each case and tells at once what came of it.

    url: one that `egress.check` lets pass; secrets: those that sign now, newest first, each good for `check_secret`;
    headers: sent with each message; limit: seconds for one message; deadline: seconds for all, and what does not
    fit into them is not judged.
    """
    content_type = bodies.FORM if body_format == BodyFormat.FORM else bodies.JSON
    end = monotonic() + deadline
    endpoint = Endpoint(url, secrets, content_type, user, headers or {}, limit, end)
    for trial in TRIALS:
        found = _play(trial, endpoint)
        yield Check(trial.key, str(trial.title), found.state, found.seen, found.advice)


def _play(trial: Trial, endpoint: Endpoint) -> Finding:
    if not trial.always and not any(said.taken for said in endpoint.heard):
        return not_judged(_("No right message was taken yet, so this would say nothing."))
    try:
        return trial.play(endpoint)
    except TimeUp:
        return not_judged(_("The time for the check was up."))


def facts(channel: CustomChannel) -> dict[str, Any]:
    """How a channel sends now, as `play` takes it."""
    return {
        "url": channel.webhook_url,
        "secrets": channel.valid_secrets(timezone.now()),
        "body_format": channel.body_format,
        "headers": own_headers.parsed(channel.headers),
    }


def check_secret(secret: str) -> None:
    """Raises ValueError with a sentence if this is no secret of a webhook."""
    try:
        size = len(base64.b64decode(secret.removeprefix(signing.PREFIX), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not secret.startswith(signing.PREFIX) or not FEWEST <= size <= MOST:
        raise ValueError(_("The secret must be “whsec_” and then 24 to 64 bytes in base 64."))
