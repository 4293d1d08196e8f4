"""`/api/v1/users/…`: profiles and the people behind them."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.channels.models import Language
from helpdesk.events.occasion import occasion
from helpdesk.lib.api import Page, Strict
from helpdesk.users.api import shapes
from helpdesk.users.api.base import ApiView
from helpdesk.users.models import Agent, Company, CustomField, Group, Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import blocking, conflicts, identity, profiles, reading, told, values


class NewUser(shapes.UserData):
    """POST users/: one address, and what is known."""

    user_email = shapes.Text(required=False, max_length=255)
    user_phone = shapes.Text(required=False, max_length=60)
    user_custom_id = shapes.Exact(required=False)
    user_custom_channel = shapes.Text(required=False, max_length=40)
    external_id = shapes.Exact(required=False)

    def validate_external_id(self, name: str) -> str:
        if profiles.says_nothing(name):
            raise serializers.ValidationError(_("This value says nothing about who somebody is."))
        return name

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if not any(data.get(name) for name in ("user_email", "user_phone", "user_custom_id", "external_id")):
            raise serializers.ValidationError(
                {"user_email": [_("Give one of user_email, user_phone, user_custom_id or external_id.")]}
            )
        if data.get("user_custom_id") and not data.get("user_custom_channel"):
            raise serializers.ValidationError({"user_custom_channel": [_("user_custom_id needs its channel.")]})
        return data


class Other(Strict):
    """PUT users/{id}/link/: with whom."""

    user_id = shapes.Id(required=False)
    user_email = shapes.Text(required=False, max_length=255)
    user_phone = shapes.Text(required=False, max_length=60)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if len(data) != 1:
            raise serializers.ValidationError({"user_id": [_("Give exactly one of user_id, user_email, user_phone.")]})
        return data


class UserView(ApiView):
    """Users are profiles; `user_id` never changes. Agents see the people of the channels they see."""

    bodies = {
        "create": NewUser,
        "partial_update": shapes.UserData,
        "link": Other,
        "unlink": Other,
    }
    queryset = Profile.objects.none()

    def get_queryset(self) -> QuerySet[Profile]:
        rows = reading.seen_by(self.agent).select_related("person__company", "channel")
        return rows.prefetch_related("person__profiles")

    def create(self, request: Request) -> Response:
        data = self.checked()
        profile, heard = make_user(data, self.agent)
        return Response({**shapes.show(self._fresh(profile)), "warnings": heard.warnings}, status=201)

    def list(self, request: Request) -> Response:
        return Page(request, self._filtered(self.get_queryset())).answer(shapes.show)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(shapes.show(self.get_object()))

    def partial_update(self, request: Request, pk: str) -> Response:
        data = self.checked()
        profile = self.get_object()
        values.say(profile, Source.API, shapes.said(data), by=self.agent)
        return Response(shapes.show(self._fresh(profile)))

    def _fresh(self, profile: Profile) -> Profile:
        return Profile.objects.select_related("person__company", "channel").get(pk=profile.pk)

    @action(detail=True, methods=["put"])
    def link(self, request: Request, pk: str) -> Response:
        profile, other = self.get_object(), self._other(self.checked())
        evidence = {"by": str(self.agent), "key": self.key.name}
        conflicts.link_as_told(profile, other, evidence=evidence, by=self.agent)
        return Response(shapes.show(self._fresh(profile)))

    @action(detail=True, methods=["put"])
    def unlink(self, request: Request, pk: str) -> Response:
        profile = self.get_object()
        data = self.checked()
        other = self._other(data)
        if other.person_id != profile.person_id:
            raise ValidationError({next(iter(data)): [_("This user is not linked with it.")]})
        identity.unlink(other, by=self.agent)
        return Response(shapes.show(self._fresh(profile)))

    @action(detail=True, methods=["put"])
    def block(self, request: Request, pk: str) -> Response:
        profile = self.get_object()
        blocking.block(profile.person, by=self.agent)
        return Response(shapes.show(self._fresh(profile)))

    @action(detail=True, methods=["put"])
    def disable(self, request: Request, pk: str) -> Response:
        """Moves the person to deleted; `restore/` or a message of theirs takes that back."""
        profile = self.get_object()
        blocking.disable(profile.person, by=self.agent)
        return Response(shapes.show(self._fresh(profile)))

    @action(detail=True, methods=["put"])
    def restore(self, request: Request, pk: str) -> Response:
        profile = self.get_object()
        blocking.restore(profile.person, by=self.agent)
        return Response(shapes.show(self._fresh(profile)))

    def _other(self, data: dict[str, Any]) -> Profile:
        if "user_id" in data:
            other = self.get_queryset().filter(pk=data["user_id"]).first()
            if other is None:
                raise ValidationError({"user_id": [_("There is no such user.")]})
            return other
        kind = ProfileKind.EMAIL if "user_email" in data else ProfileKind.PHONE
        known = profiles.find(kind, data[f"user_{kind}"])
        if known:
            check_visible(known, self.agent, f"user_{kind}")
        return known or profiles.meet(kind, data[f"user_{kind}"], by=self.agent)

    def _filtered(self, rows: QuerySet[Profile]) -> QuerySet[Profile]:
        asked = self.request.query_params
        for kind in (ProfileKind.EMAIL, ProfileKind.PHONE):
            if f"user_{kind}" in asked:
                rows = rows.filter(kind=kind, address=profiles.normal(kind, asked[f"user_{kind}"]))
        if "user_custom_id" in asked:
            channel = shapes.channel_named(asked.get("user_custom_channel", ""))
            rows = rows.filter(kind=ProfileKind.CUSTOM, address=asked["user_custom_id"], channel=channel)
        if "external_id" in asked:
            rows = rows.filter(person__profiles__kind="external", person__profiles__address=asked["external_id"])
        return rows


def check_visible(profile: Profile, agent: Agent, name: str) -> None:
    """Raises ValidationError with the field's name where the agent may not see this person: as for nobody."""
    if not reading.seen_by(agent).filter(pk=profile.pk).exists():
        raise ValidationError({name: [_("There is no such user.")]})


@occasion
def make_user(data: dict[str, Any], agent: Agent) -> tuple[Profile, told.Heard]:
    """The profile of the strongest address given, the others linked to it."""
    if data.get("user_custom_id"):
        channel = shapes.channel_named(data["user_custom_channel"])
        if channel is None or not agent.sees(channel):
            raise ValidationError({"user_custom_channel": [_("There is no such channel.")]})
        profile = profiles.meet(ProfileKind.CUSTOM, data["user_custom_id"], channel=channel, by=agent)
    else:
        names = {"external_id": "external", "user_email": "email", "user_phone": "phone"}
        name = next(name for name in names if data.get(name))
        profile = profiles.meet(names[name], data[name], by=agent)
        check_visible(profile, agent, name)
    beside = told.Told(
        email=data.get("user_email", "") if profile.kind != ProfileKind.EMAIL else "",
        phone=data.get("user_phone", "") if profile.kind != ProfileKind.PHONE else "",
        said=shapes.said(data),
    )
    return profile, told.tell(profile, beside, by=agent)


class Listed(ApiView):
    """A read-only list of something that the desk has set up."""

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def show(self, row: Any) -> dict[str, Any]:
        raise NotImplementedError

    def list(self, request: Request) -> Response:
        return Page(request, self.rows()).answer(self.show)


class CustomFieldView(Listed):
    queryset = CustomField.objects.none()

    def rows(self) -> QuerySet[Any]:
        return CustomField.objects.all()

    def show(self, row: CustomField) -> dict[str, Any]:
        return {
            "field_id": row.pk,
            "key": row.key,
            "title": row.title,
            "field_level": row.level,
            "field_type": row.kind,
            "active": row.active,
            "field_data": {str(choice["key"]): choice["title"] for choice in row.choices} or "",
        }


class GroupView(Listed):
    queryset = Group.objects.none()

    def rows(self) -> QuerySet[Any]:
        return Group.objects.all()

    def show(self, row: Group) -> dict[str, Any]:
        return {"group_id": row.pk, "group_title": row.title, "active": row.active}


class CompanyView(Listed):
    queryset = Company.objects.none()

    def rows(self) -> QuerySet[Any]:
        return Company.objects.all()

    def show(self, row: Company) -> dict[str, Any]:
        return {
            "company_id": row.pk,
            "company_name": row.name,
            "company_domains": row.domains,
            "company_address": row.address,
            "company_note": row.note,
        }


class LanguageView(Listed):
    queryset = Language.objects.none()

    def rows(self) -> QuerySet[Any]:
        return Language.objects.all()

    def show(self, row: Language) -> dict[str, Any]:
        return {"language_id": row.pk, "code": row.code, "title": row.title, "active": row.active}
