"""Verbs of a case that put it off, and macros."""

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases import services as cases
from helpdesk.cases.actions import macros
from helpdesk.cases.api import shapes, writing
from helpdesk.cases.models import Macro
from helpdesk.users.api.views import Listed


class LaterVerbs:
    """Mixed into the view of cases."""

    agent: Any
    get_object: Any
    checked: Any
    _fresh: Any

    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        """Out of the lists of what is at hand until then, or until the customer writes."""
        case = cases.snooze(self.get_object(), self.checked()["until"], by=self.agent)
        return Response(shapes.show_case(self._fresh(case.pk)))

    @action(detail=True, methods=["post"])
    def wake(self, request: Request, pk: str) -> Response:
        case = cases.wake(self.get_object(), by=self.agent)
        return Response(shapes.show_case(self._fresh(case.pk)))

    @action(detail=True, methods=["post"])
    def run_macro(self, request: Request, pk: str) -> Response:
        """One of everybody's or of the key's own agent: all of its actions, or none."""
        case = self.get_object()
        macro = writing.one(Macro.objects.of(self.agent), self.checked()["macro_id"], "macro_id")
        macros.run_macro(case, macro, by=self.agent)
        return Response(shapes.show_case(self._fresh(case.pk)))


class MacroView(Listed):
    """Everybody's macros, and those of the key's own agent."""

    queryset = Macro.objects.none()

    def rows(self):  # type: ignore[no-untyped-def]
        return Macro.objects.of(self.agent)

    def show(self, row: Macro) -> dict[str, object]:
        """Without its actions: a webhook's body may hold what only admins should read."""
        return {"macro_id": row.pk, "macro_title": row.title, "own": row.owner_id is not None}
