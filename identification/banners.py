"""What administrators read above the inbox: somebody guesses codes, or a hash ends soon."""

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from identification import keys
from identification.models import SigningKey
from identification.services import alarms

MOST = 3  # keys that are named


def guessing(agent: Any) -> tuple[str, dict[str, Any]] | None:
    """For an hour after so many wrong codes that the desk took none for a minute. One query, for admins only."""
    if not getattr(agent, "is_admin", False):
        return None
    until = alarms.last_alarm()
    return ("identification/alarm.html", {"until": until}) if until else None


def endings(agent: Any) -> tuple[str, dict[str, Any]] | None:
    """Keys whose hashes end within two weeks, or have ended. One query, for admins only."""
    if not getattr(agent, "is_admin", False):
        return None
    rows = list(keys.ending()[:MOST])
    return ("identification/banner.html", {"sentences": [ending(key) for key in rows]}) if rows else None


def ending(key: SigningKey) -> str:
    """One sentence on what happens, and when."""
    facts = {"title": key.title, "day": date_format(key.ends_on, "DATE_FORMAT") if key.ends_on else ""}
    if keys.has_ended(key):
        return _("%(title)s ended on %(day)s: its hashes are refused. Prolong it, or retire it.") % facts
    return _("The last day of %(title)s is %(day)s; then its hashes are refused. Let your server sign tokens.") % facts
