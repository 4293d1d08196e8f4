"""What the webhook says: one tree of facts, as JSON or as a PHP-style form. Names are those of Deskie's webhook."""

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from helpdesk.cases import files
from helpdesk.cases.models import Attachment, Author, Case, Message
from helpdesk.lib.text import text_to_html
from helpdesk.users.models import Profile

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def message_new(message: Message) -> dict[str, Any]:
    """`object` of a public message that leaves. Flags are 0 or 1; times ISO 8601 in UTC; staff_id 0: not a person."""
    case, agent, profile = message.case, message.agent, message.to or message.case.profile
    return {
        "message_id": message.pk,
        **_place(case, profile),
        "staff_id": agent.pk if agent else 0,
        "staff_full_name": agent.name if agent else "",
        "content": message.text,
        "content_html": message.html or text_to_html(message.text),
        "attachments": [_file(attachment, message) for attachment in message.attachments.order_by("pk")],
        "note": 0,
        "sent_via_rule": int(message.author in {Author.RULE, Author.DESK}),
        "b_from_api": int(message.from_api),
        "created_at": message.created_at.astimezone(UTC).isoformat(),
    }


def case_closed(case: Case) -> dict[str, Any]:
    """`object` of `case_closed`."""
    return {**_place(case, case.profile), "status": str(case.status)}


def message_status(message: Message) -> dict[str, Any]:
    """`object` of `message_status`. status: refused, failed or cancelled; problem: why, in words."""
    place = _place(message.case, message.to or message.case.profile)
    return {**place, "message_id": message.pk, "status": str(message.delivery), "problem": message.problem}


def user_merged(profile: Profile) -> dict[str, Any]:
    """`object` of `user_merged`. linked_users: ids of all profiles of the person, this one's too."""
    linked = Profile.objects.filter(person=profile.person_id).order_by("pk").values_list("pk", flat=True)
    return {**_user(profile), "person_id": profile.person_id, "linked_users": list(linked)}


def _place(case: Case, profile: Profile) -> dict[str, Any]:
    return {"case_id": case.pk, "case_number": case.number, **_user(profile)}


def _user(profile: Profile) -> dict[str, Any]:
    """Both spellings: that of Deskie's webhook, and that of its API."""
    return {"user_id": profile.pk, "custom_user_id": profile.address, "user_custom_id": profile.address}


def _file(attachment: Attachment, message: Message) -> dict[str, Any]:
    return {
        "file_id": attachment.pk,
        "file_name": attachment.name,
        "file_size": attachment.size,
        "mime_type": attachment.mime,
        "url": settings.BASE_URL + files.link(attachment, f"channel:{message.channel_id}"),
    }


def content_type(body_format: str) -> str:
    return FORM if body_format == "form" else JSON


def in_line(
    kind: str, tree: dict[str, Any], content_type: str, sequence: int, previous_id: str | None, _id: str
) -> bytes:
    """The outbox's kind of payload: it tells its place in the lane."""
    return encode(kind, tree, sequence=sequence, previous_id=previous_id, content_type=content_type)


def encode(kind: str, tree: dict[str, Any], *, sequence: int, previous_id: str | None, content_type: str) -> bytes:
    """The body as it will leave, and never otherwise. sequence, previous_id: its place in the lane."""
    body = {"type": kind, "object": tree, "sequence": sequence, "previous_id": previous_id}
    if content_type == FORM:
        return urlencode(list(_pairs(body))).encode()
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _pairs(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """`object[attachments][0][url]`, as PHP's http_build_query writes it: what is null or empty is left out."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _pairs(item, f"{name}[{key}]" if name else str(key))
    elif value is not None:
        yield name, value
