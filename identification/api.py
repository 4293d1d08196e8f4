"""`/api/v1/identification_codes/`, and `revoke_tokens/` of a user."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.channels.links import opening
from helpdesk.lib.api import Strict
from helpdesk.users.api.base import ApiView, by_id
from helpdesk.users.api.shapes import Exact, Text, UserData
from helpdesk.users.models import Profile
from helpdesk.users.models.agents import Scope
from identification import services
from identification.errors import BadUser
from identification.models import Code
from identification.services import offering
from identification.services.accounts import ADDRESSES
from identification.throttling import throttled


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


class ChatLink(serializers.Serializer[Any]):
    """Opens a chat of the customer's with the code in it. title: the channel's."""

    title = serializers.CharField()
    url = serializers.CharField()


class MadeCode(serializers.Serializer[Code]):
    code = serializers.CharField()
    expires_at = serializers.DateTimeField()
    links = ChatLink(many=True, required=False)


class CodeView(ApiView):
    """Identification codes: valid for five minutes, once; told only in the answer to POST.

    Ten for one account in ten minutes; then 429 with Retry-After.
    """

    bodies = {
        "create": NewCode,
    }
    queryset = Code.objects.none()
    serializer_class = NewCode

    @extend_schema(request=NewCode, responses={201: MadeCode})
    def create(self, request: Request) -> Response:
        user = self.checked()["user"]
        try:
            with throttled():
                offering.brake(user)
            text, code = services.make_code(user, by=self.agent)
        except BadUser as refusal:
            # Named as they stand in the body.
            refusal.fields = {f"user.{name}": why for name, why in refusal.fields.items()}
            raise
        links = opening(text)
        answer = {"code": text, "expires_at": code.expires_at.isoformat()} | ({"links": links} if links else {})
        return Response(answer, status=201)


class Revocation(Strict):
    """session: the `sid` or the `jti` of the tokens that are void; without it all of the person's are."""

    session = Exact(required=False)


class Revoked(serializers.Serializer[Profile]):
    """tokens_void_before where all were voided, session where that one was."""

    user_id = serializers.IntegerField()
    person_id = serializers.IntegerField()
    tokens_void_before = serializers.DateTimeField(required=False)
    session = serializers.CharField(required=False)


class RevocationView(ApiView):
    """Signed tokens of a user that were made before now, or those of one session, are refused. For administrators."""

    bodies = {
        "create": Revocation,
    }
    scope = Scope.ADMIN
    queryset = Profile.objects.none()
    serializer_class = Revoked

    @extend_schema(request=Revocation, responses={200: Revoked})
    def create(self, request: Request, pk: str) -> Response:
        profile = by_id(Profile.objects.all(), pk)
        session = self.checked().get("session")
        done = self._revoke(profile, session)
        profile.refresh_from_db()
        return Response({"user_id": profile.pk, "person_id": profile.person_id, **done})

    def _revoke(self, profile: Profile, session: str | None) -> dict[str, str]:
        if session is None:
            return {"tokens_void_before": services.revoke_tokens(profile, by=self.agent).isoformat()}
        services.revoke_session(profile, session, by=self.agent)
        return {"session": session}
