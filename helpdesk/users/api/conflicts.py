"""`/api/v1/conflicts/…`: two people claim the same, and an agent judges."""

from collections.abc import Container
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import Page, Strict
from helpdesk.lib.ids import is_id
from helpdesk.users.api import shapes
from helpdesk.users.api.base import ApiView
from helpdesk.users.models import Conflict
from helpdesk.users.models.conflicts import Conflicts
from helpdesk.users.services import conflicts
from helpdesk.users.services.evidence import told_to


class Decision(Strict):
    """POST conflicts/{id}/decide/: the verdict, and why. A reason is needed for all but `reopen`."""

    verdict = serializers.ChoiceField(choices=conflicts.Verdict.choices)
    reason = shapes.Text(required=False, allow_blank=True, max_length=conflicts.LONGEST_REASON)


class Address(serializers.Serializer[Any]):
    user_id = serializers.IntegerField()
    kind = serializers.CharField()
    address = serializers.CharField()
    channel = serializers.CharField(allow_blank=True)
    level = serializers.IntegerField()


class Side(Address):
    """What was known of one side when the conflict was found."""

    method = serializers.CharField()
    since = serializers.DateTimeField()
    name = serializers.CharField(allow_blank=True)
    person = serializers.IntegerField()
    external_ids = serializers.ListField(child=serializers.CharField())
    last_seen = serializers.DateTimeField(allow_null=True)
    also = Address(many=True)
    more = serializers.IntegerField()


class Evidence(serializers.Serializer[Any]):
    profile = Side()
    account = Side()


class ShownConflict(serializers.Serializer[Any]):
    """user_id: the side that came; account_user_id: the side that has it already; offers: verdicts that make sense."""

    conflict_id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Conflict.Kind.choices)
    state = serializers.ChoiceField(choices=Conflict.State.choices)
    user_id = serializers.IntegerField()
    account_user_id = serializers.IntegerField()
    value = serializers.CharField(allow_blank=True)
    case_id = serializers.IntegerField(allow_null=True)
    evidence = Evidence(required=False, help_text="Left out where it tells of users whom the agent does not see.")
    offers = serializers.ListField(child=serializers.ChoiceField(choices=conflicts.Verdict.choices))
    found_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    staff_id = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    operation_id = serializers.IntegerField(allow_null=True)


FILTERS = [
    OpenApiParameter("state", str, enum=Conflict.State.values),
    OpenApiParameter("user_id", int, description="One side is this user."),
]


class ConflictView(ApiView):
    """Conflicts of which the agent sees both sides. Deciding needs the right to link and merge people."""

    bodies = {"decide": Decision}
    queryset = Conflict.objects.none()

    def get_queryset(self) -> Conflicts:
        return conflicts.seen_by(self.agent).select_related("profile", "account")

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request) -> Response:
        page = Page(request, self._filtered(self.get_queryset()))
        told = told_to(self.agent, page.rows)
        return page.answer(lambda one: show(one, told))

    @extend_schema(responses={200: ShownConflict})
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer()

    @extend_schema(request=Decision, responses={200: ShownConflict})
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        conflict, data = self.get_object(), self.checked()
        conflicts.decide(conflict, data["verdict"], reason=data.get("reason", ""), by=self.agent)
        return self._answer()

    def _answer(self) -> Response:
        conflict = self.get_object()
        return Response(show(conflict, told_to(self.agent, [conflict])))

    def _filtered(self, rows: Conflicts) -> Conflicts:
        asked = self.request.query_params
        if "state" in asked:
            if asked["state"] not in Conflict.State.values:
                raise ValidationError({"state": [_("This has to be one of: %(names)s.") % {"names": _states()}]})
            rows = rows.filter(state=asked["state"])
        if "user_id" in asked:
            text = asked["user_id"]
            rows = rows.of_profiles([int(text)] if is_id(text) else [])
        return rows


def _states() -> str:
    return ", ".join(Conflict.State.values)


def show(conflict: Conflict, told: Container[int]) -> dict[str, Any]:
    """A conflict as the API tells it. told: ids of those whose evidence may be read."""
    by_agent = conflict.actor_kind == "agent"
    return {
        "conflict_id": conflict.pk,
        "kind": conflict.kind,
        "state": conflict.state,
        "user_id": conflict.profile_id,
        "account_user_id": conflict.account_id,
        "value": conflict.value,
        "case_id": conflict.case_id,
        **({"evidence": conflict.evidence} if conflict.pk in told else {}),
        "offers": [str(verdict) for verdict in conflicts.offered(conflict)],
        "found_at": conflict.found_at.isoformat(),
        "decided_at": conflict.decided_at.isoformat() if conflict.decided_at else None,
        "staff_id": conflict.actor_id if by_agent else None,
        "reason": conflict.reason,
        "operation_id": conflict.operation_id,
    }
