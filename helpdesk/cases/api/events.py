"""`GET /api/v1/events/`: everything that happened, for programs that were away."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases import feed
from helpdesk.cases.api.views import show_event
from helpdesk.cases.models import Label
from helpdesk.events.models import Event
from helpdesk.lib.api import page_limit
from helpdesk.lib.errors import Refusal
from helpdesk.users.api.base import ApiView
from helpdesk.users.api.views import Listed


class CursorLost(Refusal):
    code = "cursor_lost"
    status = 410
    sentence = _lazy(
        "The desk cannot say what happened since then. Read what you need anew, then go on without a cursor."
    )


class BadCursor(Refusal):
    code = "bad_cursor"
    sentence = _lazy("This is not a cursor of ours. Use the last `next`; without `after` you begin at the beginning.")


class EventView(ApiView):
    """After an opaque cursor, in the order in which it became visible, by the rights of the key's agent.

    A channel's own key reads what happened in the cases of its channel. Events are kept for good, so that a cursor
    does not grow old; only a database that was put back to an earlier day does not know it.
    """

    queryset = Event.objects.none()
    for_channels = True

    def list(self, request: Request) -> Response:
        limit, cursor = page_limit(request), request.query_params.get("after", "")
        try:
            feed.read(cursor)
        except feed.BadCursor as error:
            raise BadCursor(fields={"after": [_("This is not a cursor of ours.")]}) from error
        page = feed.after(cursor, reader=self.agent, limit=limit, channel=self.key.channel_id)
        if page.resync:
            raise CursorLost
        return Response({"results": [show_event(event) for event in page.events], "next": page.cursor})


class LabelView(Listed):
    queryset = Label.objects.none()

    def rows(self):  # type: ignore[no-untyped-def]
        return Label.objects.all()

    def show(self, row: Label) -> dict[str, object]:
        return {"label_id": row.pk, "label_title": row.title}
