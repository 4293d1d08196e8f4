"""Where a visitor comes from."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def network_address(request: HttpRequest) -> str:
    """The visitor's network: the IPv4 address, or the /64 of the IPv6 address that one line has to itself.

    Behind `TRUSTED_PROXIES` proxies it is the entry of X-Forwarded-For that the outermost of them wrote;
    what stands before it was written by the visitor.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    text = hops[-trusted] if 0 < trusted <= len(hops) else request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(text)
    except ValueError:
        return "unknown"
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))
