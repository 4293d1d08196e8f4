"""The breaker: a rule that answers one customer too often is paused for them; people are told, and may let it go on."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.cases.models import Case, Message
from helpdesk.cases.services import reading
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.events.services import record
from helpdesk.lib.text import excerpt
from helpdesk.users.models import Agent
from helpdesk.users.services import notices
from rules import limits
from rules.evaluator import Prepared
from rules.models import Pause, Rule

# Characters of a message in a chain.
SAID = 200


def tell(kind: str, rule: Prepared, case: Case, cause: Event | None, **data: object) -> Event:
    """Records what became of a rule in a case."""
    facts = {"rule": rule.id, "version": rule.version, "title": rule.title, **data}
    return record(kind, by=cause, case=case, profile=case.profile, **facts)


def may_answer(rule: Prepared, case: Case, cause: Event | None) -> bool:
    """Whether this rule may write to this customer once more. The profile is held: nobody else counts meanwhile."""
    now = timezone.now()
    pauses = list(Pause.objects.filter(rule=rule.id, profile_id=case.profile_id, until__gt=now))
    if any(pause.lifted_at is None for pause in pauses):
        return False
    lifted = max((pause.lifted_at for pause in pauses if pause.lifted_at), default=None)
    since = max(now - limits.ANSWERS_WINDOW, lifted) if lifted else now - limits.ANSWERS_WINDOW
    answered = _answered(case, since)
    if answered.count(rule.id) < limits.ANSWERS and len(answered) < limits.ANSWERS_OF_ALL:
        return True
    _pause(rule, case, cause, since)
    return False


def _answered(case: Case, since: datetime) -> list[int]:
    """Which rules answered this customer, once for each time, in all of their cases."""
    fired = Event.objects.filter(profile_id=case.profile_id, kind="rule.fired", created_at__gt=since)
    return [data["rule"] for data in fired.values_list("data", flat=True) if data.get("answers")]


def _pause(rule: Prepared, case: Case, cause: Event | None, since: datetime) -> None:
    now = timezone.now()
    told_before = Pause.objects.filter(rule=rule.id, since__gt=now - limits.PAUSE_MAIL).exists()
    pause = Pause.objects.create(
        rule_id=rule.id,
        case=case,
        profile_id=case.profile_id,
        events=_chain(case, since),
        since=now,
        until=now + limits.ANSWERS_PAUSE,
    )
    tell("rule.paused", rule, case, cause, red=True, pause=pause.pk)
    if not told_before:
        _mail(pause, rule.title)


def _chain(case: Case, since: datetime) -> list[int]:
    """The last of what was said between this customer and the rules, oldest first."""
    said = Event.objects.filter(profile_id=case.profile_id, kind="message.added", created_at__gt=since)
    return list(said.order_by("-pk").values_list("pk", flat=True)[: limits.CHAIN])[::-1]


def _mail(pause: Pause, title: str) -> None:
    facts = {
        "title": title,
        "number": pause.case.number,
        "until": f"{pause.until:%Y-%m-%d %H:%M} UTC",
        "page": f"{settings.BASE_URL}{reverse('admin:rules_pause_change', args=[pause.pk])}",
    }
    text = _(
        "The rule “%(title)s” answered one customer too often within a few minutes, so it is paused for this customer "
        "until %(until)s; for all others it goes on. Case %(number)s. What was said, and a button to let it go on: "
        "%(page)s"
    )
    notices.tell_admins(_("A rule is paused: %(title)s") % facts, text % facts)


@occasion
def resume(pause: Pause, *, by: Agent) -> None:
    """Lets the rule answer this customer again, as if it had not yet. A pause that is over stays as it is."""
    now = timezone.now()
    still = Pause.objects.filter(pk=pause.pk, lifted_at=None, until__gt=now)
    if still.update(lifted_at=now, lifted_by=by.pk):
        record("rule.resumed", by=by, case=pause.case, rule=pause.rule_id, title=pause.rule.title, pause=pause.pk)


def present() -> QuerySet[Pause]:
    """Pauses that hold a rule back at this moment, newest first."""
    return Pause.objects.filter(lifted_at=None, until__gt=timezone.now())


@dataclass(frozen=True)
class Said:
    """One step of a chain. by: the rule's title, or "" for the customer. case: None where the reader may not see it."""

    at: datetime
    by: str
    text: str
    case: Case | None


def chain(pause: Pause, agent: Agent) -> list[Said]:
    """What was said before the pause, for people: texts cut, of the cases that this agent may see."""
    events = list(Event.objects.filter(pk__in=pause.events).order_by("pk"))
    cases = {case.pk: case for case in reading.seen_by(agent).filter(pk__in={event.case_id for event in events})}
    ids = [event.message_id for event in events if event.message_id and event.case_id in cases]
    texts = dict(Message.objects.filter(pk__in=ids).values_list("pk", "text"))
    titles = dict(
        Rule.objects.filter(pk__in={e.actor_id for e in events if e.actor_kind == "rule"}).values_list("pk", "title")
    )
    return [
        Said(
            at=event.created_at,
            by=_who(event, titles),
            text=excerpt(texts.get(event.message_id or 0, ""), SAID),
            case=cases.get(event.case_id or 0),
        )
        for event in events
    ]


def _who(event: Event, titles: dict[int, str]) -> str:
    if event.actor_kind == "profile":
        return ""
    if event.actor_kind == "rule":
        return _("Rule “%(title)s”") % {"title": titles.get(event.actor_id or 0, "?")}
    return _("An agent") if event.actor_kind == "agent" else _("The desk")


def forget_old_pauses() -> int:
    """Deletes pauses that ended long enough ago; gives how many."""
    ended = timezone.now() - limits.TRACE_KEPT
    return Pause.objects.filter(until__lt=ended).delete()[0]
