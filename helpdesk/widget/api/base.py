"""What all calls of visitors share: which chat, from which site, in whose session."""

from collections.abc import Sequence
from typing import Any, ClassVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from helpdesk.events.occasion import via
from helpdesk.lib.api import Strict, StrictJSONParser
from helpdesk.lib.errors import Refusal
from helpdesk.widget import origins
from helpdesk.widget.errors import SessionEnded, SiteRefused
from helpdesk.widget.models import Chat, Session
from helpdesk.widget.services import chats, sessions
from helpdesk.widget.visitors import network_address


class VisitorToken(BaseAuthentication):
    """`Authorization: Bearer hv_…`. Which session it is, the view looks up: that depends on the chat in the path."""

    def authenticate(self, request: Request) -> None:
        return None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="visitor"'


class VisitorScheme(OpenApiAuthenticationExtension):
    target_class = "helpdesk.widget.api.base.VisitorToken"
    name = "visitorToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class ChatView(APIView):
    """A call of a visitor. No cookies are read, so no other site can speak in a visitor's name.

    body: the serializer of what is sent. Nothing in an answer may be kept by anybody.
    """

    authentication_classes: Sequence[Any] = (VisitorToken,)
    permission_classes: Sequence[Any] = ()
    parser_classes: Sequence[Any] = (StrictJSONParser,)
    body: ClassVar[type[Serializer[Any]]] = Strict
    chat: Chat

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with via("widget"):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.chat = chats.named(kwargs["public_id"])
        if not origins.may_use(self.chat.widget, request):
            raise SiteRefused

    def handle_exception(self, exc: Exception) -> Response:
        wait = getattr(exc, "wait", None)
        return super().handle_exception(Throttled(wait) if isinstance(exc, Refusal) and wait else exc)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        if response.status_code == 401:
            response["WWW-Authenticate"] = 'Bearer error="invalid_token"'  # RFC 6750
        return response

    @property
    def visitor(self) -> str:
        """The network address: counted under a keyed hash, kept nowhere."""
        return network_address(self.request)

    @property
    def told(self) -> dict[str, Any]:
        """The body as the serializer understands it. Raises ValidationError."""
        given = self.body(data=self.request.data)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def here(self) -> Session | None:
        """The session that the caller has, if it lasts."""
        token = bearer(self.request)
        return sessions.find(self.chat, token) if token else None


class SessionView(ChatView):
    """A call within a session. 401 `session_ended` where there is none, or no longer."""

    session: Session

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        token = bearer(request)
        if not token:
            raise SessionEnded
        self.session = sessions.resume(self.chat, token)


def bearer(request: Any) -> str:
    """The token in the request's header; "" where there is none."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
