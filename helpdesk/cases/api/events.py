"""`GET /api/v1/events/`: everything that happened, for programs that were away."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases import feed
from helpdesk.cases.api.views import show_event
from helpdesk.cases.models import Label
from helpdesk.events.models import Event
from helpdesk.lib.errors import Refusal
from helpdesk.users.api.base import ApiView
from helpdesk.users.api.views import Listed


class CursorLost(Refusal):
    code = "cursor_lost"
    status = 410
    sentence = _lazy(
        "The desk cannot say what happened since then. Read what you need anew, then go on without a cursor."
    )


class EventView(ApiView):
    """After an opaque cursor, in the order in which it became visible, by the rights of the key's agent."""

    queryset = Event.objects.none()

    def list(self, request: Request) -> Response:
        cursor = request.query_params.get("after", "")
        try:
            feed.read(cursor)
        except feed.BadCursor as error:
            raise ValidationError({"after": [_("This is not a cursor of ours.")]}) from error
        page = feed.after(cursor, reader=self.agent, limit=100)
        if page.resync:
            raise CursorLost
        return Response({"results": [show_event(event) for event in page.events], "next": page.cursor})


class LabelView(Listed):
    queryset = Label.objects.none()

    def rows(self):  # type: ignore[no-untyped-def]
        return Label.objects.all()

    def show(self, row: Label) -> dict[str, object]:
        return {"label_id": row.pk, "label_title": row.title}
