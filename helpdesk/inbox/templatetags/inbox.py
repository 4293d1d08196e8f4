"""What the inbox's templates say about times and people."""

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from helpdesk.cases import files
from helpdesk.cases.models import Attachment
from helpdesk.inbox import people
from helpdesk.users.models import Agent

register = template.Library()
register.filter("initials", people.initials)
register.filter("name_of", people.name_of)
register.filter("icon_of", people.icon_of)

MINUTE, HOUR = 60, 3600


@register.filter
def age(moment: datetime) -> str:
    """How long ago, in as few letters as a list has room for: now, 5m, 3h, Fri, 3 May."""
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < MINUTE:
        return _("now")
    if seconds < HOUR:
        return _("%(number)dm") % {"number": seconds // MINUTE}
    local = localtime(moment)
    days = (localtime(timezone.now()).date() - local.date()).days
    if days == 0:
        return _("%(number)dh") % {"number": seconds // HOUR}
    return date_format(local, "D") if days < 7 else short_date(local.date())


@register.filter
def lasting(seconds: float | None) -> str:
    """A length of time in two figures at most: 40 s, 5 min, 3 h, 2 d; a dash for none."""
    if seconds is None:
        return "–"
    if seconds < MINUTE:
        return _("%(number)d s") % {"number": seconds}
    if seconds < HOUR:
        return _("%(number)d min") % {"number": seconds // MINUTE}
    if seconds < 48 * HOUR:
        return _("%(number)d h") % {"number": seconds // HOUR}
    return _("%(number)d d") % {"number": seconds // (24 * HOUR)}


def short_date(day: date) -> str:
    """Day and month; the year only where it is another."""
    return date_format(day, "j M" if day.year == localtime(timezone.now()).year else "j M Y")


@register.simple_tag
def stamp(moment: datetime, form: str = "clock") -> SafeString:
    """A time as an element: the clock, or the age that a script keeps up to date. On hover: all of it."""
    local = localtime(moment)
    words = age(moment) if form == "age" else date_format(local, "H:i")
    whole = date_format(local, "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}" data-{}>{}</time>', local.isoformat(), whole, form, words)


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """An icon that an admin has named; where there is no such icon, a plain one instead of an error."""
    look = {"class": "icon", "aria_hidden": "true"}
    try:
        return mark_safe(lucide(name, size=size, **look))  # noqa: S308 (a drawing of the package; the name chooses)
    except IconDoesNotExist:
        return mark_safe(lucide("message-circle", size=size, **look))  # noqa: S308


@register.filter
def link_for(attachment: Attachment, agent: Agent) -> str:
    """The signed address of a file, for this agent."""
    return files.link(attachment, f"agent:{agent.pk}")
