"""What all calls share that bring a message: its files, and the same message once more."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases import files as filing
from helpdesk.cases.api import writing
from helpdesk.lib.errors import Refusal
from helpdesk.users.api.base import ApiView
from helpdesk.users.api.shapes import Addresses, Exact, Id, Text


class Sender(Addresses):
    """The part of a body that says who sends a message, and under which id of their own."""

    external_id = Exact()
    channel = Text(required=False, max_length=40)
    staff_id = Id(required=False)


class FilingView(ApiView):
    """A view some of whose POSTs keep a message.

    brings: those actions. Their object is found and their files are stored before the transaction; where no message
    was kept, the files are thrown away. The same external_id again gives the same object, whatever the body.
    """

    brings: ClassVar[frozenset[str]] = frozenset()
    found: Any = None
    files: tuple[filing.Stored, ...] = ()
    ready = False

    def prepare(self) -> None:
        if self.action in self.brings:
            self.found = self.get_object() if self.detail else None
            self.ready = True
            self.files = writing.stored(self.checked())

    def excused(self, exc: Exception) -> Response | None:
        return self._repeated() if self.ready and isinstance(exc, ValidationError | Refusal) else None

    def _repeated(self) -> Response | None:
        names, body = set(Sender().fields), cast(Mapping[str, Any], self.request.data)
        sender = Sender(data={name: value for name, value in body.items() if name in names})
        try:
            return self.repeated(sender.validated_data) if sender.is_valid() else None
        except (ValidationError, Refusal):
            return None

    def repeated(self, sender: dict[str, Any]) -> Response | None:
        """The answer to a message that was kept before. sender: as in `Sender`. May raise ValidationError, Refusal."""
        raise NotImplementedError

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if response.status_code != 201:
            filing.discard(self.files)
        return super().finalize_response(request, response, *args, **kwargs)
