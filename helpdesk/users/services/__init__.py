from helpdesk.users.services import agents, identity, keys, profiles, told, values

__all__ = ("agents", "identity", "keys", "profiles", "told", "values")
