"""Roles and statuses of agents in the admin."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from helpdesk.lib.admin import TellingAdmin
from helpdesk.users.models import AgentStatus, Role


class Worn(TellingAdmin[Any]):
    """What agents have: its list says who, its page of deletion how many lose it."""

    lose: ClassVar[tuple[str, str]]

    @admin.display(description=_("agents"))
    def wearers(self, row: Any) -> Any:
        return ", ".join(str(agent) for agent in row.agents.all() if agent.is_active) or None

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("agents")

    def consequences(self, row: Any) -> list[str]:
        number = row.agents.count()
        one, many = self.lose
        return [ngettext(one, many, number) % {"number": number}] if number else []


@admin.register(Role)
class RoleAdmin(Worn):
    fields = ("title",)
    list_display = ("title", "wearers")
    lose = ("%(number)d agent has no role then.", "%(number)d agents have no role then.")


@admin.register(AgentStatus)
class StatusAdmin(Worn):
    fields = ("title", "available", "position")
    list_display = ("title", "available", "wearers")
    lose = (
        "%(number)d agent has no status then, and is not available.",
        "%(number)d agents have no status then, and are not available.",
    )
