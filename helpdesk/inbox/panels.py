"""The panels beside a case. Each is a function of case and agent, named in `settings.INBOX_PANELS`."""

from typing import Any

from django.utils.translation import gettext as _

from helpdesk.cases.models import Case
from helpdesk.cases.services import reading
from helpdesk.inbox import known, sureness
from helpdesk.inbox.people import name_of
from helpdesk.users.models import Agent, CustomField, FieldLevel

Panel = tuple[str, dict[str, Any]] | None
EARLIER = 6


def user_data(case: Case, agent: Agent) -> Panel:
    """Who writes, how we know, what is known of them, and their other cases that this agent may see."""
    person, profile = case.profile.person, case.profile
    told = known.of(person, list(CustomField.objects.filter(active=True, on_user_data=True)))
    own = next((link for link in told.links if link.profile_id == profile.pk), None)
    addresses = told.addresses(profile)
    return "inbox/user_data.html", {
        "name": name_of(profile),
        "name_claimed": known.is_hearsay(profile, told.origins),
        "person": person,
        "sure": sureness.of_link(own, profile.level, told.who),
        "accounts": told.accounts,
        "rows": told.rows,
        "origin": told.origin,
        "metadata": told.metadata[: known.METADATA],
        "more_metadata": told.metadata[known.METADATA :],
        "claims": told.claims(person),
        "case_rows": list(known.of_fields(told.fields, FieldLevel.CASE, case.values)),
        "addresses": addresses[: known.PROFILES],
        "more_addresses": addresses[known.PROFILES :],
        "revoked": sureness.when(person.tokens_void_before, _("today")) if person.tokens_void_before else "",
        "earlier": reading.cases_of(person, agent).exclude(pk=case.pk)[:EARLIER],
    }
