"""The job that brings a webhook to its receiver, by Standard Webhooks 1.0."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_custom import bodies, headers, services, signing
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.errors import NothingToSend
from helpdesk.cases.models import Delivery, Message
from helpdesk.lib import egress
from helpdesk.outbox import schedule
from helpdesk.outbox.kinds import JOBS, OWNERS, JobKind, Outcome, Owner
from helpdesk.outbox.models import Job
from helpdesk.users.models import Agent

KEPT = 16_000  # characters of the answer
# Of the 4xx, those that speak of the moment and not of the message.
TRIED_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
# Of a channel, for a try: its other columns are many.
NEEDED = (
    "active",
    "headers",
    "old_secret",
    "old_secret_until",
    "secret",
    "switched_off_at",
    "switched_off_why",
    "webhook_url",
)
STATES = {
    "": Delivery.RETRYING,
    "refused": Delivery.REFUSED,
    "failed": Delivery.FAILED,
    "off": Delivery.OFF,
}


class Webhook(JobKind):
    """body: {"channel": id, "content_type", "test": true for one that is tried once}; message_id of the answer."""

    key = "webhook"
    label = gettext_lazy("Webhook of a custom channel")
    batched = True

    def prepare(self, jobs: Sequence[Job]) -> None:
        channels = CustomChannel.objects.only(*NEEDED).in_bulk({job.body["channel"] for job in jobs})
        for job in jobs:
            job.facts = channels.get(job.body["channel"])

    def begun(self, jobs: Sequence[Job]) -> None:
        cases.sending([job.message_id for job in jobs if job.message_id])

    def lock_all(self, jobs: Sequence[Job]) -> None:
        cases.hold_all(job.case_id for job in jobs if job.case_id)

    def run(self, job: Job) -> Outcome:
        """Address and secrets are read when the job's turn comes: a rotated secret signs what was queued before."""
        channel = job.facts or CustomChannel.objects.get(pk=job.body["channel"])
        if channel.off:
            return Outcome(ok=False, error=channel.off, final="off", untried=True)
        address = channel.webhook_url
        try:
            answer = egress.call(
                "POST",
                address,
                headers=_headers(job, channel, timezone.now()),
                body=bytes(job.payload or b""),
                deadline=schedule.deadline(),
            )
        except egress.EgressError as error:
            outcome = Outcome(ok=False, error=str(error), timed_out=isinstance(error, egress.TooSlow))
        else:
            outcome = judged(answer)
        outcome = replace(outcome, address=address)
        return _once(outcome) if job.body.get("test") else outcome

    def done_all(self, told: Sequence[tuple[Job, Outcome]]) -> None:
        for channel_id, why in {job.body["channel"]: job.last_error for job, outcome in told if _gone(outcome)}.items():
            services.switch_off(CustomChannel.objects.get(pk=channel_id), why, by=None)
        if reports := [_report(job, outcome) for job, outcome in told if job.message_id]:
            cases.report(reports)


def _gone(outcome: Outcome) -> bool:
    return outcome.status == HTTPStatus.GONE


def _report(job: Job, outcome: Outcome) -> cases.Report:
    state = Delivery.DELIVERED if outcome.ok else STATES[outcome.final]
    at = None if outcome.ok or outcome.final else job.due_at
    return cases.Report(job.message_id or 0, state, job.attempts, job.last_error, at, job.case_id)


def _headers(job: Job, channel: CustomChannel, now: datetime) -> dict[str, str]:
    signed = signing.headers(job.public_id, bytes(job.payload or b""), channel.valid_secrets(now), now)
    return {**headers.parsed(channel.headers), "content-type": job.body.get("content_type", bodies.JSON), **signed}


def judged(answer: egress.Answer) -> Outcome:
    """2xx is delivered; 410 switches off; 408, 425, 429, 3xx and 5xx are tried again; other 4xx refuse this message."""
    status = answer.status
    head = answer.body.decode(errors="replace")[:KEPT]
    if 200 <= status < 300:
        return Outcome(ok=True, status=status, head=head)
    return Outcome(
        ok=False,
        status=status,
        error=_("The server answered %(status)s.") % {"status": _named(status)},
        head=head,
        retry_after=schedule.retry_after(answer.headers.get("Retry-After")),
        refused=400 <= status < 500 and status not in TRIED_AGAIN | {HTTPStatus.GONE},
        final="off" if status == HTTPStatus.GONE else "",
    )


def _named(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)


def _once(outcome: Outcome) -> Outcome:
    """A test: whoever pressed the button presses it again."""
    return outcome if outcome.ok or outcome.final else replace(outcome, final="failed")


class ResendFailed(JobKind):
    """Sends again what was given up on. body: {"channel": id, "since": ISO time, "by": agent id or null}."""

    key = "resend_failed"
    label = gettext_lazy("Failed answers sent again")

    def run(self, job: Job) -> Outcome:
        channel = CustomChannel.objects.get(pk=job.body["channel"])
        by = Agent.objects.filter(pk=job.body["by"] or 0).first()
        since, end = datetime.fromisoformat(job.body["since"]), time.monotonic() + schedule.deadline()
        found = services.given_up(channel, since).filter(done_at__lte=job.created_at)
        # The oldest first: what leaves in the same case stays in order.
        for message_id in list(found.values_list("message_id", flat=True)):
            if time.monotonic() > end:
                return Outcome(ok=False, error=str(_("There are more of them.")), retry_after=0.1)
            message = Message.objects.filter(pk=message_id or 0).first()
            with contextlib.suppress(NothingToSend):
                if message:
                    cases.send_again(message, by=by, patient=True)
        return Outcome(ok=True)


class Channels(Owner):
    """Hears how the addresses of custom channels are."""

    key = "channel"

    def failing(self, group: str, since: datetime) -> None:
        if channel := self._channel(group):
            services.warn(channel, since)

    def dead(self, group: str, since: datetime) -> None:
        if channel := self._channel(group):
            services.switch_off(channel, _("nothing has got through for five days."), by=None)

    def _channel(self, group: str) -> CustomChannel | None:
        return CustomChannel.objects.filter(pk=group.partition(":")[2], switched_off_at=None).first()


JOBS.register(Webhook())
JOBS.register(ResendFailed())
OWNERS.register(Channels())
