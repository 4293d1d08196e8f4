"""`/api/v1/persons/…_plan/` and `/api/v1/operations/`: plan, apply, undo."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import Page
from helpdesk.lib.ids import is_id
from helpdesk.users.api import plan_shapes as shapes
from helpdesk.users.api.base import ApiView
from helpdesk.users.models import Operation, Person
from helpdesk.users.services import plans, reading, undoing

FILTERS = [
    OpenApiParameter("person_id", int, description="about users who are or ever were this person's"),
    OpenApiParameter("user_id", int, description="in which this user changed hands"),
    OpenApiParameter("limit", int),
    OpenApiParameter("cursor", str),
]


class PersonView(ApiView):
    """What a merge, split or link would do. Nothing happens before its hash is sent to `operations/`."""

    bodies = {
        "merge_plan": shapes.MergeBody,
        "split_plan": shapes.SplitBody,
        "link_plan": shapes.LinkBody,
    }
    queryset = Person.objects.none()

    def excused(self, exc: Exception) -> Response | None:
        """Whom the agent does not see does not exist."""
        return super().handle_exception(Http404()) if isinstance(exc, Person.DoesNotExist) else None

    @extend_schema(responses={201: shapes.OfferedShape})
    @action(detail=False, methods=["post"])
    def merge_plan(self, request: Request) -> Response:
        data = self.checked()
        if "person_ids" in data:
            return self._shown(plans.merge_plan(data["person_ids"], into=data.get("into"), by=self.agent))
        return self._shown(plans.merge_plan_of_profiles(data["user_ids"], into=data.get("into"), by=self.agent))

    @extend_schema(responses={201: shapes.OfferedShape})
    @action(detail=False, methods=["post"])
    def split_plan(self, request: Request) -> Response:
        return self._shown(plans.split_plan(self.checked()["user_ids"], by=self.agent))

    @extend_schema(responses={201: shapes.OfferedShape})
    @action(detail=False, methods=["post"])
    def link_plan(self, request: Request) -> Response:
        data = self.checked()
        return self._shown(plans.link_plan(data["user_id"], data["with_user_id"], by=self.agent))

    def _shown(self, plan: Any) -> Response:
        return Response(shapes.show_plan(plan), status=201)


class OperationView(ApiView):
    """Links, unlinks, merges and splits of people whom the key's agent sees; each can be undone."""

    bodies = {"create": shapes.ApplyBody, "undo": shapes.UndoBody}
    queryset = Operation.objects.none()

    def get_queryset(self) -> QuerySet[Operation]:
        return undoing.named(reading.operations_seen_by(self.agent))

    @extend_schema(parameters=FILTERS, responses=shapes.PageShape)
    def list(self, request: Request) -> Response:
        return Page(request, self._filtered(self.get_queryset())).answer(shapes.show_operation)

    @extend_schema(responses=shapes.OperationShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(self.get_object())

    @extend_schema(responses={201: shapes.OperationShape})
    def create(self, request: Request) -> Response:
        data = self.checked()
        operation = plans.apply(data["plan_hash"], reason=data["reason"], by=self.agent)
        return self._answer(self.get_queryset().get(pk=operation.pk), status=201)

    @extend_schema(responses={200: shapes.OperationShape})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        plans.check_judges(self.agent)
        operation = self.get_object()
        plans.undo(operation, reason=self.checked()["reason"], by=self.agent)
        return self._answer(self.get_object())

    def _answer(self, operation: Operation, status: int = 200) -> Response:
        shown = plans.shown(operation, self.agent)
        return Response({**shapes.show_operation(operation), "plan": shown}, status=status)

    def _filtered(self, rows: QuerySet[Operation]) -> QuerySet[Operation]:
        for name, of in (("person_id", reading.operations_of), ("user_id", reading.operations_moving)):
            asked = self.request.query_params.get(name)
            if asked is None:
                continue
            if not is_id(asked):
                raise ValidationError({name: [_("This has to be an id.")]})
            rows = of(int(asked), rows)
        return rows
