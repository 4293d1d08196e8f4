"""`/api/v1/signing_keys/` and `/api/v1/widgets/`: the settings of identification, for administrators' keys."""

from typing import Any

from django.core.exceptions import ValidationError as FormError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.channels.models import Language, Widget, WidgetKind
from helpdesk.channels.services.widgets import keep_widget
from helpdesk.lib.api import Page, Strict
from helpdesk.users.api.base import ApiView
from helpdesk.users.api.shapes import Text
from helpdesk.users.models.agents import Scope
from helpdesk.widget.forms import LONGEST, origins
from identification import keys, phrases, public_keys
from identification.errors import BadKey, BadKid
from identification.models import SigningKey


class NewKey(Strict):
    """public_key: PEM or JWK; without one a secret for HS256 is made and told in this answer only."""

    title = Text(max_length=120)
    public_key = serializers.CharField(required=False, max_length=public_keys.LONGEST)
    kid = Text(required=False, max_length=keys.LONGEST_KID)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "kid" in data and "public_key" not in data:
            raise serializers.ValidationError({"kid": [_("Only a key of your own has a kid of your own.")]})
        return data


class SettingsView(ApiView):
    """Needs scope admin, for reading too."""

    scope = read_scope = Scope.ADMIN


class SigningKeyView(SettingsView):
    """Keys whose tokens are believed. They are made and retired, never deleted."""

    bodies = {"create": NewKey}
    queryset = SigningKey.objects.none()

    def get_queryset(self) -> QuerySet[SigningKey]:
        return SigningKey.objects.all()

    def list(self, request: Request) -> Response:
        return Page(request, self.get_queryset()).answer(show_key)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(show_key(self.get_object()))

    def create(self, request: Request) -> Response:
        data = self.checked()
        if "public_key" not in data:
            key, secret = keys.make(data["title"], by=self.agent)
            return Response({**show_key(key), "secret": secret}, status=201)
        try:
            public = public_keys.read(data["public_key"])
            key = keys.add(data["title"], public, kid=data.get("kid", ""), by=self.agent)
        except BadKey as refusal:
            place = "kid" if isinstance(refusal, BadKid) and "kid" in data else "public_key"
            raise ValidationError({place: [str(refusal)]}) from refusal
        return Response(show_key(key), status=201)

    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """From now on nothing signed with it is believed."""
        key = self.get_object()
        keys.retire(key, by=self.agent)
        key.refresh_from_db()
        return Response(show_key(key))


class WidgetBody(Strict):
    """texts: {language: {phrase: text}}, what differs from our own words. language_id: null is automatic."""

    title = Text(required=False, max_length=120)
    active = serializers.BooleanField(required=False)
    language_id = serializers.IntegerField(required=False, allow_null=True)
    allowed_origins = serializers.ListField(child=Text(max_length=300), required=False, max_length=100)
    trust_page_data = serializers.BooleanField(required=False)
    confirm_codes = serializers.BooleanField(required=False)
    texts = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField(max_length=LONGEST, allow_blank=True)), required=False
    )

    def validate_language_id(self, pk: int | None) -> int | None:
        if pk is not None and not Language.objects.filter(pk=pk, active=True).exists():
            raise serializers.ValidationError(_("The desk has no such language."))
        return pk

    def validate_allowed_origins(self, lines: list[str]) -> str:
        try:
            return origins(lines)
        except FormError as error:
            raise serializers.ValidationError(error.messages) from error

    def validate_texts(self, texts: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        spoken = set(Language.objects.values_list("code", flat=True))
        strange = [code for code in texts if code not in spoken]
        strange += [f"{code}.{key}" for code, told in texts.items() for key in told if key not in phrases.PHRASES]
        if strange:
            raise serializers.ValidationError(_("There is no %(names)s.") % {"names": ", ".join(map(str, strange[:5]))})
        return {code: {key: text for key, text in told.items() if text} for code, told in texts.items()}


class WidgetView(SettingsView):
    """Widgets for user identification. `widget_id` is what the snippet carries."""

    bodies = {"create": WidgetBody, "partial_update": WidgetBody}
    queryset = Widget.objects.none()

    def get_queryset(self) -> QuerySet[Widget]:
        return Widget.objects.all()

    def list(self, request: Request) -> Response:
        return Page(request, self.get_queryset()).answer(show_widget)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(show_widget(self.get_object()))

    def create(self, request: Request) -> Response:
        data = self.checked()
        if not data.get("title"):
            raise ValidationError({"title": [_("This is needed.")]})
        widget = keep_widget(Widget(kind=WidgetKind.IDENTIFICATION, **data), by=self.agent)
        return Response(show_widget(widget), status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        data, widget = self.checked(), self.get_object()
        for name, value in data.items():
            setattr(widget, name, value)
        return Response(show_widget(keep_widget(widget, by=self.agent)))


def show_key(key: SigningKey) -> dict[str, Any]:
    """Without the secret, which is told once."""
    return {
        "key_id": key.pk,
        "kid": key.kid,
        "title": key.title,
        "algorithm": key.algorithm,
        "public_key": key.public_key or None,
        "active": key.active,
        "created_at": key.created_at.isoformat(),
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
        "retired_at": key.retired_at.isoformat() if key.retired_at else None,
        "ends_on": key.ends_on.isoformat() if key.ends_on else None,
    }


def show_widget(widget: Widget) -> dict[str, Any]:
    return {
        "id": widget.pk,
        "widget_id": widget.public_id,
        "kind": widget.kind,
        "title": widget.title,
        "active": widget.active,
        "language_id": widget.language_id,
        "allowed_origins": widget.origins,
        "trust_page_data": widget.trust_page_data,
        "confirm_codes": widget.confirm_codes,
        "texts": widget.texts,
    }
