"""`/widget/v1/chat/<id>/…`: what the chat's panel, and an app in its place, ask for."""

import json
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases import files
from helpdesk.cases.models import Case
from helpdesk.lib.api import Page, StrictJSONParser
from helpdesk.widget import languages, origins
from helpdesk.widget.api import shapes
from helpdesk.widget.api.base import ChatView, SessionView
from helpdesk.widget.errors import NoFiles
from helpdesk.widget.services import attributes, history, identifying, leaving, looks, sessions, talking
from helpdesk.widget.services.talking import Words

KEPT = "public, max-age=60, stale-while-revalidate=600"


class Look(ChatView):
    """Phrases, colours and switches. Any site that may use the widget reads it; nothing in it is anybody's."""

    @extend_schema(
        parameters=[OpenApiParameter("locale", description="The language wanted, as `de`.")],
        responses={200: OpenApiTypes.OBJECT},
        auth=[],
    )
    def get(self, request: Request, public_id: str) -> Any:
        asked, header = request.query_params.get("locale", ""), request.headers.get("Accept-Language", "")
        language = languages.choose(self.chat.widget, asked=asked, header=header)
        content = json.dumps(looks.look(self.chat, language), ensure_ascii=False, separators=(",", ":"))
        etag = f'"{sha256(content.encode()).hexdigest()[:32]}"'
        same = etag in request.headers.get("If-None-Match", "")
        answer = HttpResponse(b"" if same else content.encode(), content_type="application/json")
        answer.status_code = HTTPStatus.NOT_MODIFIED if same else HTTPStatus.OK
        answer["ETag"], answer["Cache-Control"] = etag, KEPT
        answer["Vary"] = "Accept-Language"
        return answer

    @extend_schema(exclude=True)
    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """A browser's preflight: the headers are all of the answer."""
        return Response(status=HTTPStatus.NO_CONTENT)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        origins.open_to(response, self.chat.widget if hasattr(self, "chat") else None, request)
        return response


class Sessions(ChatView):
    """Begins a session, with the first message and not before."""

    body = shapes.NewSession

    @extend_schema(request=shapes.NewSession, responses={201: OpenApiTypes.OBJECT}, auth=[])
    def post(self, request: Request, public_id: str) -> Response:
        told = self.told
        attributes.check(told.get("attributes", {}))
        begun = sessions.begin(self.chat, visitor=self.visitor, consented=told.get("consent", False))
        if told.get("attributes"):
            attributes.set_attributes(begun.session, told["attributes"], visitor=self.visitor)
        return Response(shapes.show_session(begun.session, begun.token), status=HTTPStatus.CREATED)


class Session(SessionView):
    """Who this is, as far as the visitor may know."""

    body = shapes.Nothing

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, public_id: str) -> Response:
        return Response(shapes.show_session(self.session))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Signs out: the token is worth nothing any more, here and in every other tab."""
        sessions.end(self.session, by=self.session.profile)
        return Response(status=HTTPStatus.NO_CONTENT)


class SignIn(ChatView):
    """Signs in. `token` in the answer takes the place of the one that the browser has, if any; without it that stays.

    Refusals carry a code: expired, bad_signature, unknown_key, wrong_algorithm, missing_claim, wrong_audience,
    revoked, not_yet_valid, blocked, unsigned.
    """

    body = shapes.SignIn

    @extend_schema(request=shapes.SignIn, responses={200: OpenApiTypes.OBJECT})
    def post(self, request: Request, public_id: str) -> Response:
        told = self.told
        said = told.pop("attributes", {})
        attributes.check(said)
        done = identifying.identify(self.chat, self.here(), told, visitor=self.visitor)
        if said:
            attributes.set_attributes(done.begun.session, said, visitor=self.visitor)
        return Response(shapes.show_identified(done))


class Attributes(SessionView):
    """Flat names with a text of at most 1 KB, a number, true, false or null; at most 50."""

    body = shapes.Attributes

    @extend_schema(request=shapes.Attributes, responses={204: None})
    def post(self, request: Request, public_id: str) -> Response:
        attributes.set_attributes(self.session, self.told["attributes"], visitor=self.visitor)
        return Response(status=HTTPStatus.NO_CONTENT)


class Conversations(SessionView):
    """This customer's conversations, newest first."""

    @extend_schema(
        parameters=[OpenApiParameter("limit", int), OpenApiParameter("cursor")], responses={200: OpenApiTypes.OBJECT}
    )
    def get(self, request: Request, public_id: str) -> Response:
        return Page(request, history.conversations(self.session)).answer(shapes.show_conversation)


class Messages(SessionView):
    """Says something; the same client_id again is the same message (200 in place of 201)."""

    body = shapes.VisitorMessage
    parser_classes = (StrictJSONParser, MultiPartParser)

    @extend_schema(
        request={"application/json": shapes.VisitorMessage, "multipart/form-data": shapes.VisitorForm},
        responses={201: OpenApiTypes.OBJECT, 200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, public_id: str) -> Response:
        uploads = request.FILES.getlist("files")
        told = self._told()
        case = self._named(told.get("conversation"))
        if len(uploads) > files.MOST or (uploads and not self.chat.uploads):
            raise files.FileRefused if self.chat.uploads else NoFiles
        talking.may_say(self.session, visitor=self.visitor, files=len(uploads))
        words = Words(told.get("text", ""), told["client_id"], case, uploads=tuple(uploads))
        got = talking.say(self.chat, self.session, words)
        message = history.shown(history.all_messages(self.session)).get(pk=got.message.pk)
        shown = shapes.show_message(message, self.session, got.case.pk)
        return Response(shown, status=HTTPStatus.CREATED if got.created else HTTPStatus.OK)

    def _told(self) -> dict[str, Any]:
        body = cast(Mapping[str, Any], self.request.data)
        given = shapes.VisitorMessage(data={name: value for name, value in body.items() if name != "files"})
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def _named(self, pk: int | None) -> Case | None:
        return history.conversation(self.session, str(pk)) if pk else None


class Thread(SessionView):
    """The messages of a conversation, oldest first: the last ones, those after a message, or those before one."""

    @extend_schema(
        parameters=[OpenApiParameter("after", int), OpenApiParameter("before", int), OpenApiParameter("limit", int)],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, public_id: str, number: str) -> Response:
        case = history.conversation(self.session, number)
        stretch = history.stretch(self.session, case, request.query_params)
        shown = [shapes.show_message(message, self.session, case.pk) for message in stretch.messages]
        return Response({"results": shown, "more": stretch.more})


class Read(SessionView):
    """The visitor has seen the answers up to a message."""

    body = shapes.ReadUpTo

    @extend_schema(request=shapes.ReadUpTo, responses={204: None})
    def post(self, request: Request, public_id: str, number: str) -> Response:
        talking.read(self.session, history.conversation(self.session, number), self.told["message"])
        return Response(status=HTTPStatus.NO_CONTENT)


class Typing(SessionView):
    """The visitor is typing; worth saying every three seconds."""

    body = shapes.Nothing

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, public_id: str, number: str) -> Response:
        talking.typing(self.session, history.conversation(self.session, number))
        return Response(status=HTTPStatus.NO_CONTENT)


class Rate(SessionView):
    """What the visitor thinks of the conversation, where the chat asks; once more changes it."""

    body = shapes.Score

    @extend_schema(request=shapes.Score, responses={204: None})
    def post(self, request: Request, public_id: str, number: str) -> Response:
        case, told = history.conversation(self.session, number), self.told
        leaving.rate(self.chat, self.session, case, told["score"], told.get("comment", ""), visitor=self.visitor)
        return Response(status=HTTPStatus.NO_CONTENT)


class Transcript(SessionView):
    """Mails the conversation to the signed-in customer's own address; 422 `no_address` where none is proven."""

    @extend_schema(request=None, responses={202: None})
    def post(self, request: Request, public_id: str, number: str) -> Response:
        leaving.mail_transcript(
            self.chat, self.session, history.conversation(self.session, number), visitor=self.visitor
        )
        return Response(status=HTTPStatus.ACCEPTED)
