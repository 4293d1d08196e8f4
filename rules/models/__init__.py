from rules.models.rules import (
    Action,
    Block,
    Condition,
    NewCasesRule,
    Revision,
    Rule,
    RuleGroup,
    RuleList,
    RuleVersion,
    TimeRule,
    UpdatedCasesRule,
)
from rules.models.runs import Firing, Pause, Run, Wait
from rules.models.webhooks import Method, Webhook

__all__ = (
    "Action",
    "Block",
    "Condition",
    "Firing",
    "Method",
    "NewCasesRule",
    "Pause",
    "Revision",
    "Rule",
    "RuleGroup",
    "RuleList",
    "RuleVersion",
    "Run",
    "TimeRule",
    "UpdatedCasesRule",
    "Wait",
    "Webhook",
)
