"""`/api/v1/webhooks/deliveries/`: what leaves for the addresses of custom channels, and every try."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases import services as cases
from helpdesk.cases.errors import NothingToSend
from helpdesk.cases.models import Case, Delivery, Message
from helpdesk.lib.api import Page
from helpdesk.lib.ids import is_id
from helpdesk.outbox.models import Attempt, Job, State
from helpdesk.users.api.base import ApiView

# How far a job is that carries no answer, such as a test; that of an answer stands on its message.
STATES = {
    State.WAITING: Delivery.QUEUED,
    State.DONE: Delivery.DELIVERED,
    State.PARKED: Delivery.FAILED,
    State.CANCELLED: Delivery.CANCELLED,
}
KNOWN = frozenset(Delivery.values) - {Delivery.NONE}


class DeliveryView(ApiView):
    """Deliveries of the cases that the key's agent may see (an admin: also tests), by id or `webhook-id`.

    With a channel's own key: those of that channel.
    """

    queryset = Job.objects.none()
    for_channels = True

    def get_queryset(self) -> QuerySet[Job]:
        jobs = Job.objects.filter(kind="webhook").select_related("lane").defer("payload")
        if not self.agent.is_admin:
            jobs = jobs.filter(case_id__in=Case.objects.visible_to(self.agent).values("pk"))
        return jobs.filter(lane__group=_group(self.key.channel_id)) if self.key.channel_id else jobs

    def list(self, request: Request) -> Response:
        tries = Prefetch("tries", Attempt.objects.order_by("pk"))
        page = Page(request, self._filtered(self.get_queryset()).prefetch_related(tries))
        messages = self._messages(page.rows)
        return page.answer(lambda job: show(job, messages.get(job.message_id), whole=self._whole))

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._told(self._job(pk))

    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """The same body under the same `webhook-id`, now."""
        job = self._job(pk)
        cases.send_again(self._message(job), by=self.agent)
        return self._told(self._job(pk))

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """It does not leave any more; those behind it go on."""
        job = self._job(pk)
        cases.cancel_sending(self._message(job), by=self.agent)
        return self._told(self._job(pk))

    def _job(self, pk: str) -> Job:
        by: dict[str, Any] = {"pk": int(pk)} if is_id(pk) else {"public_id": pk}
        found = self.get_queryset().filter(**by).first()
        if found is None:
            raise Http404
        return found

    def _message(self, job: Job) -> Message:
        """Raises NothingToSend for a test, which somebody sends anew."""
        message = self._messages([job]).get(job.message_id)
        if message is None:
            raise NothingToSend
        return message

    def _messages(self, jobs: Iterable[Job]) -> dict[int | None, Message]:
        ids = {job.message_id for job in jobs if job.message_id}
        return dict(Message.objects.visible_to(self.agent).in_bulk(ids))

    def _told(self, job: Job) -> Response:
        return Response(show(job, self._messages([job]).get(job.message_id), whole=self._whole))

    @property
    def _whole(self) -> bool:
        """An address may hold a secret, and so may what a server says: for admins and the channel's own program."""
        return self.agent.is_admin or self.key.channel_id is not None

    def _filtered(self, jobs: QuerySet[Job]) -> QuerySet[Job]:
        asked = self.request.query_params
        for name in ("message_id", "case_id"):
            if name in asked:
                jobs = jobs.filter(**{name: _id(name, asked[name])})
        if "channel" in asked:
            jobs = jobs.filter(lane__group=_group(_id("channel", asked["channel"].removeprefix("cch"))))
        return jobs.filter(self._in_state(asked["state"])) if "state" in asked else jobs

    def _in_state(self, state: str) -> Q:
        if state not in KNOWN:
            raise ValidationError({"state": [_("This has to be one of: %(all)s.") % {"all": ", ".join(sorted(KNOWN))}]})
        messages = Message.objects.visible_to(self.agent).filter(delivery=state)
        others = [known for known, shown in STATES.items() if shown == state]
        return Q(message_id__in=messages.values("pk")) | Q(message_id=None, state__in=others)


def _group(channel_id: int) -> str:
    """As `CustomChannel.lane_group` has it."""
    return f"channel:{channel_id}"


def _id(name: str, text: str) -> int:
    if not is_id(text):
        raise ValidationError({name: [_("This has to be an id.")]})
    return int(text)


def show(job: Job, message: Message | None, *, whole: bool) -> dict[str, Any]:
    """state, next_try_at, problem: as on the message that it brings. whole: with addresses and answers."""
    waits = job.state == State.WAITING
    return {
        "delivery_id": job.pk,
        "webhook_id": job.public_id,
        "type": "message_new" if job.message_id else "test" if job.body.get("test") else job.body.get("type"),
        "channel": f"cch{job.lane.group.partition(':')[2]}",
        "message_id": job.message_id,
        "case_id": job.case_id,
        "sequence": job.sequence,
        "state": message.delivery if message else STATES[State(job.state)],
        "next_try_at": job.due_at.isoformat() if waits else None,
        "problem": (message.problem if message else job.last_error) or "",
        "created_at": job.created_at.isoformat(),
        "finished_at": job.done_at.isoformat() if job.done_at else None,
        "attempts": [show_attempt(attempt, whole=whole) for attempt in job.tries.all()],
    }


def show_attempt(attempt: Attempt, *, whole: bool) -> dict[str, Any]:
    """answer: the first 16,000 characters of what the server said, as it said them; null without `whole`."""
    return {
        "number": attempt.number,
        "started_at": attempt.started_at.isoformat(),
        "seconds": round(attempt.seconds, 3),
        "delivered": attempt.ok,
        "status": attempt.status,
        "problem": attempt.error,
        "answer": attempt.head if whole else None,
        "webhook_url": attempt.address if whole else None,
    }
