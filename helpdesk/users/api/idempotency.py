"""`Idempotency-Key`: the same request twice is one effect. After Stripe's semantics.

The row is claimed in a transaction of its own, so that a second caller sees at once that the work is under way; the
answer is stored in the transaction of the effect, so that a crash leaves both or neither. A claim that a crash left
behind may be taken over after `STALE`.
"""

import hashlib
import json
import time
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib import crypto
from helpdesk.lib.errors import Refusal
from helpdesk.users.models import ApiKey, StoredAnswer

HEADER = "Idempotency-Key"
STALE = timedelta(seconds=60)
WAITS, STEP = 5.0, 0.05
# Members of an answer that are shown once only; a replay leaves them out.
ONCE = frozenset({"secret", "code", "key"})


class KeyReused(Refusal):
    code = "idempotency_key_reused"
    status = 422
    sentence = _("This Idempotency-Key was used with another request.")


class InFlight(Refusal):
    code = "idempotency_in_flight"
    status = 409
    sentence = _("The same request is still being worked on. Ask again in a moment.")


class BadKey(Refusal):
    code = "bad_idempotency_key"
    status = 400
    sentence = _("An Idempotency-Key has 1 to 255 printable characters.")


def claim(request: Request, key: ApiKey) -> tuple[StoredAnswer | None, Response | None]:
    """(row to fill, None) for the first caller, (None, stored answer) for a later one, (None, None) without a key.

    Raises KeyReused, InFlight, BadKey.
    """
    text = request.headers.get(HEADER)
    if text is None:
        return None, None
    if not 1 <= len(text) <= 255 or not text.isprintable():
        raise BadKey
    print_ = fingerprint(request)
    try:
        with transaction.atomic():
            return StoredAnswer.objects.create(api_key=key, key=text, fingerprint=print_), None
    except IntegrityError:
        return _second(key, text, print_)


def _second(key: ApiKey, text: str, print_: str) -> tuple[StoredAnswer | None, Response | None]:
    end = time.monotonic() + WAITS
    while True:
        row = StoredAnswer.objects.filter(api_key=key, key=text).first()
        if row is None:
            raise InFlight
        if row.fingerprint != print_:
            raise KeyReused
        if row.status:
            return None, _replay(row)
        if _take_over(row):
            return row, None
        if time.monotonic() > end:
            raise InFlight
        time.sleep(STEP)


def _take_over(row: StoredAnswer) -> bool:
    """Whether an unfinished row is so old that its worker must be dead; one caller wins it."""
    now = timezone.now()
    if now - row.created_at < STALE:
        return False
    rows = StoredAnswer.objects.filter(pk=row.pk, status=0, created_at=row.created_at)
    won = rows.update(created_at=now) == 1
    row.created_at = now
    return won


def keep(row: StoredAnswer, response: Response) -> bool:
    """Stores the answer, encrypted. Errors that another try could mend free the key instead.

    False where somebody else has taken the claim over: this worker was too slow, and its effect must not stay.
    """
    mine = StoredAnswer.objects.filter(pk=row.pk, created_at=row.created_at)
    if response.status_code >= 500 or response.status_code in {409, 429}:
        return bool(mine.delete()[0])
    told = _without_secrets(response.data) if response.status_code < 400 else response.data
    body = crypto.encrypt(json.dumps(told, default=str))
    return mine.update(status=response.status_code, body=body) == 1


def _replay(row: StoredAnswer) -> Response:
    response = Response(json.loads(crypto.decrypt(row.body)), status=row.status)
    response["Idempotent-Replayed"] = "true"
    return response


def _without_secrets(data: Any) -> Any:
    return {name: value for name, value in data.items() if name not in ONCE} if isinstance(data, dict) else data


def fingerprint(request: Request) -> str:
    """What makes two requests the same: method, path and parsed body (files by name and content)."""
    data = {name: _shape(value) for name, value in dict(request.data).items()}
    text = json.dumps([request.method, request.path, data], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _shape(value: Any) -> Any:
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return [value.name, _content(value)] if hasattr(value, "chunks") else value


def _content(upload: Any) -> str:
    content = hashlib.sha256()
    for chunk in upload.chunks():
        content.update(chunk)
    upload.seek(0)
    return content.hexdigest()
