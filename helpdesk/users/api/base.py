"""What all views of the API share: who asks, through which edge, once or again."""

import functools
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.db import models, transaction
from django.db.models import QuerySet
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from helpdesk.events.occasion import repeat, via
from helpdesk.lib.ids import is_id
from helpdesk.users.api import idempotency
from helpdesk.users.models import Agent, ApiKey, StoredAnswer

Row = TypeVar("Row", bound=models.Model)


class ApiView(GenericViewSet[Any]):
    """A view of the REST API. `agent`: for whom the key acts. POST honours Idempotency-Key.

    bodies: {action: serializer of its body}, which validates it and describes it in the schema.
    """

    bodies: ClassVar[dict[str, type[Serializer[Any]]]] = {}
    lookup_value_regex = "[^/]+"
    stored: StoredAnswer | None = None
    _body: dict[str, Any] | None = None

    @property
    def agent(self) -> Agent:
        return self.request.user  # type: ignore[return-value]

    @property
    def key(self) -> ApiKey:
        return self.request.auth  # type: ignore[return-value]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with via("api"):
            return super().dispatch(request, *args, **kwargs)

    def get_object(self) -> Any:
        """The row that the address names, of those that this key may see. Raises Http404."""
        return by_id(self.get_queryset(), str(self.kwargs["pk"]))

    def checked(self) -> dict[str, Any]:
        """The body, validated by the action's serializer, once. Raises ValidationError."""
        if self._body is None:
            given = self.bodies[self.action](data=self.request.data, context=self.get_serializer_context())
            given.is_valid(raise_exception=True)
            self._body = given.validated_data
        return self._body

    def prepare(self) -> None:
        """What a POST does before its transaction is opened: whatever takes a file or the network."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            self.stored, answer = idempotency.claim(request, self.key)
            if answer is not None:
                raise Replayed(answer)
            self.prepare()
        if self.stored:
            handler: Callable[..., Response] = getattr(self, "post", self.http_method_not_allowed)
            self.post = functools.partial(self._together, handler, self.stored)

    def _together(self, handler: Callable[..., Response], row: StoredAnswer, *args: Any, **kwargs: Any) -> Response:
        """The effect and its stored answer are one transaction: a crash leaves both or neither."""

        def work() -> Response:
            with transaction.atomic():
                response = handler(*args, **kwargs)
                if not idempotency.keep(row, response):
                    raise idempotency.InFlight
                return response

        return repeat(work)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Replayed):
            return exc.answer
        response = self.excused(exc) or super().handle_exception(exc)
        if self.stored:
            idempotency.keep(self.stored, response)
        return response

    def excused(self, exc: Exception) -> Response | None:
        """An answer in place of a refusal; None to refuse."""
        return None


def by_id(rows: QuerySet[Row], text: str) -> Row:
    """The row with this id, as it stood in an address. Raises Http404."""
    found = rows.filter(pk=int(text)).first() if is_id(text) else None
    if found is None:
        raise Http404
    return found


class Replayed(Exception):
    """There is a stored answer: nothing is done again."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer
