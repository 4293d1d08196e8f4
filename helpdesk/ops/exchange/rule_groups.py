"""Groups of rules in a configuration file; each rule names its own by its title."""

from typing import Any

from helpdesk.ops.exchange.section import Section
from rules import services
from rules.models import RuleGroup


class RuleGroups(Section):
    """Where a group stands among the rules comes with the rules."""

    key = "rule_groups"
    model = RuleGroup
    shape = {"list": str, "title": str, "active": bool}
    by = ("list", "title")
    unsaid = ("position",)

    def rows(self) -> Any:
        return RuleGroup.objects.order_by("list", "position", "pk")

    def save(self, row: RuleGroup, changed: list[str]) -> None:
        if row.pk:
            services.switch_group(row, row.active, by=None)
        else:
            services.make_group(row.list, row.title, active=row.active, by=None)
