"""What users have done outside: mail to agents."""

from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.utils.translation import gettext_lazy as _

from helpdesk.outbox.kinds import JOBS, JobKind, Outcome
from helpdesk.outbox.models import Job
from helpdesk.users.models import Agent


class Notice(JobKind):
    """A mail from the desk to an agent. body: {"agent": id, "subject", "text"}."""

    key = "notice"
    label = _("Mail to an agent")

    def run(self, job: Job) -> Outcome:
        agent = Agent.objects.filter(pk=job.body["agent"], is_active=True).first()
        if agent is None:
            return Outcome(ok=True)
        return mailed(agent, job.body["subject"], job.body["text"])


def mailed(agent: Agent, subject: str, text: str) -> Outcome:
    """Hands a mail to the desk's server; what came of it. On a worker only: it waits for the network."""
    try:
        EmailMessage(" ".join(subject.split()), text, to=[agent.email]).send()
    except (SMTPException, OSError) as error:
        return Outcome(ok=False, error=f"{type(error).__name__}: {error}")
    return Outcome(ok=True)


JOBS.register(Notice())
