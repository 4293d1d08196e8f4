"""Links that open a chat with a text in it: `https://t.me/acme_bot?start={code}`."""

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _

from helpdesk.channels.models import Channel

PLACE = "{code}"
# Apps that open a chat and nothing else. Everything else goes by way of an address that any browser knows.
SCHEMES = frozenset({"https", "tg", "whatsapp", "sms"})


class BadTemplate(ValueError):
    """str(): a sentence for the admin."""


def check(template: str) -> str:
    """The template, trimmed. Raises BadTemplate."""
    template = template.strip()
    if template.count(PLACE) != 1:
        raise BadTemplate(_("{code} has to stand in it once: there the code is put in."))
    if any(char.isspace() or not char.isprintable() or char in "<>\"'`\\^|" for char in template):
        raise BadTemplate(_("It may hold no spaces, quotes or angle brackets; write a space as %20."))
    _check_place(template)
    return template


def _check_place(template: str) -> None:
    """The code is data of the link: it never says which program or server is asked."""
    try:
        parts = urlsplit(template)
        _port = parts.port
    except ValueError as error:
        raise BadTemplate(_("This is not a link.")) from error
    if parts.scheme not in SCHEMES:
        raise BadTemplate(_("It has to begin with https://, tg:, whatsapp: or sms:."))
    if parts.scheme == "https" and (not parts.hostname or "@" in parts.netloc):
        raise BadTemplate(_("It needs the name of a server, and no password, as https://t.me/your_bot?start={code}."))
    if PLACE in parts.netloc or template.startswith(f"{parts.scheme}:{PLACE}"):
        raise BadTemplate(_("The code cannot stand in the place of a server or a number."))


def fill(template: str, code: str) -> str:
    return template.replace(PLACE, quote(code, safe=""))


def opening(code: str) -> list[dict[str, str]]:
    """`{title, url}` for each active channel that can be opened with this code in the text, by title."""
    rows: Iterable[Channel] = Channel.objects.filter(active=True).exclude(link_template="").order_by("title", "pk")
    return [{"title": row.title, "url": fill(row.link_template, code)} for row in rows if _is_good(row.link_template)]


def _is_good(template: str) -> bool:
    """What was stored by another way than the form is looked at again: it becomes a link on somebody's site."""
    try:
        check(template)
    except BadTemplate:
        return False
    return True
