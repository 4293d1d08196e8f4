"""What a key may do: its scopes, and what its agent may see."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from helpdesk.users.models import ApiKey
from helpdesk.users.models.agents import Scope

INCLUDES: dict[str, set[str]] = {
    Scope.READ: {Scope.READ},
    Scope.WRITE: {Scope.READ, Scope.WRITE},
    Scope.CHANNEL: {Scope.CHANNEL},
    Scope.ADMIN: {Scope.READ, Scope.WRITE, Scope.ADMIN, Scope.CHANNEL},
}


def granted(key: ApiKey) -> set[str]:
    return set().union(*(INCLUDES.get(scope, set()) for scope in key.scopes))


class HasScope(BasePermission):
    """A view names `scope` for writing (default: write) and `read_scope` for reading (default: read).

    A key of one channel passes where the view says `for_channels = True`; the view then compares the channel.
    Settings (scope admin) need an admin behind the key, too.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        safe = request.method in SAFE_METHODS
        needed = getattr(view, "read_scope", Scope.READ) if safe else getattr(view, "scope", Scope.WRITE)
        has = granted(key)
        if Scope.CHANNEL in has and key.channel_id and getattr(view, "for_channels", False):
            return True
        if key.channel_id:
            return False
        return needed in has and (needed != Scope.ADMIN or key.agent.is_admin)
