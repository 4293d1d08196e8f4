"""How people look in the API, and what may be said of them."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from helpdesk.channels.models import Channel
from helpdesk.lib.api import Strict
from helpdesk.lib.ids import is_id
from helpdesk.users.models import CustomField, Profile
from helpdesk.users.models.people import ProfileKind

# API name → name in values.say
PLAIN = {
    "user_full_name": "name",
    "company_name": "company",
    "company_position": "position",
    "user_note": "note",
    "language_id": "language",
}
ADDRESS_LIMIT = 255


class Exact(serializers.CharField):
    """Any text of 1 to 255 characters, kept and compared exactly: no trimming, and a number is no text."""

    def __init__(self, **more: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=ADDRESS_LIMIT, **more)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = super().to_internal_value(data)
        return text


class Text(serializers.CharField):
    """Text of the type text: a number or a list is refused, not turned into text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = super().to_internal_value(data)
        return text


class Id(serializers.IntegerField):
    """The id of a row: what the database can hold."""

    def __init__(self, **more: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **more)


class UserData(Strict):
    """What may be said of a person along with any call."""

    user_full_name = Text(required=False, allow_blank=True, max_length=200)
    company_name = Text(required=False, allow_blank=True, max_length=200)
    company_position = Text(required=False, allow_blank=True, max_length=200)
    user_note = Text(required=False, allow_blank=True, max_length=5000)
    language_id = Text(required=False, allow_blank=True, max_length=12)
    custom_fields = serializers.DictField(required=False)
    metadata = serializers.DictField(required=False)


class Addresses(Strict):
    """Who is meant."""

    user_id = Id(required=False)
    user_email = Text(required=False, max_length=ADDRESS_LIMIT)
    user_phone = Text(required=False, max_length=60)
    user_custom_id = Exact(required=False)


def said(data: dict[str, Any], custom: dict[str, Any] | None = None) -> dict[str, Any]:
    """The part of a validated body that `values.say` takes. custom: the user's custom fields, already told apart."""
    found = {inner: data[outer] for outer, inner in PLAIN.items() if outer in data}
    found |= {"metadata": data["metadata"]} if "metadata" in data else {}
    return {**found, **(custom if custom is not None else data.get("custom_fields") or {})}


def channel_named(name: str, *, among: QuerySet[Channel] | None = None) -> Channel | None:
    """The custom channel behind `cch1` (or `1`), or the live chat behind `chat2`; of all or among some."""
    kind = "chat" if name.startswith("chat") else "custom"
    number = name.removeprefix("chat" if kind == "chat" else "cch")
    channels = Channel.objects.all() if among is None else among
    return channels.filter(pk=int(number), kind=kind).first() if is_id(number) else None


def show(profile: Profile, *, fields: list[CustomField] | None = None) -> dict[str, Any]:
    """A profile as the API's user."""
    person = profile.person
    linked = [profile, *sorted((one for one in person.profiles.all() if one != profile), key=lambda one: one.pk)]
    external = next((one.address for one in linked if one.kind == ProfileKind.EXTERNAL), None)
    return {
        "user_id": profile.pk,
        "type": profile.kind,
        "user_full_name": profile.name,
        **_address(profile),
        "company_name": person.company.name if person.company else "",
        "company_position": person.position,
        "user_note": person.note,
        "language_id": person.language,
        "custom_fields": person.values,
        "metadata": person.metadata,
        "linked_users": [one.pk for one in linked],
        "external_id": external,
        "identified": profile.is_identified,
        "level": profile.level,
        "person_id": person.pk,
        "active": not person.blocked,
        "deleted": person.deleted_at is not None,
        "created_at": profile.created_at.isoformat(),
        "updated_at": person.updated_at.isoformat(),
    }


def _address(profile: Profile) -> dict[str, Any]:
    if profile.kind == ProfileKind.CUSTOM and profile.channel:
        return {"user_custom_id": profile.address, "user_custom_channel": profile.channel.api_key}
    return {f"user_{profile.kind}": profile.address}
