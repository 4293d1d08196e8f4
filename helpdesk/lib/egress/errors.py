"""Why a call did not happen: a stable key for machines, one plain sentence for people."""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# No sentence holds the resolved address: who may type one must not learn about the network behind it.
SENTENCES: dict[str, str | Promise] = {
    "bad_url": _("This is not a complete web address."),
    "url_too_long": _("The address is longer than %(detail)s characters."),
    "bad_scheme": _("The address must begin with http:// or https://."),
    "credentials": _("The address must not contain a user name or a password."),
    "port_not_allowed": _("Port %(detail)s is not allowed. Use port 80 or 443."),
    "address_not_allowed": _("This address is not allowed: it does not lead to the public internet."),
    "bad_header": _("The header %(detail)s is not allowed."),
    "too_slow": _("The server did not answer within %(detail)s seconds."),
    "name_unknown": _("There is no server of this name."),
    "name_slow": _("The name of the server could not be looked up in time."),
    "connect_failed": _("The server does not accept connections."),
    "connect_slow": _("The server did not accept the connection in time."),
    "certificate": _("The certificate of the server is not valid: %(detail)s."),
    "tls": _("No encrypted connection to the server could be made."),
    "broken_off": _("The server broke the connection off."),
    "protocol": _("The answer of the server is broken or not HTTP."),
    "head_too_large": _("The headers of the answer are too large."),
}


class EgressError(Exception):
    """A call that brought no answer.

    `reason` is a key of `SENTENCES` and never changes; `detail` is what the sentence needs or "";
    `str()` is the sentence in the language of the moment; `permanent` says that a repetition is pointless.
    """

    permanent: ClassVar[bool] = False

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return str(SENTENCES[self.reason]) % {"detail": self.detail}


class Refused(EgressError):
    """We do not go there: scheme, credentials, port, header or address. Nothing was sent."""

    permanent = True


class TooSlow(EgressError):
    """The time was up, wherever the call stood. The server may have seen the request."""


class Unreachable(EgressError):
    """Name, connection, TLS or HTTP failed. The server may have seen the request."""
