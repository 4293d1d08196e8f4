"""The job that brings a webhook to its receiver, by Standard Webhooks 1.0."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_custom import bodies, services, signing
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.lib import egress
from helpdesk.outbox import schedule
from helpdesk.outbox.jobs import JOBS, JobKind, Outcome
from helpdesk.outbox.models import Job

KEPT = 4000  # characters of the answer


class Webhook(JobKind):
    """body: {"channel": id, "content_type"}; message_id of the answer, none for a test, which is tried once."""

    key = "webhook"
    label = gettext_lazy("Webhook of a custom channel")
    batched = True

    def lock_all(self, jobs: Sequence[Job]) -> None:
        cases.hold_all(job.case_id for job in jobs if job.case_id)

    def run(self, job: Job) -> Outcome:
        """Address and secrets are read now: a rotated secret signs what was queued before."""
        channel = CustomChannel.objects.get(pk=job.body["channel"])
        if channel.off:
            return Outcome(ok=False, error=channel.off, final="off")
        try:
            answer = egress.call(
                "POST",
                channel.webhook_url,
                headers=_headers(job, channel, timezone.now()),
                body=bytes(job.payload or b""),
                deadline=schedule.deadline(),
            )
        except egress.EgressError as error:
            outcome = Outcome(ok=False, error=str(error))
        else:
            outcome = judged(answer)
        return outcome if job.message_id else _once(outcome)

    def done(self, job: Job, outcome: Outcome) -> None:
        if outcome.status == HTTPStatus.GONE:
            services.switch_off(CustomChannel.objects.get(pk=job.body["channel"]), job.last_error, by=None)
        if job.message_id is None:
            return
        if outcome.ok:
            cases.delivered(job.message_id, attempts=job.attempts)
        elif outcome.final == "off":
            cases.switched_off(job.message_id, problem=job.last_error)
        elif outcome.final == "refused":
            cases.refused(job.message_id, attempts=job.attempts, problem=job.last_error)
        elif outcome.final:
            cases.failed(job.message_id, attempts=job.attempts, problem=job.last_error)
        else:
            cases.retrying(job.message_id, attempts=job.attempts, at=job.due_at, problem=job.last_error)


def _headers(job: Job, channel: CustomChannel, now: datetime) -> dict[str, str]:
    signed = signing.headers(job.public_id, bytes(job.payload or b""), channel.valid_secrets(now), now)
    return {"content-type": job.body.get("content_type", bodies.JSON), **signed}


def judged(answer: egress.Answer) -> Outcome:
    """2xx is delivered; 410 switches off; 429, 3xx and 5xx are tried again; other 4xx do not want this message."""
    status = answer.status
    head = answer.body.decode(errors="replace").replace("\0", "\ufffd")[:KEPT]
    if 200 <= status < 300:
        return Outcome(ok=True, status=status, head=head)
    return Outcome(
        ok=False,
        status=status,
        error=_("The server answered %(status)s.") % {"status": _named(status)},
        head=head,
        retry_after=schedule.retry_after(answer.headers.get("Retry-After")),
        refused=400 <= status < 500 and status not in {HTTPStatus.GONE, HTTPStatus.TOO_MANY_REQUESTS},
        final="off" if status == HTTPStatus.GONE else "",
    )


def _named(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)


def _once(outcome: Outcome) -> Outcome:
    """A test: whoever pressed the button presses it again."""
    return outcome if outcome.ok or outcome.final else replace(outcome, final="failed")


JOBS.register(Webhook())
