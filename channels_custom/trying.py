"""What came of a test that somebody in front of the screen is waiting for."""

import time
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from channels_custom.models import CustomChannel
from helpdesk.outbox.models import Attempt, Job

# Seconds. A healthy receiver answers in a fraction of that; a page that hangs for longer helps nobody.
PATIENCE = 3.0
PAUSE = 0.05


@dataclass(frozen=True)
class Tested:
    """state: ok, failed or waiting. sentence: the same in words."""

    state: str
    sentence: Any


def outcome(number: str, channel: CustomChannel) -> Tested | None:
    """What came of the test with this id, waited for a moment; None if it is no test of this channel.

    Call it outside of a transaction, or the outcome cannot be seen.
    """
    lane = f"webhook:{channel.pk}:test"
    job = Job.objects.filter(pk=int(number), lane__key=lane).first() if _is_number(number) else None
    if job is None:
        return None
    end = time.monotonic() + PATIENCE
    while (attempt := Attempt.objects.filter(job=job).last()) is None and time.monotonic() < end:
        time.sleep(PAUSE)
    return _told(attempt)


def _told(attempt: Attempt | None) -> Tested:
    if attempt is None:
        return Tested("waiting", _("The test is on its way. Reload this page to see what came of it."))
    facts = {"status": attempt.status, "seconds": f"{attempt.seconds:.2f}", "error": attempt.error}
    if attempt.ok:
        return Tested("ok", _("Your server took the test: %(status)s after %(seconds)s s.") % facts)
    return Tested("failed", _("The test did not arrive: %(error)s") % facts)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
