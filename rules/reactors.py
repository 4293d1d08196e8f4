"""What to do about it: the reactor that runs the rules, once per occasion and case."""

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.events.kinds import EVENTS, touching
from helpdesk.events.models import Event
from helpdesk.events.occasion import Occasion, reacts_to
from helpdesk.users.models import Profile
from rules import limits, services
from rules.models import RuleList, Run
from rules.services.clocks import set_clocks
from rules.services.memory import RuleSet


@reacts_to(*touching())
def what_to_do(it: Occasion) -> None:
    """A case that was made in this occasion runs *new cases* once; another that was touched, *updated cases*.

    What rules do belongs to the occasion and starts no other pass.
    """
    rules = services.now()
    said = list(it.events)
    ids = touched(said)
    # All first, by id: what a rule does to one of them may lock a turn, and no case may be locked after that.
    held = {case_id: cases.hold(case_id) for case_id in sorted(ids)}
    for case in (held[case_id] for case_id in ids):
        if case.merged_into_id is None:
            _look(it, case, about(case, said), rules)
            set_clocks(case, rules.of(RuleList.TIME))


def touched(events: list[Event]) -> list[int]:
    """The cases that these events touch, each once.

    A sign-in or a link touches the open and pending cases of the profile that it is about, newest first.
    """
    touches = [event for event in events if EVENTS.get(event.kind).touches]
    ids = [event.case_id for event in touches if event.case_id]
    profile_id = next((e.profile_id for e in reversed(touches) if e.case_id is None and e.profile_id), None)
    if profile_id is not None:
        newest = Profile(pk=profile_id).cases.active().newest()
        ids += newest.values_list("pk", flat=True)[: limits.CASES_OF_PROFILE]
    return list(dict.fromkeys(ids))


def about(case: Case, events: list[Event]) -> list[Event]:
    """The events of the case, and those of its profile that belong to no case."""
    return [e for e in events if e.case_id == case.pk or (e.case_id is None and e.profile_id == case.profile_id)]


def _look(it: Occasion, case: Case, events: list[Event], rules: RuleSet) -> None:
    causes = [event for event in events if event.actor_kind != "rule" and EVENTS.get(event.kind).touches]
    if not causes:
        return
    opened = any(event.kind == "case.opened" for event in events)
    name = RuleList.NEW if opened else RuleList.UPDATED
    # A repetition after a failure has an id of its own; what happened keeps the first one.
    occasion, repeated = causes[-1].occasion, causes[-1].occasion != it.id
    if not rules.of(name) or (repeated and Run.objects.filter(occasion=occasion, case=case, list=name).exists()):
        return
    services.look(rules.of(name), case, events, name=name, cause=causes[-1], occasion=occasion)
