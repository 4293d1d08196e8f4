"""`/api/v1/staff/`, `roles/`, `agent_statuses/`: who answers, what they do, and whether they are there."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError as Invalid
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.admin.consequences import mourned
from helpdesk.lib.api import Strict
from helpdesk.lib.errors import Refusal
from helpdesk.users.api.shapes import Id, Text
from helpdesk.users.api.views import Listed
from helpdesk.users.models import Agent, AgentStatus, Role
from helpdesk.users.models.agents import Scope
from helpdesk.users.services import agents


class StillNeeded(Refusal):
    """needed_by: sentences, one for each rule that names it."""

    code: ClassVar[str] = "still_needed"
    status: ClassVar[int] = 409
    sentence = gettext_lazy("A rule needs this. Change the rule first.")


class StatusChoice(Strict):
    """PATCH staff/{id}/: what the agent says about being there."""

    status_id = Id(allow_null=True)


class StaffView(Listed):
    """The agents. A status is changed by the agent's own key, or an administrator's."""

    bodies = {"partial_update": StatusChoice}
    queryset = Agent.objects.none()

    def rows(self) -> QuerySet[Any]:
        return Agent.objects.select_related("role", "status").prefetch_related("channels", "groups")

    def get_queryset(self) -> QuerySet[Any]:
        return self.rows()

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.show(self.get_object()))

    def partial_update(self, request: Request, pk: str) -> Response:
        chosen, agent = self.checked()["status_id"], self.get_object()
        if agent != self.agent and not self.agent.is_admin:
            self.permission_denied(request)
        status = AgentStatus.objects.filter(pk=chosen).first() if chosen else None
        if chosen and status is None:
            raise ValidationError({"status_id": [_("There is no such status.")]})
        agents.set_status(agent, status, by=self.agent)
        return Response(self.show(self.get_object()))

    def show(self, row: Agent) -> dict[str, Any]:
        return {
            "staff_id": row.pk,
            "staff_email": row.email,
            "staff_full_name": row.name,
            "active": row.is_active,
            "admin": row.is_admin,
            "may_merge": row.judges,
            "channels": [channel.api_key for channel in row.channels.all()],
            "groups": [group.pk for group in row.groups.all()],
            "role_id": row.role_id,
            "role": row.role.title if row.role else None,
            "status_id": row.status_id,
            "status": row.status.title if row.status else None,
            "available": row.is_available,
        }


class Kept(Listed):
    """What administrators keep: everybody reads it, scope admin writes it."""

    scope = Scope.ADMIN

    def get_queryset(self) -> QuerySet[Any]:
        return self.rows()

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.show(self.get_object()))

    def create(self, request: Request) -> Response:
        return Response(self.show(self._saved(self.rows().model())), status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        return Response(self.show(self._saved(self.get_object())))

    def destroy(self, request: Request, pk: str) -> Response:
        """Refused with 409 `still_needed` while a rule names it; `needed_by` says which."""
        row = self.get_object()
        if told := mourned(row):
            raise StillNeeded(needed_by=told)
        row.delete()
        return Response(status=204)

    def _saved(self, row: Any) -> Any:
        given = self.bodies[self.action](data=self.request.data, partial=row.pk is not None)
        given.is_valid(raise_exception=True)
        for name, value in given.validated_data.items():
            setattr(row, name, value)
        try:
            row.full_clean()
        except Invalid as error:
            raise ValidationError(error.message_dict) from error
        if row.pk:
            row.save(update_fields=list(given.validated_data))
        else:
            row.save()
        return row


class RoleBody(Strict):
    title = Text(max_length=80)


class RoleView(Kept):
    bodies = {"create": RoleBody, "partial_update": RoleBody}
    queryset = Role.objects.none()

    def rows(self) -> QuerySet[Any]:
        return Role.objects.all()

    def show(self, row: Role) -> dict[str, Any]:
        return {"role_id": row.pk, "title": row.title}


class StatusBody(Strict):
    """available: rules may give cases to agents with it. position: where it stands among the others."""

    title = Text(max_length=60)
    available = serializers.BooleanField(required=False)
    position = serializers.IntegerField(required=False, min_value=0, max_value=1000)


class StatusView(Kept):
    bodies = {"create": StatusBody, "partial_update": StatusBody}
    queryset = AgentStatus.objects.none()

    def rows(self) -> QuerySet[Any]:
        return AgentStatus.objects.all()

    def show(self, row: AgentStatus) -> dict[str, Any]:
        return {"status_id": row.pk, "title": row.title, "available": row.available, "position": row.position}
