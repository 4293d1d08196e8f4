"""A customer's own headers on our webhooks: “Name: value”, one on a line."""

from django.utils.translation import gettext as _

from helpdesk.lib import egress

# What says how the body is to be read, and by whom it was signed, is ours, beside what egress keeps for itself.
OURS = frozenset({"content-type", "content-encoding", "cookie"})
SIGNED = "webhook-"
MOST = 20


def parsed(text: str) -> dict[str, str]:
    """{name: value} of the lines. Raises ValueError with a sentence that names the line."""
    found: dict[str, str] = {}
    for line in filter(str.strip, text.replace("\r\n", "\n").split("\n")):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            raise ValueError(_("“%(line)s” is no header: write “Name: value”.") % {"line": line[:60]})
        if name.lower() in OURS or name.lower().startswith(SIGNED):
            raise ValueError(_("“%(name)s” is set by the helpdesk itself.") % {"name": name})
        if name.lower() in map(str.lower, found):
            raise ValueError(_("“%(name)s” is there twice.") % {"name": name})
        _check(name, value)
        found[name] = value
    if len(found) > MOST:
        raise ValueError(_("At most %(most)d headers.") % {"most": MOST})
    return found


def _check(name: str, value: str) -> None:
    try:
        egress.check_headers({name: value})
    except egress.Refused as error:
        raise ValueError(str(error)) from error
