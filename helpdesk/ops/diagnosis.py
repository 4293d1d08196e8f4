"""What is wrong with this desk, and what to do: everything that `doctor` looks at."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from channels_custom.models import CustomChannel
from channels_custom.services import last_attempts
from helpdesk.events.models import Event
from helpdesk.lib import egress
from helpdesk.lib.crypto import CannotDecrypt
from helpdesk.ops import health, ready
from helpdesk.ops.health import GREEN, RED, YELLOW, Check
from helpdesk.users.models import Agent

LITTLE, NEARLY_NONE = 2 << 30, 200 << 20  # bytes free
SKEW, TOO_MUCH = 2.0, 60.0  # seconds between our clock and the database's
MEGABYTE = 1 << 20


def everything() -> list[Check]:
    """All checks. Where the database is away, only those that do not need it."""
    quick = health.quick()
    if quick[0].state == RED:
        return [*quick, disk(), mail(), *wrong_settings()]
    first, *others = quick
    found = [first, migrations(), *others]
    if found[1].state == RED:
        return [*found, disk(), mail(), *wrong_settings()]
    return [*found, *endpoints(), keys(), team(), clock(), disk(), mail(), *wrong_settings()]


def migrations() -> Check:
    missing = ready.unapplied()
    if not missing:
        return Check("migrations", GREEN, "all applied")
    detail = f"{len(missing)} not applied, the first is {missing[0]}"
    return Check("migrations", RED, detail, "Run `manage.py migrate`.")


def endpoints() -> Iterator[Check]:
    """One check for each active custom channel."""
    for channel in CustomChannel.objects.filter(active=True).defer("secret", "old_secret").order_by("pk"):
        problem, advice = _trouble(channel)
        detail = f"{channel.title}: {problem or channel.webhook_url}"
        yield Check(f"endpoint_{channel.api_key}", YELLOW if problem else GREEN, detail, advice)


def _trouble(channel: CustomChannel) -> tuple[str, str]:
    if not channel.webhook_url:
        return "no Webhook URL", "Enter one: answers of agents do not leave without it."
    if channel.switched_off_at:
        return f"switched off ({channel.switched_off_why})", "Mend the receiver, then switch it on again."
    try:
        egress.check(channel.webhook_url)
    except egress.EgressError as error:
        return str(error), "Use a public address, or allow its network in EGRESS_ALLOW_NETWORKS."
    tries = last_attempts(channel, most=1)
    if tries and not tries[0].ok:
        return (
            f"the last try failed ({tries[0].error or tries[0].status})",
            "Look at the channel's deliveries.",
        )
    return "", ""


def keys() -> Check:
    """Whether the secrets in the database can be read with the FIELD_KEY of today."""
    try:
        list(CustomChannel.objects.values_list("secret", flat=True)[:20])
    except CannotDecrypt:
        advice = "Add the key that they were made with to FIELD_KEY (several may stand there, the newest first)."
        return Check("field_key", RED, "secrets in the database cannot be read with FIELD_KEY", advice)
    return Check("field_key", GREEN, "secrets can be read")


def team() -> Check:
    admins = Agent.objects.filter(is_active=True, is_admin=True).count()
    if admins:
        return Check("team", GREEN, f"{admins} active administrators")
    return Check("team", RED, "nobody can set the desk up", "Run `manage.py sign_in_link EMAIL --admin`.")


def clock() -> Check:
    """Signatures and codes are about seconds: our clock has to agree with the database's, and go forwards."""
    skew = _skew()
    if skew <= SKEW:
        return Check("clock", GREEN, f"{skew:.1f} s apart")
    advice = "Switch time synchronisation on (NTP) on every machine."
    return Check("clock", RED if skew > TOO_MUCH else YELLOW, f"clocks are {skew:.0f} s apart", advice)


def _skew() -> float:
    now = timezone.now()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return abs((cursor.fetchone()[0] - now).total_seconds())
    newest = Event.objects.order_by("-pk").values_list("created_at", flat=True).first()
    return max(newest - now, timedelta(0)).total_seconds() if newest else 0.0


def disk() -> Check:
    folder = Path(settings.DATA_DIR)
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK):
        return Check("disk", RED, f"{folder} cannot be written", "Give this folder to the desk's user.")
    if free >= LITTLE:
        return Check("disk", GREEN, f"{free // MEGABYTE} MB free in {folder}")
    state = RED if free < NEARLY_NONE else YELLOW
    return Check("disk", state, f"only {free // MEGABYTE} MB free in {folder}", "Make room, or move DATA_DIR.")


def mail() -> Check:
    if settings.EMAIL_BACKEND.endswith((".console.EmailBackend", ".dummy.EmailBackend")):
        advice = "Set EMAIL_URL and DEFAULT_FROM_EMAIL. Forgotten passwords: `manage.py sign_in_link EMAIL`."
        return Check("mail", YELLOW, "mail goes to the log only", advice)
    return Check("mail", GREEN, f"sent by {settings.EMAIL_HOST}")


def wrong_settings() -> Iterator[Check]:
    """What is dangerous outside of one's own machine; one green line when there is nothing."""
    found = list(_dangers())
    yield from found or [Check("settings", GREEN, f"address {settings.BASE_URL}")]


def _dangers() -> Iterator[Check]:
    own = settings.BASE_URL.split("//")[1].split(":")[0] in {"localhost", "127.0.0.1"}
    if settings.DEBUG:
        yield Check("settings_debug", YELLOW if own else RED, "DEBUG is on", "Set DEBUG=off.")
    if "*" in settings.ALLOWED_HOSTS:
        yield Check("settings_hosts", YELLOW, "ALLOWED_HOSTS takes every name", "Name your own hosts in it.")
    if not settings.SECURE and not own:
        advice = "Put a proxy with a certificate in front, and set BASE_URL to https://…"
        yield Check("settings_https", YELLOW, f"{settings.BASE_URL} is not encrypted", advice)
    if settings.REDIS_URL and connection.vendor == "sqlite":
        advice = "Set DATABASE_URL to PostgreSQL: SQLite is for one process."
        yield Check("settings_database", YELLOW, "workers on SQLite", advice)
    if settings.DEMO and not own:
        yield Check("settings_demo", YELLOW, "the demo is open to all who reach it", "Start `up` without --demo.")
