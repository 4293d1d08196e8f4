"""What the webhook says: one tree of facts, as JSON or as a PHP-style form. Names are those of Deskie's webhook."""

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from helpdesk.cases import files
from helpdesk.cases.models import Attachment, Author, Message
from helpdesk.lib.text import text_to_html

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def message_new(message: Message) -> dict[str, Any]:
    """`object` of a public message that leaves. Flags are 0 or 1; times ISO 8601 in UTC; staff_id 0: not a person."""
    case, agent, profile = message.case, message.agent, message.to or message.case.profile
    return {
        "message_id": message.pk,
        "case_id": case.pk,
        "case_number": case.number,
        "user_id": profile.pk,
        "custom_user_id": profile.address,
        "user_custom_id": profile.address,
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


def _file(attachment: Attachment, message: Message) -> dict[str, Any]:
    return {
        "file_id": attachment.pk,
        "file_name": attachment.name,
        "file_size": attachment.size,
        "mime_type": attachment.mime,
        "url": settings.BASE_URL + files.link(attachment, f"channel:{message.channel_id}"),
    }


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
