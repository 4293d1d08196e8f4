"""Team, companies, custom fields, shared addresses and API keys in the admin. People themselves are in the inbox."""

from helpdesk.users.admin import companies, fields, keys, roles, shared, team

__all__ = ["companies", "fields", "keys", "roles", "shared", "team"]
