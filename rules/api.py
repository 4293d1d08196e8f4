"""`/api/v1/rules/…`: rules as data, for administrators' keys."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases.models import Case
from helpdesk.cases.services import reading
from helpdesk.lib.api import Page, Strict
from helpdesk.lib.ids import is_id
from helpdesk.users.api.base import ApiView
from helpdesk.users.models.agents import Scope
from rules import drafts, schema, services
from rules.drafts import Draft
from rules.models import Rule, RuleList, RuleVersion, Run
from rules.services import trying, versions


class RuleBody(Strict):
    """A rule. Conditions: `{"field", "operator", "value"}`; actions: `{"kind", "values"}`; see `rules/fields/`.

    version: of a change, the version that was read; refused with 409 `rule_changed` where it is another one by now.
    """

    list = serializers.ChoiceField(RuleList.choices, required=False)
    title = serializers.CharField(required=False, max_length=drafts.TITLE_LIMIT)
    active = serializers.BooleanField(required=False)
    stop = serializers.BooleanField(required=False)
    all = serializers.ListField(child=serializers.DictField(), required=False)
    any = serializers.ListField(child=serializers.DictField(), required=False)
    actions = serializers.ListField(child=serializers.DictField(), required=False)
    version = serializers.IntegerField(required=False, min_value=1)


class Try(Strict):
    """On which case, or over how many days. rule: one that is not saved; without it, the one in the address."""

    case_id = serializers.CharField(required=False, max_length=20)
    days = serializers.IntegerField(required=False, min_value=1, max_value=trying.MOST_DAYS)
    rule = RuleBody(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("case_id" in data) == ("days" in data):
            raise serializers.ValidationError({"case_id": [_("Give either case_id or days.")]})
        return data


class Move(Strict):
    places = serializers.IntegerField(min_value=-10_000, max_value=10_000)


class Restore(Strict):
    version = serializers.IntegerField(min_value=1)


class RuleView(ApiView):
    """Rules, in order of their lists. Everything needs scope admin."""

    bodies = {
        "create": RuleBody,
        "partial_update": RuleBody,
        "test": Try,
        "try_draft": Try,
        "move": Move,
        "restore": Restore,
    }
    queryset = Rule.objects.none()
    scope = read_scope = Scope.ADMIN

    def get_queryset(self) -> QuerySet[Rule]:
        return Rule.objects.with_parts()

    def get_object(self) -> Rule:
        number = str(self.kwargs["pk"])
        found = self.get_queryset().filter(pk=int(number)).first() if is_id(number) else None
        if found is None:
            raise Http404
        return found

    @extend_schema(parameters=[OpenApiParameter("list", enum=RuleList.values)])
    def list(self, request: Request) -> Response:
        """All rules, in the order in which they are asked."""
        rows = self.get_queryset().order_by("list", "position", "pk")
        name = request.query_params.get("list")
        if name is not None:
            rows = rows.filter(list=_list(name))
        return Response({"results": [show(row) for row in rows], "next": None})

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(show(self.get_object()))

    def create(self, request: Request) -> Response:
        row = services.save(_draft(self.checked(), Draft("", "")), by=self.agent)
        return Response(show(self._fresh(row)), status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        data, row = self.checked(), self.get_object()
        saved = services.save(_draft(data, drafts.of(row)), by=self.agent, rule=row, seen=data.get("version"))
        return Response(show(self._fresh(saved)))

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
        """Up (negative) or down in its list."""
        row = self.get_object()
        services.move(row, self.checked()["places"], by=self.agent)
        return Response(show(self._fresh(row)))

    @action(detail=True, methods=["get"])
    def versions(self, request: Request, pk: str) -> Response:
        """What it was, newest first, each with what it changed."""
        rows = list(self.get_object().versions.all()[:101])
        older = [*rows[1:], None]
        return Response({"results": [_version(*pair) for pair in zip(rows[:100], older, strict=False)], "next": None})

    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Makes an older version the newest one."""
        row = self.get_object()
        try:
            saved = services.restore(row, self.checked()["version"], by=self.agent)
        except RuleVersion.DoesNotExist:
            raise ValidationError({"version": [_("This rule has no such version.")]}) from None
        return Response(show(self._fresh(saved)))

    @extend_schema(parameters=[OpenApiParameter("list", enum=RuleList.values)])
    @action(detail=False, methods=["get"])
    def fields(self, request: Request) -> Response:
        """What can stand in rules of a list: fields with their operators and choices, actions with their inputs."""
        return Response(schema.describe(_list(request.query_params.get("list", RuleList.NEW))))

    @extend_schema(parameters=[OpenApiParameter("case_id", int), OpenApiParameter("list", enum=RuleList.values)])
    @action(detail=False, methods=["get"])
    def runs(self, request: Request) -> Response:
        """The passes of the last fortnight: which rules fired, and why others did not."""
        rows: QuerySet[Run] = Run.objects.all()
        asked = request.query_params
        if "case_id" in asked:
            rows = rows.filter(case=self._case(asked["case_id"]))
        if "list" in asked:
            rows = rows.filter(list=_list(asked["list"]))
        return Page(request, rows).answer(_run)

    def _tried(self, data: dict[str, Any], draft: Draft) -> Response:
        if "days" in data:
            return Response(_history(services.on_history(draft, data["days"], self.agent)))
        return Response(_trial(services.on_case(draft, self._case(data["case_id"]))))

    def _case(self, text: str) -> Case:
        by: dict[str, Any] = {"number": text} if "-" in text else {"pk": int(text)} if is_id(text) else {"pk": 0}
        found = reading.seen_by(self.agent).select_related("profile__person", "channel").filter(**by).first()
        if found is None:
            raise ValidationError({"case_id": [_("There is no such case.")]})
        return found

    def _fresh(self, row: Rule) -> Rule:
        return self.get_queryset().get(pk=row.pk)


def _list(name: str) -> str:
    if name not in RuleList.values:
        raise ValidationError({"list": [_("There is no such list of rules.")]})
    return name


def _draft(data: dict[str, Any], stored: Draft) -> Draft:
    """The stored rule with what was sent in its place. Raises BadRule for rows of a wrong shape."""
    given = {name: value for name, value in data.items() if name != "version"}
    draft, errors = drafts.read({**drafts.write(stored), **given})
    if errors:
        raise services.BadRule(errors)
    return draft


def show(row: Rule) -> dict[str, Any]:
    """problem: in words, why it cannot be used at present."""
    return {
        "rule_id": row.pk,
        **drafts.write(drafts.of(row)),
        "position": row.position,
        "version": row.version,
        "problem": row.problem,
        "fired_at": row.fired_at.isoformat() if row.fired_at else None,
        "updated_at": row.updated_at.isoformat(),
    }


def _version(row: RuleVersion, older: RuleVersion | None) -> dict[str, Any]:
    after = versions.draft_of(row)
    return {
        "version": row.number,
        "at": row.at.isoformat(),
        "by": row.actor_kind,
        "staff_id": row.actor_id if row.actor_kind == "agent" else None,
        "rule": row.body,
        "changes": services.difference(versions.draft_of(older), after) if older else [],
    }


def _trial(trial: trying.Trial) -> dict[str, Any]:
    return {
        "matches": trial.matches,
        "conditions": [
            {"path": one.path, "condition": one.sentence, "held": one.held, "saw": one.saw} for one in trial.conditions
        ],
        "actions": trial.done,
        "problem": trial.problem,
    }


def _history(found: trying.History) -> dict[str, Any]:
    cases = [{"case_id": case.pk, "case_number": case.number, "title": case.title} for case in found.cases]
    return {"asked": found.asked, "more": found.more, "matched": found.matched, "cases": cases}


def _run(row: Run) -> dict[str, Any]:
    return {
        "run_id": row.pk,
        "case_id": row.case_id,
        "list": row.list,
        "at": row.at.isoformat(),
        "fired": row.fired,
        "rules": [
            {"rule_id": line.rule_id, "title": line.title, "outcome": line.outcome, "why": line.why}
            for line in services.explain(row)
        ],
    }
