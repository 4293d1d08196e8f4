"""`/api/v1/identification_codes/`, and `revoke_tokens/` of a user."""

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import Strict
from helpdesk.lib.ids import is_id
from helpdesk.users.api.base import ApiView
from helpdesk.users.api.shapes import Exact, Text, UserData
from helpdesk.users.models import Profile
from helpdesk.users.models.agents import Scope
from identification import services
from identification.errors import BadUser
from identification.models import Code
from identification.services.accounts import ADDRESSES


class CodeUser(UserData):
    """Whose code it is: at least one address, and what else is to be stored when the code is redeemed."""

    external_id = Exact(required=False)
    user_custom_id = Exact(required=False)
    user_custom_channel = Text(required=False, max_length=40)
    user_email = Text(required=False, max_length=255)
    user_phone = Text(required=False, max_length=60)
    user_whatsapp_phone = Text(required=False, max_length=60)
    user_telegram_data = Text(required=False, max_length=255)

    def validate(self, data: dict[str, object]) -> dict[str, object]:
        if not any(data.get(name) for name in ADDRESSES):
            raise serializers.ValidationError(
                {"user_email": [_("Say whose code it is: one of %(names)s.") % {"names": ", ".join(ADDRESSES)}]}
            )
        if data.get("user_custom_id") and not data.get("user_custom_channel"):
            raise serializers.ValidationError(
                {"user_custom_channel": [_("user_custom_id needs its channel, such as cch1.")]}
            )
        return data


class NewCode(Strict):
    user = CodeUser()


class MadeCode(serializers.Serializer[Code]):
    code = serializers.CharField()
    expires_at = serializers.DateTimeField()


class CodeView(ApiView):
    """Identification codes: valid for five minutes, once; told only in the answer to POST."""

    bodies = {
        "create": NewCode,
    }
    queryset = Code.objects.none()
    serializer_class = NewCode

    @extend_schema(request=NewCode, responses={201: MadeCode})
    def create(self, request: Request) -> Response:
        user = self.checked()["user"]
        try:
            text, code = services.make_code(user, by=self.agent)
        except BadUser as refusal:
            # Named as they stand in the body.
            refusal.fields = {f"user.{name}": why for name, why in refusal.fields.items()}
            raise
        return Response({"code": text, "expires_at": code.expires_at.isoformat()}, status=201)


class Revoked(serializers.Serializer[Profile]):
    user_id = serializers.IntegerField()
    person_id = serializers.IntegerField()
    tokens_void_before = serializers.DateTimeField()


class RevocationView(ApiView):
    """Signed tokens of a user that were made before now are refused from now on. For administrators."""

    scope = Scope.ADMIN
    queryset = Profile.objects.none()
    serializer_class = Revoked

    @extend_schema(request=None, responses={200: Revoked})
    def create(self, request: Request, pk: str) -> Response:
        profile = Profile.objects.filter(pk=int(pk)).first() if is_id(pk) else None
        if profile is None:
            raise Http404
        before = services.revoke_tokens(profile, by=self.agent)
        profile.refresh_from_db()
        told = {"user_id": profile.pk, "person_id": profile.person_id, "tokens_void_before": before.isoformat()}
        return Response(told)
