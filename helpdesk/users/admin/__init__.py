"""Team, companies, custom fields and API keys in the admin. People themselves are in the inbox."""

from helpdesk.users.admin import companies, fields, keys, team

__all__ = ["companies", "fields", "keys", "team"]
