from helpdesk.users.models.agents import Agent, AgentStatus, ApiKey, Group, Role, StoredAnswer
from helpdesk.users.models.conflicts import Apart, BlockedValue, Conflict
from helpdesk.users.models.fields import CustomField, FieldLevel, Value
from helpdesk.users.models.people import Company, Link, Operation, Person, Profile
from helpdesk.users.models.plans import Plan

__all__ = (
    "Agent",
    "AgentStatus",
    "Apart",
    "ApiKey",
    "BlockedValue",
    "Company",
    "Conflict",
    "CustomField",
    "FieldLevel",
    "Group",
    "Link",
    "Operation",
    "Person",
    "Plan",
    "Profile",
    "Role",
    "StoredAnswer",
    "Value",
)
