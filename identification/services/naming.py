"""Who named an account first: a level says how sure we are of it from its first moment, this says why."""

from typing import Any

from helpdesk.events.occasion import current
from helpdesk.users.models import Link, Profile
from helpdesk.users.models.people import Method


def remember(account: Profile, method: str, evidence: dict[str, Any]) -> None:
    """Keeps with the first link of an account that was met in this occasion who named it: api | token | hash | page.

    evidence: what shows it, such as the `kid` of the token's key. No query for an account that was known before.
    """
    if any(event.profile_id == account.pk for event in current().of("profile.met")):
        first = Link.objects.filter(profile=account, until=None, method=Method.FIRST)
        first.update(evidence={"made_by": method, **evidence})
