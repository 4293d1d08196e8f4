"""What rules have done outside of an occasion: clocks set after a time rule was changed, webhooks brought away."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from channels_custom.jobs import judged
from helpdesk.lib import egress
from helpdesk.outbox import schedule
from helpdesk.outbox.kinds import JOBS, OWNERS, JobKind, Outcome, Owner
from helpdesk.outbox.models import Job
from rules import services
from rules.models import Method, Webhook
from rules.services import webhooks


class SetClocks(JobKind):
    """body: {"after": id of the last case done}. Some cases at a time; a next job does the rest."""

    key = "rules.set_clocks"
    label = _("Set the clocks of a time rule")

    def run(self, job: Job) -> Outcome:
        last = services.set_clocks_of_all(after=job.body["after"])
        if last is not None:
            services.start_clocks(after=last)
        return Outcome(ok=True)


class SendWebhook(JobKind):
    """body: {"webhook": id, "content_type", "test": true for one that is tried once}. Standard Webhooks 1.0."""

    key = "rules.webhook"
    label = _("Webhook of a rule")

    def run(self, job: Job) -> Outcome:
        """Address, headers and secret are read when the job's turn comes."""
        webhook = Webhook.objects.filter(pk=job.body["webhook"]).first()
        if webhook is None or not (webhook.active or job.body.get("test")):
            return Outcome(ok=False, error=str(_now("This webhook is switched off.")), final="off", untried=True)
        outcome = replace(self._sent(job, webhook), address=webhook.url)
        once = job.body.get("test") and not outcome.ok and not outcome.final
        return replace(outcome, final="failed") if once else outcome

    def _sent(self, job: Job, webhook: Webhook) -> Outcome:
        body = b"" if webhook.method == Method.GET else bytes(job.payload or b"")
        try:
            webhooks.check_not_ours(webhook.url)
            answer = egress.call(
                webhook.method,
                webhook.url,
                headers=webhooks.headers_of(webhook, job, body),
                body=body or None,
                deadline=schedule.deadline(),
            )
        except egress.EgressError as error:
            return Outcome(ok=False, error=str(error), timed_out=isinstance(error, egress.TooSlow))
        except webhooks.BadAddress as error:
            return Outcome(ok=False, error=str(error), final="failed", untried=True)
        # What a server says back may hold the headers it was sent, and those are secret.
        return replace(judged(answer), head="")

    def done(self, job: Job, outcome: Outcome) -> None:
        webhook = Webhook.objects.filter(pk=job.body["webhook"]).first()
        if webhook and outcome.status == HTTPStatus.GONE:
            webhooks.switch_off(webhook, job.last_error)


class Webhooks(Owner):
    """Hears how the addresses of webhooks are."""

    key = "hook"

    def failing(self, group: str, since: datetime) -> None:
        if webhook := self._webhook(group):
            webhooks.warn(webhook, since)

    def dead(self, group: str, since: datetime) -> None:
        if webhook := self._webhook(group):
            webhooks.switch_off(webhook, _now("Nothing has got through for five days."))

    def _webhook(self, group: str) -> Webhook | None:
        return Webhook.objects.filter(pk=group.partition(":")[2], active=True).first()


JOBS.register(SetClocks())
JOBS.register(SendWebhook())
OWNERS.register(Webhooks())
