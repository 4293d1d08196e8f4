from helpdesk.users.services import agents, conflicts, identity, keys, profiles, told, values

__all__ = ("agents", "conflicts", "identity", "keys", "profiles", "told", "values")
