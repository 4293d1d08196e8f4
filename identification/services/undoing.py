"""“That was not me”: the customer takes a link back, by an address that only their conversation was given."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core import signing
from django.utils import timezone

from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.events.services import record
from helpdesk.users.errors import NotUndoable
from helpdesk.users.models import Link, Operation, Profile
from helpdesk.users.services import identity, profiles
from identification.models import Code, Proposal
from identification.services import notices
from identification.services.notices import News

VALID = timedelta(days=7)


class LinkGone(Exception):
    """Too old, not whole, or not of ours."""


@dataclass(frozen=True)
class Request:
    """What an address stands for: to undo this, said in this conversation."""

    news: News
    operation: Operation
    case: Case

    @property
    def is_used(self) -> bool:
        return self.operation.undone_by_id is not None


def read(token: str) -> Request:
    """Raises LinkGone."""
    try:
        said = signing.loads(token, salt=notices.SALT, max_age=VALID)
        operation = Operation.objects.get(pk=said["operation"], kind="link")
        case = Case.objects.select_related("profile__person", "channel").get(pk=said["case"])
    except (signing.BadSignature, Operation.DoesNotExist, Case.DoesNotExist) as error:
        raise LinkGone from error
    links = Link.objects.filter(operation=operation, method__in=notices.BY_MACHINES)
    link = links.select_related("profile__channel", "operation").order_by("-pk").first()
    if link is None:
        raise LinkGone
    return Request(News(link), operation, case)


def undo(request: Request) -> str:
    """Undoes it; gives the phrase that says what became of it: undo_done, undo_used, undo_late."""
    try:
        _undo(request.operation.pk, request)
    except NotUndoable:
        if Operation.objects.filter(pk=request.operation.pk).exclude(undone_by=None).exists():
            return "undo_used"
        _ask_agents(request)
        return "undo_late"
    return "undo_done"


@occasion
def _undo(operation_id: int, request: Request) -> None:
    """Separates the two and keeps them apart: no machine links them again, whatever code it is given."""
    news, linked = request.news, request.news.link.profile
    operation = Operation.objects.get(pk=operation_id)
    _hold(operation, news)
    told = notices.conversations(news.link.person_id)
    by = Profile.objects.get(pk=request.case.profile_id)
    identity.undo(operation, by=by)
    if news.account:
        identity.keep_apart(linked, news.account, by=by, reason="")
    _void(linked, news.account)
    notices.tell_undone(news, told)
    for case in {case.pk: case for case in [*told, request.case]}.values():
        facts: dict[str, Any] = {"account": news.facts(case.profile)["account"], "operation": operation.pk}
        record("link.undone", by=by, case=case, profile=case.profile, red=True, **facts)


def _hold(operation: Operation, news: News) -> None:
    """All of both people, as they were and as they are: what comes after locks nothing else."""
    people = {was["person"] for was in operation.plan["before"].values()} | {operation.plan["person"]}
    ids = set(Profile.objects.filter(person__in=people).values_list("pk", flat=True))
    ids |= {int(pk) for pk in operation.plan["before"]} | ({news.account.pk} if news.account else set())
    profiles.hold_people(*ids)


def _void(*between: Profile | None) -> None:
    """Codes of the account that nobody used yet, and what waits for the page's word, are worth nothing any more."""
    now = timezone.now()
    people = Profile.objects.filter(pk__in=[one.pk for one in between if one]).values("person")
    theirs = list(Profile.objects.filter(person__in=people).values_list("pk", flat=True))
    unused = Code.objects.filter(profile__in=theirs, used_at=None, voided_at=None, expires_at__gt=now)
    unused.update(voided_at=now, payload="")
    waiting = Proposal.objects.filter(code__profile__in=theirs, state=Proposal.State.OPEN)
    Code.objects.filter(proposal__in=waiting).update(payload="")
    waiting.update(state=Proposal.State.EXPIRED, decided_at=now)


@occasion
def _ask_agents(request: Request) -> None:
    """A red line in the conversation, once: something newer stands on the link, so a person has to decide."""
    kind, case = "link.undo_refused", request.case
    facts: dict[str, Any] = {
        "account": request.news.facts(case.profile)["account"],
        "operation": request.operation.pk,
    }
    known = Event.objects.filter(case_id=case.pk, kind=kind, data__operation=request.operation.pk)
    if not known.exists():
        record(kind, by=case.profile, case=case, profile=case.profile, red=True, **facts)
