"""Which web sites may use a widget: CORS by exact origin. No cookies, so no credentials are ever allowed.

An origin is no proof of anybody's identity; it keeps a site from using a widget that was not made for it.
"""

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers

from helpdesk.channels.models import Widget

MAX_AGE = "600"  # seconds for which a browser keeps the answer to a preflight


def may_use(widget: Widget, request: HttpRequest) -> bool:
    """Whether the request's site may use the widget. A request without Origin comes from no site."""
    origin = request.headers.get("Origin")
    return origin is None or origin == _own(request) or _listed(widget, origin)


def open_to(response: HttpResponseBase, widget: Widget | None, request: HttpRequest) -> None:
    """Puts the CORS headers on an answer. widget None: to no site."""
    origin = request.headers.get("Origin")
    if widget and origin and _listed(widget, origin):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        response["Access-Control-Allow-Headers"] = "Content-Type"
        response["Access-Control-Max-Age"] = MAX_AGE
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_vary_headers(response, ("Origin",))


def _listed(widget: Widget, origin: str) -> bool:
    """By exact comparison. `null` is the origin of every sandboxed frame and local file: it names nobody."""
    listed = widget.origins
    return origin != "null" and (not listed or origin.lower() in listed)


def _own(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
