from helpdesk.users.models.agents import Agent, ApiKey, Group, StoredAnswer
from helpdesk.users.models.fields import CustomField, FieldLevel, Value
from helpdesk.users.models.people import Company, Link, Operation, Person, Profile

__all__ = (
    "Agent",
    "ApiKey",
    "Company",
    "CustomField",
    "FieldLevel",
    "Group",
    "Link",
    "Operation",
    "Person",
    "Profile",
    "StoredAnswer",
    "Value",
)
