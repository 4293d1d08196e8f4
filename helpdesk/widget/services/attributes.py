"""What a page says of its visitor without a proof: kept as the browser's word, which outranks nobody's."""

from typing import Any

from django.utils.translation import gettext as _

from helpdesk.cases.errors import Blocked
from helpdesk.events.occasion import occasion
from helpdesk.users.errors import BadValue
from helpdesk.users.models import Profile, Value
from helpdesk.users.models.fields import Source
from helpdesk.users.services import metadata, profiles, values
from helpdesk.widget.errors import BadAttributes
from helpdesk.widget.models import Session
from helpdesk.widget.proof import prover
from helpdesk.widget.services import limits

MOST = metadata.MOST
# What has a place of its own beside the case; an e-mail address or a phone number is a claim and links nobody.
PLACES = {"name": "name", "language": "language", "email": "claimed_email", "phone": "claimed_phone"}
CLAIMS = ("email", "phone")


def set_attributes(session: Session, told: dict[str, Any], *, visitor: str) -> None:
    """Keeps flat names with a text of at most 1 KB, a number, true, false or null, which empties; at most 50.

    A custom field's key fills that field. Raises BadAttributes with each key that cannot be kept: then none is.
    """
    limits.says(session, visitor)
    said = check(told)
    try:
        session.profile = _keep(session, said, {key: told[key] for key in CLAIMS if isinstance(told.get(key), str)})
    except BadValue as refusal:
        raise BadAttributes(fields=_outside(refusal.fields)) from refusal


def name_of(session: Session) -> str:
    """Of who is signed in, the name that we know; of others what they said here.

    An agent may have linked them to somebody whom they only claim to be.
    """
    if session.signed_in:
        return session.profile.name
    said = Value.objects.filter(profile=session.profile_id, key="name", source=Source.BROWSER)
    return str(said.values_list("value", flat=True).first() or "")


def check(told: Any) -> dict[str, Any]:
    """The same under our own names. Stands before a session begins or changes: whoever is refused keeps the token that
    they have. Raises BadAttributes.
    """
    _check_shape(told)
    fields = values.field_names() if told else set()
    said: dict[str, Any] = {}
    for key, value in told.items():
        if key in PLACES or key in fields:
            said[PLACES.get(key, key)] = value
        else:
            said.setdefault(metadata.NAME, {})[key] = value
    try:
        values.check(said)
    except BadValue as refusal:
        raise BadAttributes(fields=_outside(refusal.fields)) from refusal
    return said


def _check_shape(told: Any) -> None:
    """Raises BadAttributes."""
    if not isinstance(told, dict):
        raise BadAttributes(fields={"attributes": [_("This has to be an object of names and values.")]})
    if len(told) > MOST:
        raise BadAttributes(fields={"attributes": [_("At most %(most)d keys.") % {"most": MOST}]})
    nested = [key for key, value in told.items() if isinstance(value, dict | list)]
    if nested:
        why = _("This has to be text, a number, true, false or null.")
        raise BadAttributes(fields={key: [why] for key in nested})


@occasion
def _keep(session: Session, said: dict[str, Any], claims: dict[str, str]) -> Profile:
    profile = Profile.objects.select_related("person").get(pk=session.profile_id)
    if claims:
        # First: it locks those whose addresses these are.
        prover().claimed(profile, claims)
    (profile,) = profiles.hold(profile.pk)
    if profile.person.blocked:
        raise Blocked
    values.say(profile, Source.BROWSER, said, by=profile)
    return profile


def _outside(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same under the names that the page used."""
    ours = {inside: name for name, inside in PLACES.items()}
    return {ours.get(name, name.removeprefix(f"{metadata.NAME}.")): why for name, why in fields.items()}
