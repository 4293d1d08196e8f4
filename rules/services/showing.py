"""Passes as pages show them: each rule with what it did, or why it did nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.cases.models import Case, Message
from helpdesk.cases.services import reading
from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.inbox import timeline
from helpdesk.lib.text import excerpt
from rules.models import Firing, Rule, RuleList, Run
from rules.services import traces
from rules.services.traces import Line

# Characters of what a rule said.
SAID = 160

EDITORS = {
    RuleList.NEW: "admin:rules_newcasesrule_change",
    RuleList.UPDATED: "admin:rules_updatedcasesrule_change",
    RuleList.TIME: "admin:rules_timerule_change",
}


@dataclass(frozen=True)
class Told:
    """One rule of a pass. done: what it did, in words; problem: why it failed. address: its page in the admin."""

    line: Line
    address: str
    done: list[str] = field(default_factory=list)
    problem: str = ""


@dataclass(frozen=True)
class Shown:
    """A pass. cause: what it was about, in words; took: milliseconds."""

    run: Run
    rules: str
    cause: str
    took: float | None
    fired: list[Told]
    others: list[Told]


def show(run: Run) -> Shown:
    events = _events(run)
    texts = dict(Message.objects.filter(pk__in={e.message_id or 0 for e in events}).values_list("pk", "text"))
    told = [_told(line, run, events, texts) for line in traces.explain(run)]
    return Shown(
        run=run,
        rules=run.get_list_display(),
        cause=_cause(run),
        took=traces.took(run),
        fired=[one for one in told if one.line.outcome != "missed"],
        others=[one for one in told if one.line.outcome == "missed"],
    )


def _events(run: Run) -> list[Event]:
    """What the rules of this pass caused, and what they said about themselves."""
    theirs = Event.objects.filter(case_id=run.case_id, kind__in=("rule.fired", "rule.failed", "rule.paused"))
    at = Q(occasion=run.occasion) | Q(cause_id=run.event_id) if run.event_id else Q(occasion=run.occasion)
    said = list(theirs.filter(at).order_by("pk"))
    return said + list(
        Event.objects.filter(cause_id__in=[event.pk for event in said], actor_kind="rule").order_by("pk")
    )


def _told(line: Line, run: Run, events: Iterable[Event], texts: Mapping[int, str]) -> Told:
    own = [event for event in events if event.kind.startswith("rule.") and event.get("rule") == line.rule_id]
    ids = {event.pk for event in own}
    caused = [event for event in events if event.cause_id in ids and event.actor_kind == "rule"]
    problem = next((str(event.get("why", "")) for event in own if event.kind == "rule.failed"), "")
    return Told(line, address_of(line.rule_id, run.list), [_sentence(event, texts) for event in caused], problem)


def _sentence(event: Event, texts: Mapping[int, str]) -> str:
    """As the timeline tells it; a message has no line there, only itself."""
    if event.kind == "message.added":
        said = {"text": excerpt(texts.get(event.message_id or 0, ""), SAID)}
        return (_("Note: “%(text)s”") if event.get("note") else _("Message to the user: “%(text)s”")) % said
    if not EVENTS.get(event.kind).sentence:
        return str(EVENTS.get(event.kind).label)
    return timeline.sentence(event, str(_("The rule")))


def address_of(rule_id: int, name: str) -> str:
    """The rule's page in the admin."""
    return reverse(EDITORS[RuleList(name)], args=[rule_id]) if rule_id > 0 else ""


def _cause(run: Run) -> str:
    event = Event.objects.filter(pk=run.event_id).first() if run.event_id else None
    return str(EVENTS.get(event.kind).label) if event else ""


@dataclass(frozen=True)
class Listed:
    """A pass in a list."""

    run: Run
    at: datetime
    rules: str
    fired: list[str]


def listed(case: Case, most: int) -> list[Listed]:
    """The last passes over a case and those merged into it, newest first."""
    rows = list(Run.objects.filter(case__in=reading.parts_of(case)).order_by("-pk").defer("trace")[:most])
    titles = dict(Rule.objects.filter(pk__in={pk for row in rows for pk in row.fired}).values_list("pk", "title"))
    return [
        Listed(
            row, row.at, row.get_list_display(), [titles.get(pk, _("a deleted rule (#%d)") % pk) for pk in row.fired]
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Fired:
    """What a rule did in one pass. run: its id, empty where its trace is gone."""

    at: datetime
    outcome: str
    case: str
    run: int | None


def firings(rule: Rule, most: int, *, before: int | None = None) -> tuple[list[Fired], int | None]:
    """What a rule did last, newest first, and where it goes on."""
    rows = Firing.objects.filter(rule_id=rule.pk).select_related("case").order_by("-pk")
    found = list((rows.filter(pk__lt=before) if before else rows)[: most + 1])
    shown = found[:most]
    passes = Run.objects.filter(occasion__in={row.occasion for row in shown}, case__in={row.case_id for row in shown})
    ids = {(occasion, case): pk for occasion, case, pk in passes.values_list("occasion", "case_id", "pk")}
    told = [Fired(row.at, row.outcome, row.case.number, ids.get((row.occasion, row.case_id))) for row in shown]
    return told, shown[-1].pk if len(found) > most else None


def run_of(event: Event) -> Run | None:
    """The pass to which an event of a rule belongs: by its occasion, or by what caused it where that was repeated."""
    here = Run.objects.filter(case=event.case_id or 0).order_by("-pk")
    found = here.filter(occasion=event.occasion).first()
    if found or event.cause_id is None:
        return found
    fired = event if event.kind.startswith("rule.") else Event.objects.filter(pk=event.cause_id).first()
    causes = {event.cause_id, fired.cause_id if fired else None} - {None}
    return here.filter(event_id__in=causes).first()


def title_of(event: Event) -> str:
    """What the rule behind an event was called."""
    if event.kind.startswith("rule."):
        return str(event.get("title", ""))
    row = Rule.objects.filter(pk=event.actor_id or 0).first() if event.actor_kind == "rule" else None
    return row.title if row else ""
