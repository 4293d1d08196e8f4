"""The REST API's manners: problem documents (RFC 9457), strict bodies, keyset pages."""

import base64
import binascii
import json
import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib import away
from helpdesk.lib.errors import Refusal

log = logging.getLogger(__name__)

# Bytes of a JSON body. Larger ones are refused before they are read.
LARGEST_BODY = 2_000_000
DEEPEST = 20
# Of a list, in one answer.
MOST_ROWS = 100
PROBLEM = "application/problem+json"


class TooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The body may have at most 2 MB, with files 50 MB."


class StrictJSONParser(JSONParser):
    """JSON in UTF-8, without NaN, NUL or half a surrogate pair, not too large and not too deep."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            raw = stream.read(LARGEST_BODY + 1)
        except RequestDataTooBig as error:
            raise TooLarge from error
        if len(raw) > LARGEST_BODY:
            raise TooLarge
        try:
            data = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise exceptions.ParseError(_("The body is not JSON: %(why)s") % {"why": error}) from error
        if not isinstance(data, dict):
            raise exceptions.ParseError(_("The body has to be a JSON object."))
        _check(data, 0)
        return data


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check(data: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise exceptions.ParseError(_("The body is nested too deeply."))
    if isinstance(data, str):
        if "\x00" in data or any("\ud800" <= char <= "\udfff" for char in data):
            raise exceptions.ParseError(_("Text may hold neither NUL nor half a surrogate pair."))
    elif isinstance(data, dict):
        for key, value in data.items():
            _check(key, depth + 1)
            _check(value, depth + 1)
    elif isinstance(data, list):
        for value in data:
            _check(value, depth + 1)


def problem(error: Exception, context: dict[str, Any]) -> Response:
    """Turns what a view raised into a problem document. A bug is logged, and told as 500 without its reason."""
    if isinstance(error, Refusal):
        return _answer(error.status, error.code, str(error), error.fields, error.more)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    if isinstance(error, SuspiciousOperation):
        error = exceptions.ParseError(_("This request is not well formed, or has too many parts."))
    if away.is_away(error):
        return _away(error, context)
    if not isinstance(error, exceptions.APIException):
        log.error("%r failed", context["request"].path, exc_info=error)
        return _answer(500, "internal_error", _("Something broke on our side. It was logged; please try again."))
    response = _from_drf(error)
    _headers(error, response)
    return response


def _away(error: Exception, context: dict[str, Any]) -> Response:
    log.error("%r failed", context["request"].path, exc_info=error)
    response = _answer(503, away.CODE, away.sentence())
    response["Retry-After"] = str(away.RETRY_AFTER)
    return response


def _from_drf(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        return _answer(400, "invalid", _("Some fields are wrong."), _fields(error.detail))
    return _answer(error.status_code, str(error.get_codes()), str(error.detail))


def _headers(error: exceptions.APIException, response: Response) -> None:
    if getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None) is not None:
        response["Retry-After"] = str(int(error.wait) + 1)  # type: ignore[attr-defined]


def _answer(
    status: int,
    code: str,
    detail: str,
    fields: dict[str, list[str]] | None = None,
    more: dict[str, Any] | None = None,
) -> Response:
    body: dict[str, Any] = {
        "type": f"urn:helpdesk:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **(more or {}),
    }
    if fields:
        body["errors"] = fields
    return Response(body, status=status, content_type=PROBLEM)


def _fields(detail: Any, path: str = "") -> dict[str, list[str]]:
    """{"user.name": ["…"]} from DRF's nested details."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else str(name)
            found |= _fields(inner, f"{path}.{step}".strip("."))
        return found
    if isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        found = {}
        for index, inner in enumerate(detail):
            found |= _fields(inner, f"{path}.{index}".strip("."))
        return found
    return {path or "body": [str(text) for text in (detail if isinstance(detail, list) else [detail])]}


class Strict(serializers.Serializer[Any]):
    """A serializer that refuses fields it does not know, by name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = set(data) - set(self.fields)
            if unknown:
                raise serializers.ValidationError({name: [_("There is no such field.")] for name in sorted(unknown)})
        return super().to_internal_value(data)


def page_limit(request: Request) -> int:
    """How many rows a caller wants at once: `limit`, 1–100. Raises ValidationError."""
    raw = request.query_params.get("limit", str(MOST_ROWS))
    if not raw.isascii() or not raw.isdecimal() or len(raw) > 3 or not 1 <= int(raw) <= MOST_ROWS:
        raise serializers.ValidationError({"limit": [_("This has to be a number from 1 to 100.")]})
    return int(raw)


class Page:
    """One page of a list, newest first, by id: {"results": […], "next": cursor or null}. `limit` 1–100."""

    def __init__(self, request: Request, rows: "QuerySet[Any]") -> None:
        self.limit = page_limit(request)
        last = decode_cursor(request.query_params.get("cursor", ""))
        rows = rows.order_by("-pk")
        if last is not None:
            rows = rows.filter(pk__lt=last)
        self.rows = list(rows[: self.limit + 1])

    def answer(self, show: Any) -> Response:
        rows: Iterable[Model] = self.rows[: self.limit]
        more = len(self.rows) > self.limit
        cursor = encode_cursor(self.rows[self.limit - 1].pk) if more else None
        return Response({"results": [show(row) for row in rows], "next": cursor})


def encode_cursor(pk: int) -> str:
    return base64.urlsafe_b64encode(f"id:{pk}".encode()).decode().rstrip("=")


def decode_cursor(text: str) -> int | None:
    """The id in a cursor; None for no cursor. Raises ValidationError for anything else."""
    if not text:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        return int(raw.removeprefix("id:"))
    except (ValueError, binascii.Error) as error:
        raise serializers.ValidationError({"cursor": [_("This is not a cursor of ours.")]}) from error
