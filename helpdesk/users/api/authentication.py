"""`Authorization: Bearer hd_…`."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from helpdesk.users.models import Agent, ApiKey
from helpdesk.users.services import keys


class KeyAuthentication(BaseAuthentication):
    """request.user is the agent that the key acts for, request.auth the key."""

    def authenticate(self, request: Request) -> tuple[Agent, ApiKey] | None:
        scheme, _sep, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        key = keys.check(text.strip().decode("latin-1"))
        if key is None:
            raise AuthenticationFailed("This API key is not valid.")
        return key.agent, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="helpdesk"'


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "helpdesk.users.api.authentication.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
