"""The receiver of the webhook: what the helpdesk says, on its way to a phone.

Five things make a good receiver: check the signature over the raw bytes, answer quickly, take the same
`webhook-id` only once, keep the order of `sequence`, and answer 2xx only when the message is safe.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from helpdesk.demo import config
from helpdesk.demo.models import Bubble, Call, Outage, Phone, State

SHOWN = 4000
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def receive(headers: Mapping[str, str], body: bytes) -> int:
    """Takes a call in and gives the HTTP status of the answer."""
    verified = is_ours(headers, body)
    note, bubble = "", None
    if Outage.left():
        status, note = 503, "out of order, on purpose"
    elif not verified:
        status, note = 401, "the signature is wrong"
    else:
        status, note, bubble = _take(headers["webhook-id"], body)
    _note(headers, body, status=status, verified=verified, note=note, bubble=bubble)
    return status


def is_ours(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the helpdesk signed these very bytes within the last five minutes (Standard Webhooks 1.0)."""
    try:
        Webhook(config.read().webhook_secret).verify(body, {name: headers.get(name, "") for name in HEADERS})
    except (WebhookVerificationError, config.NotConnected):
        return False
    return True


def _take(webhook_id: str, body: bytes) -> tuple[int, str, Bubble | None]:
    said = json.loads(body)
    if said["type"] != "message_new":
        return 200, f"{said['type']}: nothing to show", None
    with transaction.atomic():
        known = Bubble.objects.select_for_update().filter(key=webhook_id).first()
        if known:
            known.copies += 1
            known.save(update_fields=["copies", "changed_at"])
            return 200, "came before: not shown again", known
        return 200, "", _show(webhook_id, said)


def _show(webhook_id: str, said: dict[str, Any]) -> Bubble:
    message = said["object"]
    login = message["user_custom_id"]
    phone, _ = Phone.objects.get_or_create(login=login, defaults={"owner": login})
    now = timezone.now()
    return Bubble.objects.create(
        phone=phone,
        key=webhook_id,
        state=State.RECEIVED,
        text=message["content"],
        facts={**message, "previous_id": said["previous_id"]},
        case_id=message["case_id"],
        sequence=said["sequence"],
        tries=1 + Call.objects.filter(webhook_id=webhook_id).count(),
        latency=(now - datetime.fromisoformat(message["created_at"])).total_seconds(),
        at=_place(message["case_id"], said["sequence"], now),
    )


def _place(case_id: int, sequence: int, now: datetime) -> datetime:
    """When it is shown: now, or just before the first one that should have come after it."""
    later = Bubble.objects.received().filter(case_id=case_id, sequence__gt=sequence).order_by("sequence").first()
    return later.at - timedelta(microseconds=1) if later else now


def _note(
    headers: Mapping[str, str], body: bytes, *, status: int, verified: bool, note: str, bubble: Bubble | None
) -> None:
    text = body.decode(errors="replace")
    Call.objects.create(
        phone=bubble.phone if bubble else _phone(text),
        incoming=True,
        line="POST webhook",
        status=status,
        webhook_id=headers.get("webhook-id", "")[:80],
        verified=verified,
        note=note,
        headers={name: headers.get(name, "") for name in HEADERS},
        asked=_pretty(text)[:SHOWN],
    )


def _phone(text: str) -> Phone | None:
    """Whose message a refused call was, so that the log of that phone shows it."""
    try:
        login = json.loads(text)["object"]["user_custom_id"]
    except (ValueError, LookupError, TypeError):
        return None
    return Phone.objects.filter(login=login).first()


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text
