"""Turning a validated body into verbs: who writes, what is said of them, which files come along."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from helpdesk.cases import files
from helpdesk.cases import services as cases
from helpdesk.cases.models import Label, Priority, Via
from helpdesk.channels.models import Channel
from helpdesk.events.occasion import occasion
from helpdesk.users.api import shapes
from helpdesk.users.models import Agent, CustomField, FieldLevel, Group, Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles, told, values
from helpdesk.users.services.reading import seen_by


def stored(data: dict[str, Any]) -> tuple[files.Stored, ...]:
    """Files of the body, written to the storage before any transaction; addresses are fetched by the outbox."""
    found = [files.to_fetch(url) for url in data.get("attachment_urls", ())]
    uploads: list[files.Stored] = []
    try:
        uploads += (files.store(upload) for upload in data.get("attachments", ()))
    except files.FileRefused:
        files.discard(uploads)
        raise
    return (*uploads, *found)


def draft(data: dict[str, Any], stored: tuple[files.Stored, ...], **more: Any) -> cases.Draft:
    return cases.Draft(
        text=data.get("content", ""),
        html=data.get("content_html", ""),
        external_id=data.get("external_id"),
        stored=stored,
        **more,
    )


def split_fields(custom: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the user's, the case's): each key knows whose it is. Raises ValidationError with the unknown ones."""
    if not custom:
        return {}, {}
    known: dict[str, CustomField] = {}
    for field in CustomField.objects.filter(active=True):
        known.setdefault(field.key, field)
        known[f"cf_{field.pk}"] = field
    unknown = {f"custom_fields.{name}": [_("There is no such field.")] for name in custom if name not in known}
    if unknown:
        raise ValidationError(unknown)
    users = {name: value for name, value in custom.items() if known[name].level == FieldLevel.USER}
    case = {
        known[name].key: values.parse(known[name], value, name)
        for name, value in custom.items()
        if known[name].level == FieldLevel.CASE
    }
    return users, {key: value for key, value in case.items() if value is not None}


def facts(data: dict[str, Any], case_values: dict[str, Any]) -> cases.Facts:
    return cases.Facts(
        subject=data.get("subject", ""),
        priority=data.get("priority", Priority.NORMAL),
        group=one(Group.objects.filter(active=True), data.get("group_id"), "group_id"),
        assignee=one(Agent.objects.filter(is_active=True), data.get("staff_id"), "staff_id"),
        language=data.get("language_id", ""),
        labels=labels(data.get("labels", ())),
        values=case_values,
        via=Via.API,
    )


def one(rows: Any, pk: int | None, name: str) -> Any:
    """The row of an id; None for None. Raises ValidationError with the field's name."""
    if pk is None:
        return None
    found = rows.filter(pk=pk).first()
    if found is None:
        raise ValidationError({name: [_("There is nothing with this id.")]})
    return found


def labels(ids: Iterable[int]) -> tuple[Label, ...]:
    wanted = set(ids)
    found = tuple(Label.objects.filter(pk__in=wanted)) if wanted else ()
    if len(found) != len(wanted):
        raise ValidationError({"labels": [_("There is no label with one of these ids.")]})
    return found


def meet(data: dict[str, Any], channel: Channel, agent: Agent, said: dict[str, Any]) -> tuple[Profile, told.Heard]:
    """The profile that writes, with everything the server tells of it; and what became of that."""
    known = None if said or data.get("user_email") or data.get("user_phone") else _known(data, channel)
    return (known, told.Heard([])) if known and not told.is_nobody(known) else _meet(data, channel, agent, said)


def _known(data: dict[str, Any], channel: Channel) -> Profile | None:
    """Whoever has written before and of whom nothing new is told needs no transaction to be met."""
    if not data.get("user_custom_id"):
        return None
    return profiles.find(ProfileKind.CUSTOM, data["user_custom_id"], channel)


def sender(data: dict[str, Any], agent: Agent) -> Profile | None:
    """Whoever has written as this body says; None for somebody new. Raises ValidationError, UnusableAddress."""
    channel = channel_of(data, agent)
    if data.get("user_id"):
        return known_profile(data["user_id"], agent, channel)
    if data.get("user_custom_id"):
        return _known(data, channel)
    kind = ProfileKind.EMAIL if data.get("user_email") else ProfileKind.PHONE
    return profiles.find(kind, data.get(f"user_{kind}", ""))


@occasion
def _meet(data: dict[str, Any], channel: Channel, agent: Agent, said: dict[str, Any]) -> tuple[Profile, told.Heard]:
    profile = _who(data, channel, agent)
    beside = told.Told(
        email=data.get("user_email", "") if profile.kind == ProfileKind.CUSTOM else "",
        phone=data.get("user_phone", "") if profile.kind != ProfileKind.PHONE else "",
        said=said,
    )
    return profile, told.tell(profile, beside, by=agent)


def _who(data: dict[str, Any], channel: Channel, agent: Agent) -> Profile:
    if data.get("user_id"):
        return known_profile(data["user_id"], agent, channel)
    if data.get("user_custom_id"):
        return profiles.meet(ProfileKind.CUSTOM, data["user_custom_id"], channel=channel, by=agent)
    kind = ProfileKind.EMAIL if data.get("user_email") else ProfileKind.PHONE
    return profiles.meet(kind, data[f"user_{kind}"], level=channel.sender_level, by=agent)


def known_profile(user_id: int, agent: Agent, channel: Channel | None = None) -> Profile:
    """A user whom the agent may see. Raises ValidationError for all others."""
    profile = seen_by(agent).select_related("person", "channel").filter(pk=user_id).first()
    if profile is None or (channel and profile.channel_id not in {None, channel.pk}):
        raise ValidationError({"user_id": [_("There is no such user in this channel.")]})
    return profile


def channel_of(data: dict[str, Any], agent: Agent) -> Channel:
    """Where a new case comes in: the custom channel named, or the desk's e-mail or phone. The agent has to see it.

    Without that a key could write as any customer into their running chat, and read the case in the answer.
    """
    channel = _named(data, agent)
    if channel is None or not channel.active:
        raise ValidationError({"channel": [_("There is no such channel, or it is switched off.")]})
    return channel


def _named(data: dict[str, Any], agent: Agent) -> Channel | None:
    name, seen = data.get("channel"), agent.seen_channels()
    if name and name not in {"email", "phone"}:
        return shapes.channel_named(name, among=seen)
    if data.get("user_id") and not name:
        profile = known_profile(data["user_id"], agent)
        where = Q(pk=profile.channel_id) if profile.channel_id else Q(kind=_kind(profile.kind))
        return seen.filter(where).first()
    return seen.filter(kind=name or ("email" if data.get("user_email") else "phone")).first()


def _kind(profile_kind: str) -> str:
    return "phone" if profile_kind == ProfileKind.PHONE else "email"


def receipt(got: cases.Receipt, warnings: Iterable[str] = ()) -> dict[str, Any]:
    """The answer to a customer's message: what an integrator keeps. The case is the one that the reactors left."""
    case = got.case
    return {
        "message_id": got.message.pk,
        "case_id": case.pk,
        "case_number": case.number,
        "user_id": got.message.profile_id,
        "status": case.status,
        "active_chat": case.active_chat,
        "warnings": list(warnings),
    }
