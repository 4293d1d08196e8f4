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
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk.channels.links import opening
from helpdesk.channels.models import Widget
from helpdesk.events.occasion import via
from helpdesk.lib.api import StrictJSONParser
from helpdesk.lib.ids import is_id
from helpdesk.widget import languages, origins
from helpdesk.widget.visitors import network_address
from identification import phrases
from identification.errors import BadRequest, OriginRefused
from identification.services import deciding
from identification.services.offering import offer, widget_named
from identification.services.proposing import Wish
from identification.throttling import throttled


@lru_cache(maxsize=4)
def _script(path: str, _changed: float, zipped: bool) -> tuple[bytes, str]:
    """The script and its ETag; read again when the file changes."""
    content = Path(path).read_bytes()
    etag = f'"{sha256(content).hexdigest()[:32]}{"-gz" if zipped else ""}"'
    return gzip.compress(content, mtime=0) if zipped else content, etag


def _asked(request: HttpRequest, name: str) -> tuple[bytes, str]:
    path = finders.find(f"widget/{name}.js")
    if not isinstance(path, str):
        raise FileNotFoundError(f"static/widget/{name}.js")
    return _script(path, Path(path).stat().st_mtime, _takes_gzip(request))


def _takes_gzip(request: HttpRequest) -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "")


@require_safe
@condition(etag_func=lambda request, name: _asked(request, name)[1])
def script(request: HttpRequest, name: str) -> HttpResponse:
    """A script under the address that never changes; a new version is everywhere within five minutes."""
    response = HttpResponse(_asked(request, name)[0], content_type="text/javascript; charset=utf-8")
    # The second one is a module, which every site's pages may read.
    response["Access-Control-Allow-Origin"] = "*"
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
            "texts": phrases.of_dialog(languages.texts(self.widget, phrases.WORDS, language)),
        }
        # Not kept anywhere: an admin who changes a word looks at once whether it is there.
        return Response(answer, headers={"Cache-Control": "no-store"})


class Codes(WidgetView):
    """A code for the one who is signed in at the site."""

    def post(self, request: Request, public_id: str) -> Response:
        with throttled():
            made = offer(self.widget, dict(request.data), visitor=network_address(request))
        answer: dict[str, Any] = {"code": made.text, "expires_in": made.seconds}
        links = opening(made.text)
        if links or self.widget.confirm_codes:
            # The script loads its second part for these.
            answer |= {"links": links, "confirm": self.widget.confirm_codes}
        if made.left_out:
            answer["ignored"] = made.left_out
        return Response(answer, status=HTTPStatus.CREATED, headers={"Cache-Control": "no-store"})


class Proposed(WidgetView):
    """What waits for the word of the one who is signed in: which accounts want to be linked."""

    def post(self, request: Request, public_id: str) -> Response:
        told = _proof(request)
        with throttled():
            wishes = deciding.look(self.widget, told, visitor=network_address(request))
        answer = {"proposals": [_told(wish) for wish in wishes]}
        return Response(answer, headers={"Cache-Control": "no-store"})


class Decision(WidgetView):
    """`{"proof": {…}, "accept": true | false}`."""

    def post(self, request: Request, public_id: str, number: str) -> Response:
        told, accept = _proof(request), dict(request.data).get("accept")
        if not isinstance(accept, bool):
            raise BadRequest(fields={"accept": [_("This has to be true or false.")]})
        if not is_id(number):
            raise deciding.NoSuchProposal
        with throttled():
            done = deciding.decide(self.widget, told, int(number), accept=accept, visitor=network_address(request))
        return Response({"state": done.state}, headers={"Cache-Control": "no-store"})


def _proof(request: Request) -> dict[str, Any]:
    """What the page gave the widget: in a member of its own, since its names are the site's."""
    told = dict(request.data).get("proof")
    if not isinstance(told, dict):
        raise BadRequest(fields={"proof": [_("This has to be what the page says of who is signed in.")]})
    return told


def _told(wish: Wish) -> dict[str, Any]:
    return {
        "id": wish.proposal.pk,
        "channel": wish.channel,
        "name": wish.name,
        "address": wish.address,
        "at": wish.at.isoformat(),
        "expires_in": wish.seconds,
    }
