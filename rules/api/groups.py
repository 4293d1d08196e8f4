"""`/api/v1/rules/groups/`: rules that stand together and are switched off as one."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.events.occasion import occasion
from helpdesk.users.api.base import ApiView
from helpdesk.users.models.agents import Scope
from rules import services
from rules.api import shapes
from rules.api.views import list_named
from rules.models import RuleGroup, RuleList


class RuleGroupView(ApiView):
    """Groups of rules, in order of their lists. Everything needs scope admin."""

    bodies = {"create": shapes.NewGroup, "partial_update": shapes.GroupBody, "move": shapes.Places}
    queryset = RuleGroup.objects.none()
    scope = read_scope = Scope.ADMIN

    def get_queryset(self) -> QuerySet[RuleGroup]:
        return RuleGroup.objects.prefetch_related("rules")

    @extend_schema(parameters=[OpenApiParameter("list", enum=RuleList.values)])
    def list(self, request: Request) -> Response:
        """All groups, each with the ids of its rules in order."""
        rows, name = self.get_queryset(), request.query_params.get("list")
        rows = rows.filter(list=list_named(name)) if name is not None else rows
        return Response({"results": [shapes.show_group(row) for row in rows], "next": None})

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(shapes.show_group(self.get_object()))

    def create(self, request: Request) -> Response:
        data = self.checked()
        row = services.make_group(data["list"], data["title"], active=data.get("active", True), by=self.agent)
        return Response(shapes.show_group(row), status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Renames it, and switches it on or off."""
        row = self.get_object()
        self._change(row)
        return Response(shapes.show_group(self.get_object()))

    @occasion
    def _change(self, row: RuleGroup) -> None:
        data = self.checked()
        if "title" in data:
            services.rename_group(row, data["title"], by=self.agent)
        if "active" in data:
            services.switch_group(row, data["active"], by=self.agent)

    def destroy(self, request: Request, pk: str) -> Response:
        """Its rules stay, without a group; those of a group that is off are switched off."""
        services.delete_group(self.get_object(), by=self.agent)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Up (negative) or down in its list, with its rules."""
        services.move_group(self.get_object(), self.checked()["places"], by=self.agent)
        return Response(shapes.show_group(self.get_object()))
