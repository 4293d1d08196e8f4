"""What the identification widget on somebody's site asks for. No cookies: CORS by exact origin."""

import gzip
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import condition, require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk.channels.models import Widget
from helpdesk.events.occasion import via
from helpdesk.lib.api import StrictJSONParser
from helpdesk.widget import languages, origins
from helpdesk.widget.visitors import network_address
from identification import phrases
from identification.errors import OriginRefused
from identification.services.brakes import TooOften
from identification.services.offering import offer, widget_named


@lru_cache(maxsize=4)
def _script(path: str, _changed: float, zipped: bool) -> tuple[bytes, str]:
    """The script and its ETag; read again when the file changes."""
    content = Path(path).read_bytes()
    etag = f'"{sha256(content).hexdigest()[:32]}{"-gz" if zipped else ""}"'
    return gzip.compress(content, mtime=0) if zipped else content, etag


def _asked(request: HttpRequest) -> tuple[bytes, str]:
    path = finders.find("widget/identify.js")
    if not isinstance(path, str):
        raise FileNotFoundError("static/widget/identify.js")
    return _script(path, Path(path).stat().st_mtime, _takes_gzip(request))


def _takes_gzip(request: HttpRequest) -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "")


@require_safe
@condition(etag_func=lambda request: _asked(request)[1])
def identify_js(request: HttpRequest) -> HttpResponse:
    """The script under the address that never changes; a new version is everywhere within five minutes."""
    response = HttpResponse(_asked(request)[0], content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300, stale-while-revalidate=86400"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    if _takes_gzip(request):
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ("Accept-Encoding",))
    return response


@extend_schema(exclude=True)
class WidgetView(APIView):
    """A widget's request: nobody is signed in, the site decides whether it may ask."""

    authentication_classes: Sequence[Any] = ()
    permission_classes: Sequence[Any] = ()
    parser_classes = (StrictJSONParser,)
    widget: Widget

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.widget = widget_named(kwargs["public_id"])
        if not origins.may_use(self.widget, request):
            raise OriginRefused

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with via("widget"):
            return super().dispatch(request, *args, **kwargs)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """A browser's preflight: the headers are all of the answer."""
        return Response(status=HTTPStatus.NO_CONTENT)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = 'Bearer error="invalid_token"'  # RFC 6750
        origins.open_to(response, getattr(self, "widget", None), request)
        return response


class Texts(WidgetView):
    """The dialog's phrases in the visitor's language."""

    def get(self, request: Request, public_id: str) -> Response:
        asked = request.query_params.get("locale", "")
        header = request.headers.get("Accept-Language", "")
        language = languages.choose(self.widget, asked=asked, header=header)
        answer = {
            "lang": language,
            "dir": languages.direction(language),
            "texts": languages.texts(self.widget, phrases.WORDS, language),
        }
        # Not kept anywhere: an admin who changes a word looks at once whether it is there.
        return Response(answer, headers={"Cache-Control": "no-store"})


class Codes(WidgetView):
    """A code for the one who is signed in at the site."""

    def post(self, request: Request, public_id: str) -> Response:
        try:
            made = offer(self.widget, dict(request.data), visitor=network_address(request))
        except TooOften as refusal:
            raise Throttled(refusal.wait) from refusal
        answer: dict[str, Any] = {"code": made.text, "expires_in": made.seconds}
        if made.left_out:
            answer["ignored"] = made.left_out
        return Response(answer, status=HTTPStatus.CREATED, headers={"Cache-Control": "no-store"})
