"""`/api/v1/notifications/`: what asks the key's agent to look at a case."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases.models import Notification
from helpdesk.cases.services import notifying
from helpdesk.lib.api import Page
from helpdesk.users.api.base import ApiView


class NotificationView(ApiView):
    """An agent's own, newest first, as far as the agent may still see the case."""

    queryset = Notification.objects.none()

    def get_queryset(self) -> QuerySet[Notification]:
        return Notification.objects.visible_to(self.agent).select_related("case")

    def list(self, request: Request) -> Response:
        """`unread=true`: only what has not been read yet."""
        rows = Notification.objects.visible_to(self.agent)
        if request.query_params.get("unread") == "true":
            rows = rows.unread()
        return Page(request, rows.select_related("case")).answer(show)

    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """It has been read. Again is no mistake."""
        notifying.read_one(self.agent, self.get_object().pk)
        return Response(show(self.get_object()))

    @action(detail=False, methods=["post"], url_path="read_all", url_name="read-all")
    def read_all(self, request: Request) -> Response:
        """All of them have been read: {"read": how many were new}."""
        return Response({"read": notifying.read_all(self.agent)})


def show(row: Notification) -> dict[str, Any]:
    return {
        "notification_id": row.pk,
        "kind": row.kind,
        "text": row.text,
        "case_id": row.case_id,
        "case_number": row.case.number,
        "subject": row.case.subject,
        "created_at": row.created_at.isoformat(),
        "read_at": row.read_at.isoformat() if row.read_at else None,
    }
