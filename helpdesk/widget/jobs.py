"""What live chats have done outside: a conversation mailed to its customer."""

from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.errors import NotTheirs
from helpdesk.outbox.kinds import JOBS, JobKind, Outcome
from helpdesk.outbox.models import Job
from helpdesk.widget.models import Session
from helpdesk.widget.services import history, leaving


class Transcript(JobKind):
    """body: {"session", "to": ids}. Who has signed out meanwhile, or is somebody else now, gets nothing."""

    key = "transcript"
    label = _("Mail a conversation")

    def run(self, job: Job) -> Outcome:
        rows = Session.objects.alive().select_related("profile__person", "account", "widget")
        session = rows.filter(pk=job.body["session"]).first()
        address = leaving.address_of(session) if session else None
        if session is None or address is None or address.pk != job.body["to"]:
            return Outcome(ok=False, error=_now("The customer has signed out."), final="failed")
        try:
            case = history.conversation(session, str(job.case_id))
        except NotTheirs as refusal:
            return Outcome(ok=False, error=str(refusal), final="failed")
        subject = " ".join(f"[{case.number}] {session.widget.title}".split())
        mail = EmailMessage(subject=subject, body=leaving.transcript(session, case), to=[address.address])
        try:
            mail.send()
        except (SMTPException, OSError) as error:
            return Outcome(ok=False, error=f"{type(error).__name__}: {error}")
        return Outcome(ok=True)


JOBS.register(Transcript())
