"""What cases have done outside: answers by mail, files fetched from an address."""

from collections.abc import Sequence
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext_lazy as _

from helpdesk.cases import files
from helpdesk.cases import services as cases
from helpdesk.cases.models import Attachment, Message, Notification
from helpdesk.cases.services import reading
from helpdesk.cases.variables import link
from helpdesk.lib import egress
from helpdesk.outbox.kinds import JOBS, JobKind, Outcome
from helpdesk.outbox.models import Job, State
from helpdesk.users.jobs import mailed
from helpdesk.users.models.people import ProfileKind


class MessageJob(JobKind):
    """A job that carries an answer out: its state is the one on the message's bubble."""

    def begun(self, jobs: Sequence[Job]) -> None:
        cases.sending([job.message_id for job in jobs if job.message_id])

    def lock(self, job: Job) -> None:
        cases.hold(job.case_id or 0)

    def done(self, job: Job, outcome: Outcome) -> None:
        message, tries = job.message_id, job.attempts
        if message is None:
            return
        if job.state == State.DONE:
            cases.delivered(message, attempts=tries)
        elif job.state == State.WAITING:
            cases.retrying(message, attempts=tries, at=job.due_at, problem=outcome.error)
        elif outcome.final == "off":
            cases.switched_off(message, problem=outcome.error)
        else:
            end = cases.refused if outcome.final == "refused" else cases.failed
            end(message, attempts=tries, problem=outcome.error)


class Mail(MessageJob):
    """An answer by e-mail. The Message-ID carries the job's public id, so that a repeated mail is recognisable."""

    key = "mail"
    label = _("Mail")

    def run(self, job: Job) -> Outcome:
        message = Message.objects.select_related("case", "to", "agent").get(pk=job.message_id or 0)
        if message.to is None or message.to.kind != ProfileKind.EMAIL:
            # The id of an account may look like an address; it was never said to be one.
            return Outcome(ok=False, error=str(_("The customer has no e-mail address.")), final="failed")
        mail = EmailMultiAlternatives(
            # One line: a break in a subject would be another header.
            subject=" ".join(f"[{message.case.number}] {message.case.subject or _('Your message')}".split()),
            body=message.text,
            to=[message.to.address],
            headers={"Message-ID": f"<{job.public_id}@{settings.DEFAULT_FROM_EMAIL.rsplit('@', 1)[-1].strip('>')}>"},
        )
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        return _sent(mail)


def _sent(mail: EmailMultiAlternatives) -> Outcome:
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        return Outcome(ok=False, error=f"{type(error).__name__}: {error}")
    return Outcome(ok=True)


class FetchFile(JobKind):
    """Fetches an attachment that came as an address. body: {"attachment": id}."""

    key = "fetch_file"
    label = _("Fetch a file")

    def run(self, job: Job) -> Outcome:
        attachment = Attachment.objects.get(pk=job.body["attachment"])
        if attachment.state != "fetching":
            return Outcome(ok=True)
        try:
            answer = egress.call("GET", attachment.source_url, cap=files.LARGEST + 1)
        except egress.Refused as error:
            return self._given_up(attachment, str(error))
        except egress.EgressError as error:
            return Outcome(ok=False, error=str(error))
        if answer.status != 200:
            return Outcome(ok=False, status=answer.status, error=f"HTTP {answer.status}", refused=answer.status < 500)
        if answer.truncated or len(answer.body) > files.LARGEST:
            return self._given_up(attachment, str(_("The file is larger than 25 MB.")))
        files.fetched(attachment, answer.body)
        return Outcome(ok=True, status=200)

    def _given_up(self, attachment: Attachment, problem: str) -> Outcome:
        files.not_fetched(attachment, problem)
        return Outcome(ok=False, error=problem, final="failed")

    def done(self, job: Job, outcome: Outcome) -> None:
        if job.state == State.PARKED:
            files.not_fetched(Attachment.objects.get(pk=job.body["attachment"]), outcome.error)


class NotifyByMail(JobKind):
    """A notification as a mail to its agent, who may still see the case. body: {"notification": id}."""

    key = "notify_by_mail"
    label = _("Notification by mail")

    def run(self, job: Job) -> Outcome:
        rows = Notification.objects.select_related("agent", "case__channel")
        row = rows.filter(pk=job.body["notification"], agent__is_active=True).first()
        if row is None or not reading.sees(row.agent, row.case):
            return Outcome(ok=True)
        subject = f"[{row.case.number}] {row.case.subject}".strip()
        return mailed(row.agent, subject, f"{row.text}\n\n{link(row.case)}\n")


JOBS.register(Mail())
JOBS.register(NotifyByMail())
JOBS.register(FetchFile())
