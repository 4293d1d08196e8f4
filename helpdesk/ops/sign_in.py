"""One-time links that sign an agent in: for the first administrator, and for those who lost their password.

The token is signed and names the agent, the agent's last sign-in and password as they are now. Whoever uses
it writes a new last sign-in by one conditional UPDATE, so it works once; any other sign-in ends it as well.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from helpdesk.events.occasion import occasion
from helpdesk.lib.errors import Refusal
from helpdesk.users.models import Agent
from helpdesk.users.services import agents

SALT = "helpdesk.ops.sign_in"
VALID = timedelta(hours=1)


class LinkGone(Refusal):
    """Unknown, changed, too old, or used."""

    code = "link_gone"
    status = 410
    sentence = _("This link does not work any more: it was used already, or it is older than an hour.")


def link(agent: Agent) -> str:
    """The whole address of a new link, valid an hour and once."""
    token = signing.dumps({"agent": agent.pk, "seen": _seen(agent), "password": _password(agent)}, salt=SALT)
    return f"{settings.BASE_URL}{reverse('ops:sign_in', args=[token])}"


def holder(token: str) -> Agent:
    """The agent of a link that still works. Raises LinkGone."""
    try:
        said = signing.loads(token, salt=SALT, max_age=VALID)
        agent = Agent.objects.get(pk=said["agent"], is_active=True)
    except (signing.BadSignature, Agent.DoesNotExist) as error:
        raise LinkGone from error
    if said["seen"] != _seen(agent) or said["password"] != _password(agent):
        raise LinkGone
    return agent


@occasion
def redeem(token: str) -> Agent:
    """Uses the link up; of two at the same moment one wins. Raises LinkGone."""
    agent = holder(token)
    now = timezone.now()
    if not Agent.objects.filter(pk=agent.pk, last_login=agent.last_login).update(last_login=now):
        raise LinkGone
    agent.last_login = now
    agents.changed(agent, "signed in by link", by=agent)
    return agent


def first_admin(email: str) -> Agent:
    """An administrator for a desk that has nobody; the password is chosen at the first sign-in."""
    return agents.make(email, name=email.split("@")[0], is_admin=True, by=None)


def nobody_yet() -> bool:
    """Whether no active agent has ever signed in."""
    return not Agent.objects.filter(is_active=True, last_login__isnull=False).exists()


def _seen(agent: Agent) -> str:
    seen: datetime | None = agent.last_login
    return seen.isoformat() if seen else ""


def _password(agent: Agent) -> str:
    return salted_hmac(SALT, agent.password).hexdigest()[:16]
