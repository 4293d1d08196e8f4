"""Webhooks of rules and macros: what they say is frozen when the rule fires, and leaves when its turn comes."""

import json
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from channels_custom import headers, signing
from helpdesk.cases import texts
from helpdesk.cases.api import shapes
from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib import egress
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Job
from helpdesk.users.api import shapes as people
from helpdesk.users.services import notices
from rules.models import Webhook

JSON, TEXT = "json", "text"
CONTENT_TYPES = {JSON: "application/json", TEXT: "text/plain; charset=utf-8"}
PORTS = {"http": 80, "https": 443}
# What a variable says when a template is checked. Inside a string of JSON it is harmless; anywhere else it breaks it.
SAMPLE = '"'


class BadAddress(ValueError):
    """An address that is not called; str() is a sentence."""


class BadBody(ValueError):
    """A template that is not JSON, whatever its variables say; str() is a sentence."""


def group_of(webhook: Webhook) -> str:
    """The key of its endpoint in the outbox."""
    return f"hook:{webhook.pk}"


def check_url(url: str) -> None:
    """Raises BadAddress: one that may not be called, or the desk's own."""
    check_not_ours(url)
    try:
        egress.check(url)
    except egress.EgressError as error:
        raise BadAddress(str(error)) from error


def check_not_ours(url: str) -> None:
    """Raises BadAddress where the desk would call itself, or where this is no address at all."""
    try:
        place = _place(urlsplit(url)) if urlsplit(url).scheme in PORTS else ("", 0)
    except ValueError:
        place = ("", 0)
    if not place[0]:
        raise BadAddress(_("This is not a complete web address."))
    if place == _place(urlsplit(settings.BASE_URL)):
        raise BadAddress(_("This is the helpdesk itself: what it can do its rules do without a webhook."))


def _place(address: SplitResult) -> tuple[str, int]:
    """Host and port. The two usual ports of one host are one place: behind both stands the same desk."""
    port = address.port or PORTS.get(address.scheme, 0)
    return (address.hostname or "").rstrip(".").casefold(), 0 if port in PORTS.values() else port


def check_body(template: str) -> None:
    """Whether it is JSON for whatever the variables say. Raises BadBody."""
    sample = texts.VARIABLE.sub(lambda _match: texts.in_json(SAMPLE), template)
    try:
        json.loads(sample)
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise BadBody(
            _('This is no JSON: %(why)s. Variables stand between quotes: "{{ user.name }}".') % {"why": why}
        ) from error


@occasion
def save(webhook: Webhook, *, by: Actor | None) -> Webhook:
    """Keeps settings; a new one gets a secret. What waits goes to the new address."""
    known = webhook.pk is not None
    if not webhook.secret:
        webhook.secret = signing.make_secret()
    webhook.save()
    if known:
        outbox.forget_trouble(group_of(webhook))
    record("webhook.saved", by=by, webhook=webhook.pk, title=webhook.title, active=webhook.active)
    return webhook


@occasion
def rotate_secret(webhook: Webhook, *, by: Actor | None) -> str:
    """A new secret, valid at once: also for what waits."""
    webhook.secret = signing.make_secret()
    webhook.save(update_fields=["secret"])
    record("webhook.saved", by=by, webhook=webhook.pk, title=webhook.title, active=webhook.active)
    return webhook.secret


@occasion
def delete(webhook: Webhook, *, by: Actor | None) -> None:
    """What waits for it ends as switched off."""
    record("webhook.deleted", by=by, webhook=webhook.pk, title=webhook.title)
    webhook.delete()


@occasion
def send(webhook: Webhook, case: Case, template: str, kind: str, *, by: Actor) -> Job | None:
    """Queues what the template says of the case, behind what this case sent there before. kind: JSON or TEXT.

    None where the webhook is switched off: the case says so.
    """
    if not webhook.active:
        record("webhook.not_sent", by=by, case=case, red=True, webhook=webhook.pk, title=webhook.title)
        return None
    escape = texts.in_json if kind == JSON else str
    said = texts.render(template, case, to=texts.AGENTS, escape=escape) if template else _facts(case, by)
    job = _queue(webhook, str(case.pk), said, kind if template else JSON, case_id=case.pk)
    record("webhook.sent", by=by, case=case, webhook=webhook.pk, title=webhook.title, job=job.pk)
    return job


@occasion
def send_test(webhook: Webhook) -> Job:
    """A test by the same path and with the same signature, tried once."""
    return _queue(webhook, "test", json.dumps({"type": "test", "content": "It works."}), JSON, test=True)


def _queue(webhook: Webhook, line: str, said: str, kind: str, *, case_id: int | None = None, test: bool = False) -> Job:
    return outbox.enqueue(
        "rules.webhook",
        lane=f"hook:{webhook.pk}:{line}",
        group=group_of(webhook),
        body={"webhook": webhook.pk, "content_type": CONTENT_TYPES[kind], **({"test": True} if test else {})},
        payload=said.encode(errors="replace"),
        case_id=case_id,
    )


def _facts(case: Case, by: Actor) -> str:
    """Case and user as the API shows them, and which rule it was."""
    rule = by.data if isinstance(by, Event) else {}
    facts = {
        "case": shapes.show_case(case),
        "user": people.show(case.profile),
        "rule": {"rule_id": rule.get("rule"), "version": rule.get("version"), "title": rule.get("title", "")},
    }
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


@occasion
def switch_off(webhook: Webhook, why: str) -> None:
    """Nothing leaves any more, until an administrator switches it on again. Said and done once."""
    if not Webhook.objects.filter(pk=webhook.pk, active=True).update(active=False):
        return
    webhook.active = False
    record("webhook.switched_off", by=None, red=True, webhook=webhook.pk, title=webhook.title, why=why[:200])
    subject = _("The webhook “%(title)s” was switched off") % {"title": webhook.title}
    text = _("%(why)s Mend the receiver, then switch it on again: %(page)s")
    notices.tell_admins(subject, text % {"why": why, "page": page(webhook)})


@occasion
def warn(webhook: Webhook, since: Any) -> None:
    """Tells administrators that nothing has got through since then."""
    record("webhook.failing", by=None, red=True, webhook=webhook.pk, title=webhook.title, since=since.isoformat())
    subject = _("What rules send to “%(title)s” does not arrive") % {"title": webhook.title}
    text = _("Nothing has arrived since %(since)s. It is kept and tried again. What the server said: %(page)s")
    told = date_format(localtime(since), "SHORT_DATETIME_FORMAT")
    notices.tell_admins(subject, text % {"since": told, "page": page(webhook)})


def page(webhook: Webhook) -> str:
    """The address of its page in the admin."""
    return settings.BASE_URL + reverse("admin:rules_webhook_change", args=[webhook.pk])


def last_attempts(webhook: Webhook, most: int = 10) -> list[Attempt]:
    """The newest tries towards its address."""
    tries = Attempt.objects.filter(group=group_of(webhook)).select_related("job")
    return list(tries.order_by("-started_at")[:most])


def headers_of(webhook: Webhook, job: Job, body: bytes) -> dict[str, str]:
    """The admin's own headers, the content type, and the three of Standard Webhooks."""
    signed = signing.headers(job.public_id, body, [webhook.secret], timezone.now())
    return {**headers.parsed(webhook.headers), "content-type": job.body["content_type"], **signed}
