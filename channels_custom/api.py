"""`/api/v1/custom_channels/…` and the receipts that channels send back."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from channels_custom import services
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.api import shapes, writing
from helpdesk.cases.api.filing import FilingView
from helpdesk.cases.models import Message
from helpdesk.channels.models import Level
from helpdesk.lib import egress
from helpdesk.lib.api import Page, Strict, StrictJSONParser
from helpdesk.users.api.base import ApiView, by_id
from helpdesk.users.api.shapes import Exact, Id, Text, UserData, said
from helpdesk.users.models.agents import Scope
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles

# What a channel may say of an answer.
RECEIPTS = (("delivered", "delivered"), ("read", "read"), ("failed", "failed"))


class ChannelBody(Strict):
    """Settings of a channel."""

    title = Text(max_length=120)
    channel_type = serializers.ChoiceField(("sync", "async"))
    icon = Text(required=False, max_length=40)
    webhook_url = Text(required=False, allow_blank=True, max_length=2048)
    active = serializers.BooleanField(required=False)
    sender_level = serializers.ChoiceField(Level.choices, required=False)
    body_format = serializers.ChoiceField(("json", "form"), required=False)

    def validate_webhook_url(self, url: str) -> str:
        try:
            if url:
                egress.check(url)
        except egress.EgressError as error:
            raise serializers.ValidationError(str(error)) from error
        return url


class InboundMessage(shapes.Content, UserData):
    """POST custom_channels/{id}/messages/: the one call an integrator needs."""

    user_custom_id = Exact()
    external_id = Exact()
    user_email = Text(required=False, max_length=255)
    user_phone = Text(required=False, max_length=60)
    case_id = Id(required=False)
    subject = Text(required=False, allow_blank=True, max_length=300)


class Receipt(Strict):
    """POST messages/{id}/status/: what became of an answer in the channel."""

    status = serializers.ChoiceField(RECEIPTS)
    reason = Text(required=False, allow_blank=True, max_length=200)


class ChannelView(FilingView):
    """Custom channels, by `cch1` or `1`. Writing needs scope admin; messages may come with the channel's own key."""

    bodies = {
        "create": ChannelBody,
        "partial_update": ChannelBody,
        "messages": InboundMessage,
    }
    brings = frozenset({"messages"})
    queryset = CustomChannel.objects.none()
    parser_classes = (StrictJSONParser, MultiPartParser)

    @property
    def scope(self) -> str:
        return Scope.WRITE if self.action == "messages" else Scope.ADMIN

    @property
    def for_channels(self) -> bool:
        return self.action in {"messages", "retrieve"}

    def get_queryset(self) -> QuerySet[CustomChannel]:
        rows = CustomChannel.objects.all()
        if not self.agent.is_admin:
            rows = rows.filter(pk__in=self.agent.channels.values("pk"))
        return rows.filter(pk=self.key.channel_id) if self.key.channel_id else rows

    def get_object(self) -> CustomChannel:
        return by_id(self.get_queryset(), str(self.kwargs["pk"]).removeprefix("cch"))

    def list(self, request: Request) -> Response:
        return Page(request, self.get_queryset()).answer(show)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(show(self.get_object()))

    def create(self, request: Request) -> Response:
        data = self.checked()
        channel = services.create(**_settings(data), by=self.agent)
        return Response({**show(channel), "secret": channel.secret}, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        channel = self.get_object()
        given = ChannelBody(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        services.change(channel, **_settings(given.validated_data), by=self.agent)
        return Response(show(channel))

    @action(detail=True, methods=["post"])
    def messages(self, request: Request, pk: str) -> Response:
        channel, data = self.found, self.checked()
        if not channel.active:
            raise ValidationError({"channel": [_("This channel is switched off.")]})
        users, of_case = writing.split_fields(data.get("custom_fields"))
        facts = cases.Facts(subject=data.get("subject", ""), values=of_case)
        profile, heard = writing.meet(data, channel, self.agent, said(data, users))
        more = {"case_id": data.get("case_id"), "or_new": True, "facts": facts, "conflicts": heard.conflicts}
        got = cases.receive(profile, channel.channel_ptr, writing.draft(data, self.files, **more))
        return Response(writing.receipt(got, heard.warnings), status=201 if got.created else 200)

    def prepare(self) -> None:
        super().prepare()
        if self.action == "create":
            # Asks where the Webhook URL leads.
            self.checked()

    def repeated(self, sender: dict[str, Any]) -> Response | None:
        profile = profiles.find(ProfileKind.CUSTOM, sender.get("user_custom_id", ""), self.found)
        got = profile and cases.received(profile, sender["external_id"])
        return Response(writing.receipt(got)) if got else None


class MessageView(ApiView):
    """Receipts for answers: by the channel's own key, or any key that may write."""

    bodies = {
        "status": Receipt,
    }
    queryset = Message.objects.none()
    for_channels = True

    @action(detail=True, methods=["post"])
    def status(self, request: Request, pk: str) -> Response:
        message = self._message(pk)
        data = self.checked()
        if data["status"] == "delivered":
            message = cases.delivered(message.pk, attempts=message.attempts)
        elif data["status"] == "read":
            message = cases.read(message.pk)
        else:
            problem = data.get("reason") or _("The channel could not deliver it.")
            message = cases.failed(message.pk, attempts=message.attempts, problem=problem)
        return Response(shapes.show_message(message))

    def _message(self, pk: str) -> Message:
        rows = Message.objects.visible_to(self.agent).filter(profile=None, note=False)
        if self.key.channel_id:
            rows = rows.filter(channel=self.key.channel_id)
        return by_id(rows, pk)


def show(channel: CustomChannel) -> dict[str, Any]:
    return {
        "channel_id": channel.pk,
        "channel_api_key": channel.api_key,
        "title": channel.title,
        "channel_type": "sync" if channel.sync else "async",
        "icon": channel.icon,
        "webhook_url": channel.webhook_url,
        "active": channel.active,
        "sender_level": channel.sender_level,
        "body_format": channel.body_format,
        "secret_set": bool(channel.secret),
    }


def _settings(data: dict[str, Any]) -> dict[str, Any]:
    """The model's fields for a validated body."""
    found = dict(data)
    if "channel_type" in found:
        found["sync"] = found.pop("channel_type") == "sync"
    return found
