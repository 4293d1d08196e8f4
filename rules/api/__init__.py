"""`/api/v1/rules/…`: rules as data, for administrators' keys."""

from rules.api.groups import RuleGroupView
from rules.api.views import RuleView

__all__ = ("RuleGroupView", "RuleView")
