"""`/api/v1/identification_codes/`."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import Strict
from helpdesk.users.api.base import ApiView
from helpdesk.users.api.shapes import Exact, Text, UserData
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
