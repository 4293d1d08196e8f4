"""`/api/v1/cases/…`: thin views over the verbs of cases."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases import services as cases
from helpdesk.cases.api import shapes, writing
from helpdesk.cases.api.filing import FilingView
from helpdesk.cases.api.filters import filtered
from helpdesk.cases.api.later import LaterVerbs
from helpdesk.cases.models import Case, Message
from helpdesk.cases.services import reading
from helpdesk.channels.models import Channel
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor
from helpdesk.lib.api import Page, StrictJSONParser
from helpdesk.users.models import Agent, Group


class CaseView(LaterVerbs, FilingView):
    """Cases, by id or number, as far as the key's agent may see them."""

    parser_classes = (StrictJSONParser, MultiPartParser)
    bodies = {
        "create": shapes.NewCase,
        "partial_update": shapes.ChangeCase,
        "messages": shapes.NewMessage,
        "notes": shapes.Note,
        "end_chat": shapes.EndChat,
        "merge": shapes.Into,
        "assign": shapes.Assign,
        "labels": shapes.ChangeLabels,
        "snooze": shapes.Snooze,
        "run_macro": shapes.RunMacro,
    }
    brings = frozenset({"create", "messages", "notes"})
    queryset = Case.objects.none()

    def get_queryset(self) -> QuerySet[Case]:
        rows = Case.objects.visible_to(self.agent)
        return rows.select_related("profile__person", "channel").prefetch_related("labels")

    def get_object(self) -> Case:
        found = reading.one_of(self.get_queryset(), str(self.kwargs["pk"]))
        if found is None:
            raise Http404
        return found

    def create(self, request: Request) -> Response:
        data = self.checked()
        channel = writing.channel_of(data, self.agent)
        users, of_case = writing.split_fields(data.get("custom_fields"))
        facts = writing.facts(data, of_case)
        profile, heard = writing.meet(data, channel, self.agent, writing.shapes.said(data, users))
        draft = writing.draft(data, self.files, new_case=True, facts=facts, conflicts=heard.conflicts)
        return self._receipt(cases.receive(profile, channel, draft), heard.warnings, channel)

    def _receipt(self, got: cases.Receipt, warnings: Sequence[str] = (), channel: Channel | None = None) -> Response:
        # A running chat may stand in a group that the key's agent does not see: then the receipt is all.
        shown = shapes.show_case(got.case) if reading.sees(self.agent, got.case, channel) else {}
        return Response({**shown, **writing.receipt(got, warnings)}, status=201 if got.created else 200)

    def list(self, request: Request) -> Response:
        return Page(request, filtered(self.get_queryset(), request.query_params)).answer(shapes.show_case)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(shapes.show_case(self.get_object()))

    def partial_update(self, request: Request, pk: str) -> Response:
        case, data = self.get_object(), self.checked()
        self._change(case, data)
        return Response(shapes.show_case(self._fresh(case.pk)))

    @occasion
    def _change(self, case: Case, data: dict[str, Any]) -> None:
        """All of it or, where one part is refused, nothing."""
        changes = {
            "status": lambda value: cases.change_status(case, value, by=self.agent),
            "priority": lambda value: cases.set_priority(case, value, by=self.agent),
            "subject": lambda value: cases.set_subject(case, value, by=self.agent),
            "group_id": lambda value: cases.set_group(
                case, writing.one(Group.objects.filter(active=True), value, "group_id"), by=self.agent
            ),
            "staff_id": lambda value: cases.assign(case, self._agent(value), by=self.agent),
            "labels": lambda value: self._labels(case, value),
            "custom_fields": lambda value: [
                cases.set_value(case, name, one, by=self.agent) for name, one in value.items()
            ],
        }
        for name, value in data.items():
            changes[name](value)

    def _labels(self, case: Case, ids: Sequence[int]) -> None:
        wanted = writing.labels(ids)
        cases.remove_labels(case, [label for label in case.labels.all() if label not in wanted], by=self.agent)
        cases.add_labels(case, wanted, by=self.agent)

    def _agent(self, pk: int | None) -> Agent | None:
        found: Agent | None = writing.one(Agent.objects.filter(is_active=True), pk, "staff_id")
        return found

    def _author(self, data: dict[str, Any]) -> Agent:
        """Whose words these are. Only an administrator's key speaks for others than its own agent."""
        author = self._agent(data.get("staff_id")) or self.agent
        if author.pk != self.agent.pk and not self.agent.is_admin:
            raise ValidationError({"staff_id": [_("With this key only its own agent can write.")]})
        return author

    def _fresh(self, pk: int) -> Case:
        rows = Case.objects.select_related("profile__person", "channel").prefetch_related("labels")
        return rows.get(pk=pk)

    @action(detail=True, methods=["get", "post"])
    def messages(self, request: Request, pk: str) -> Response:
        if request.method == "GET":
            case = self.get_object()
            ids = [case.pk, *case.merged.values_list("pk", flat=True)]
            rows = Message.objects.filter(case__in=ids).prefetch_related("attachments")
            return Page(request, rows).answer(shapes.show_message)
        data = self.checked()
        if "user_id" in data:
            return self._from_customer(self.found, data)
        return self._kept(lambda: self._reply(self.found, data, self._author(data)))

    def _from_customer(self, case: Case, data: dict[str, Any]) -> Response:
        profile = writing.known_profile(data["user_id"], self.agent)
        got = cases.receive(profile, profile.channel or case.channel, writing.draft(data, self.files, case_id=case.pk))
        return self._message_receipt(got)

    def _message_receipt(self, got: cases.Receipt) -> Response:
        answer = {**shapes.show_message(_as_kept(got.message)), **writing.receipt(got)}
        return Response(answer, status=201 if got.created else 200)

    def _kept(self, say: Callable[[], Message]) -> Response:
        """The agent's words: 201, or 200 where they came before."""
        try:
            return Response(shapes.show_message(_as_kept(say())), status=201)
        except cases.SaidBefore as before:
            return Response(shapes.show_message(before.message))

    def _reply(self, case: Case, data: dict[str, Any], author: Actor) -> Message:
        into = cases.survivor(case)
        return cases.reply(
            case if into == case.pk else self._fresh(into),
            data.get("content", ""),
            html=data.get("content_html", ""),
            stored=self.files,
            external_id=data.get("external_id"),
            if_last_message_id=data.get("if_last_message_id"),
            by=author,
        )

    @action(detail=True, methods=["post"])
    def notes(self, request: Request, pk: str) -> Response:
        data = self.checked()
        author, text, name = self._author(data), data.get("content", ""), data.get("external_id")
        return self._kept(lambda: cases.note(self.found, text, by=author, stored=self.files, external_id=name))

    def repeated(self, sender: dict[str, Any]) -> Response | None:
        name = sender["external_id"]
        if self.action == "create":
            profile = writing.sender(sender, self.agent)
            got = profile and cases.received(profile, name)
            return self._receipt(got) if got else None
        if self.action == "messages" and "user_id" in sender:
            got = cases.received(writing.known_profile(sender["user_id"], self.agent), name)
            return self._message_receipt(got) if got else None
        into = self._fresh(cases.survivor(self.found)) if self.action == "messages" else self.found
        said = cases.said_before(into, self._author(sender), name, note=self.action == "notes")
        return Response(shapes.show_message(said)) if said else None

    @action(detail=True, methods=["post"])
    def end_chat(self, request: Request, pk: str) -> Response:
        case = cases.end_chat(self.get_object(), self.checked()["status"], by=self.agent)
        return Response(shapes.show_case(self._fresh(case.pk)))

    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        merged = self.get_object()
        into = writing.one(self.get_queryset(), self.checked()["case_id"], "case_id")
        case = cases.merge(merged, into, by=self.agent)
        return Response(shapes.show_case(self._fresh(case.pk)))

    @action(detail=True, methods=["post"])
    def unmerge(self, request: Request, pk: str) -> Response:
        case = cases.unmerge(self.get_object(), by=self.agent)
        return Response(shapes.show_case(self._fresh(case.pk)))

    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        case = self.get_object()
        cases.assign(case, self._agent(self.checked()["staff_id"]), by=self.agent)
        return Response(shapes.show_case(self._fresh(case.pk)))

    @action(detail=True, methods=["post"])
    def labels(self, request: Request, pk: str) -> Response:
        case, data = self.get_object(), self.checked()
        cases.add_labels(case, writing.labels(data.get("add", ())), by=self.agent)
        cases.remove_labels(case, writing.labels(data.get("remove", ())), by=self.agent)
        return Response(shapes.show_case(self._fresh(case.pk)))

    @action(detail=True, methods=["get"])
    def changelog(self, request: Request, pk: str) -> Response:
        rows = Event.objects.filter(case_id=self.get_object().pk)
        return Page(request, rows).answer(show_event)


def _as_kept(message: Message) -> Message:
    """The message as the reactors left it: codes blanked, level stamped, on its way."""
    return Message.objects.prefetch_related("attachments").get(pk=message.pk)


def show_event(event: Event) -> dict[str, Any]:
    return {
        "event_id": event.pk,
        "kind": event.kind,
        "case_id": event.case_id,
        "message_id": event.message_id,
        "user_id": event.profile_id,
        "person_id": event.person_id,
        "done_by": f"{event.actor_kind}_{event.actor_id}" if event.actor_id else event.actor_kind,
        "via": event.via,
        "cause_id": event.cause_id,
        "data": event.data,
        "created_at": event.created_at.isoformat(),
    }
