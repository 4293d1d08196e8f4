"""Rules: made, read, changed, ordered, tried out, compared, put back."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases.models import Case
from helpdesk.cases.services import reading
from helpdesk.events.occasion import occasion
from helpdesk.lib.api import Page
from helpdesk.lib.ids import is_id
from helpdesk.users.api.base import ApiView
from helpdesk.users.models.agents import Scope
from rules import drafts, history, schema, services
from rules.api import shapes
from rules.drafts import Draft
from rules.models import Rule, RuleGroup, RuleList, RuleVersion, Run

OF_A_LIST = [OpenApiParameter("list", enum=RuleList.values)]


class RuleView(ApiView):
    """Rules, in order of their lists. Everything needs scope admin."""

    bodies = {
        "create": shapes.RuleBody,
        "partial_update": shapes.RuleBody,
        "test": shapes.Try,
        "try_draft": shapes.Try,
        "move": shapes.Move,
        "order": shapes.Ordered,
        "restore": shapes.Restore,
    }
    queryset = Rule.objects.none()
    scope = read_scope = Scope.ADMIN

    def get_queryset(self) -> QuerySet[Rule]:
        return Rule.objects.with_parts().select_related("group")

    @extend_schema(parameters=OF_A_LIST)
    def list(self, request: Request) -> Response:
        """All rules, in the order in which they are asked."""
        rows = self.get_queryset().order_by("list", "position", "pk")
        name = request.query_params.get("list")
        if name is not None:
            rows = rows.filter(list=list_named(name))
        return Response({"results": [shapes.show(row) for row in rows], "next": None})

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(shapes.show(self.get_object()))

    def create(self, request: Request) -> Response:
        row = self._save(self.checked(), None)
        return Response(shapes.show(self._fresh(row)), status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        row = self._save(self.checked(), self.get_object())
        return Response(shapes.show(self._fresh(row)))

    @occasion
    def _save(self, data: dict[str, Any], row: Rule | None) -> Rule:
        stored = drafts.of(row) if row else Draft("", "")
        saved = services.save(_draft(data, stored), by=self.agent, rule=row, seen=data.get("version"))
        if "group_id" in data and data["group_id"] != saved.group_id:
            services.put(saved, group=_group(data["group_id"], "group_id"), by=self.agent)
        return saved

    def destroy(self, request: Request, pk: str) -> Response:
        services.delete(self.get_object(), by=self.agent)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """What it would see and do, nothing of which is kept or sent."""
        data = self.checked()
        return self._tried(data, _draft(data.get("rule", {}), drafts.of(self.get_object())))

    @extend_schema(operation_id="rules_test_draft")
    @action(detail=False, methods=["post"], url_path="test")
    def try_draft(self, request: Request) -> Response:
        """The same of a rule that is not saved."""
        data = self.checked()
        return self._tried(data, _draft(data.get("rule", {}), Draft("", "")))

    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """To another place in its list, or into a group."""
        row, to = self.get_object(), self.checked()
        if "places" in to:
            services.move(row, to["places"], by=self.agent)
        else:
            beside = {side: _rule(to[side], side) for side in ("before", "after") if side in to}
            services.put(row, group=_group(to.get("group"), "group"), **beside, by=self.agent)
        return Response(shapes.show(self._fresh(row)))

    @action(detail=False, methods=["post"])
    def order(self, request: Request) -> Response:
        """A whole list at once; 409 `order_changed` where it has other rules or groups by now."""
        data = self.checked()
        services.arrange(data["list"], data["order"], by=self.agent)
        return Response({"list": data["list"], "rules": [row.pk for row in services.layout(data["list"]).rules()]})

    @action(detail=True, methods=["get"])
    def versions(self, request: Request, pk: str) -> Response:
        """What it was, newest first: who saved it, when, and what that changed."""
        rows = list(self.get_object().versions.all()[: history.MOST_VERSIONS + 1])
        names = history.authors(rows)
        pairs = zip(rows[: history.MOST_VERSIONS], [*rows[1:], None], strict=False)
        shown = [shapes.show_version(row, older, names.get(row.actor_id or 0, "")) for row, older in pairs]
        return Response({"results": shown, "next": None})

    @extend_schema(parameters=[OpenApiParameter("from", int, required=True), OpenApiParameter("to", int)])
    @action(detail=True, methods=["get"], url_path="versions/diff")
    def diff(self, request: Request, pk: str) -> Response:
        """Two versions side by side, row by row. to: the present one, if none is named."""
        row = self.get_object()
        numbers = {"from": request.query_params.get("from", ""), "to": request.query_params.get("to", str(row.version))}
        wrong = [name for name, text in numbers.items() if not is_id(text)]
        found = None if wrong else history.compared(row, *map(int, numbers.values()))
        if found is None:
            raise ValidationError({wrong[0] if wrong else "from": [_("This rule has no such version.")]})
        return Response(shapes.show_comparison(found))

    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Makes an older version the newest one."""
        row = self.get_object()
        try:
            saved = services.restore(row, self.checked()["version"], by=self.agent)
        except RuleVersion.DoesNotExist:
            raise ValidationError({"version": [_("This rule has no such version.")]}) from None
        return Response(shapes.show(self._fresh(saved)))

    @extend_schema(parameters=OF_A_LIST)
    @action(detail=False, methods=["get"])
    def fields(self, request: Request) -> Response:
        """What can stand in rules of a list: fields with their operators and choices, actions with their inputs."""
        return Response(schema.describe(list_named(request.query_params.get("list", RuleList.NEW))))

    @extend_schema(parameters=[OpenApiParameter("case_id", int), OpenApiParameter("rule_id", int), *OF_A_LIST])
    @action(detail=False, methods=["get"])
    def runs(self, request: Request) -> Response:
        """The passes that are kept: which rules fired, and why others did not.

        rule_id: only passes in which this rule fired, failed or was paused.
        """
        rows = Run.objects.all()
        asked = request.query_params
        if "case_id" in asked:
            rows = rows.filter(case=self._case(asked["case_id"]))
        if "rule_id" in asked:
            rows = rows.of_rule(_number(asked["rule_id"], "rule_id"))
        if "list" in asked:
            rows = rows.filter(list=list_named(asked["list"]))
        return Page(request, rows).answer(shapes.show_run)

    def _tried(self, data: dict[str, Any], draft: Draft) -> Response:
        if "days" in data:
            found = services.on_history(draft, data["days"], self.agent, after=data.get("next", ""))
            return Response(shapes.show_history(found))
        return Response(shapes.show_trial(services.on_case(draft, self._case(data["case_id"]))))

    def _case(self, name: str) -> Case:
        found = reading.named(self.agent, name)
        if found is None:
            raise ValidationError({"case_id": [_("There is no such case.")]})
        return found

    def _fresh(self, row: Rule) -> Rule:
        return self.get_queryset().get(pk=row.pk)


def list_named(name: str) -> str:
    """Raises ValidationError."""
    if name not in RuleList.values:
        raise ValidationError({"list": [_("There is no such list of rules.")]})
    return name


def _number(text: str, name: str) -> int:
    if not is_id(text):
        raise ValidationError({name: [_("This has to be an id.")]})
    return int(text)


def _rule(pk: int, name: str) -> Rule:
    found = Rule.objects.filter(pk=pk).first()
    if found is None:
        raise ValidationError({name: [_("There is no such rule.")]})
    return found


def _group(pk: int | None, name: str) -> RuleGroup | None:
    found = RuleGroup.objects.filter(pk=pk).first() if pk else None
    if pk and found is None:
        raise ValidationError({name: [_("There is no such group of rules.")]})
    return found


def _draft(data: dict[str, Any], stored: Draft) -> Draft:
    """The stored rule with what was sent in its place. Raises BadRule for rows of a wrong shape."""
    given = {name: value for name, value in data.items() if name not in {"version", "group_id"}}
    draft, errors = drafts.read({**drafts.write(stored), **given})
    if errors:
        raise services.BadRule(errors)
    return draft
