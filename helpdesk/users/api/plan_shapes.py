"""What plans and operations look like in the API: bodies that are checked, answers that the schema describes."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.lib.api import Strict
from helpdesk.users.api.shapes import Id, Text
from helpdesk.users.models import Operation, Plan
from helpdesk.users.services import undoing
from helpdesk.users.services.plans import LONGEST_REASON

MOST_PEOPLE = 10


class Ids(serializers.ListField):
    """Ids of rows, at most `most`."""

    def __init__(self, *, most: int, **more: Any) -> None:
        super().__init__(child=Id(), max_length=most, **more)


class MergeBody(Strict):
    """Who is one. into: one of the ids given; without it, whoever the desk is surest of stays."""

    person_ids = Ids(most=MOST_PEOPLE, required=False)
    user_ids = Ids(most=MOST_PEOPLE, required=False)
    into = Id(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in ("person_ids", "user_ids") if data.get(name)]
        if len(given) != 1:
            raise serializers.ValidationError({"person_ids": [_("Give person_ids or user_ids.")]})
        if data.get("into") not in {None, *data[given[0]]}:
            raise serializers.ValidationError({"into": [_("This has to be one of the ids given.")]})
        return data


class SplitBody(Strict):
    user_ids = Ids(most=1000, allow_empty=False)


class LinkBody(Strict):
    """This user alone becomes the person's to whom that one belongs."""

    user_id = Id()
    with_user_id = Id()


class ApplyBody(Strict):
    """reason: why, in one line; whoever reads it later has only this."""

    plan_hash = Text(max_length=64)
    reason = Text(required=False, default="", allow_blank=True, max_length=10 * LONGEST_REASON)


class UndoBody(Strict):
    reason = Text(required=False, default="", allow_blank=True, max_length=10 * LONGEST_REASON)


class CasesShape(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="At most 1000, of those that the key's agent may see.")
    more = serializers.BooleanField()


class SideShape(serializers.Serializer[Any]):
    person_id = serializers.IntegerField(allow_null=True, help_text="null: a person that does not exist yet")
    name = serializers.CharField()
    blocked = serializers.BooleanField()
    user_ids = serializers.ListField(child=serializers.IntegerField())
    external_ids = serializers.ListField(child=serializers.CharField())
    cases = CasesShape()


class ProfileShape(serializers.Serializer[Any]):
    user_id = serializers.IntegerField()
    type = serializers.CharField()
    address = serializers.CharField()
    channel = serializers.CharField(allow_null=True)
    place = serializers.CharField()
    level = serializers.IntegerField()
    identified = serializers.BooleanField()
    from_person_id = serializers.IntegerField()
    to_person_id = serializers.IntegerField(allow_null=True)
    moves = serializers.BooleanField()


class FieldShape(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    outcome = serializers.ChoiceField(["kept", "adopted", "shadowed", "lost"])
    source_text = serializers.CharField()
    said_at = serializers.DateTimeField()
    user_id = serializers.IntegerField()
    from_person_id = serializers.IntegerField()
    to_person_id = serializers.IntegerField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """With `source`, which a field has of its own."""
        return {**super().get_fields(), "source": serializers.CharField()}


class StaffShape(serializers.Serializer[Any]):
    staff_id = serializers.IntegerField()
    name = serializers.CharField()


class HistoryShape(serializers.Serializer[Any]):
    """Of each list the first twenty, and how many there are."""

    agents_gain = StaffShape(many=True)
    agents_gain_count = serializers.IntegerField()
    agents_lose = StaffShape(many=True)
    agents_lose_count = serializers.IntegerField()
    users_gain = serializers.ListField(child=serializers.IntegerField())
    users_gain_count = serializers.IntegerField()
    users_lose = serializers.ListField(child=serializers.IntegerField())
    users_lose_count = serializers.IntegerField()


class WarningShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()


class PlanShape(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="merge, split or link")
    before = SideShape(many=True)
    after = SideShape(many=True)
    profiles = ProfileShape(many=True)
    history = HistoryShape()
    warnings = WarningShape(many=True)

    def get_fields(self) -> dict[str, Any]:
        """With `fields`, which a serializer has of its own."""
        return {**super().get_fields(), "fields": FieldShape(many=True)}


class OfferedShape(PlanShape):
    plan_hash = serializers.CharField()
    expires_at = serializers.DateTimeField()


class UndoneShape(serializers.Serializer[Any]):
    operation_id = serializers.IntegerField()
    done_by = serializers.CharField()
    done_by_name = serializers.CharField()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class ListedShape(UndoneShape):
    kind = serializers.CharField(help_text="link, unlink, merge, split or apart")
    plan_hash = serializers.CharField()
    person_id = serializers.IntegerField(allow_null=True, help_text="whose the users were from then on")
    user_ids = serializers.ListField(child=serializers.IntegerField(), help_text="who changed hands")
    undone = UndoneShape(allow_null=True)


class OperationShape(ListedShape):
    plan = PlanShape(allow_null=True, help_text="as it was shown, as far as the key's agent sees all users in it")


class PageShape(serializers.Serializer[Any]):
    results = ListedShape(many=True)
    next = serializers.CharField(allow_null=True)


def show_plan(plan: Plan) -> dict[str, Any]:
    return {"plan_hash": plan.hash, "expires_at": plan.expires_at.isoformat(), **plan.body}


def show_operation(operation: Operation) -> dict[str, Any]:
    """operation: with names, as `undoing.named` gives it."""
    undone = operation.undone_by
    return {
        **_act(operation, undoing.done_by(operation)),
        "kind": operation.kind,
        "plan_hash": operation.plan_hash,
        "person_id": operation.plan.get("person"),
        "user_ids": undoing.profiles_of(operation),
        "undone": _act(undone, undoing.undone_by(operation)) if undone else None,
    }


def _act(operation: Operation, name: str) -> dict[str, Any]:
    number = f"_{operation.actor_id}" if operation.actor_id else ""
    return {
        "operation_id": operation.pk,
        "done_by": f"{operation.actor_kind}{number}",
        "done_by_name": name,
        "reason": operation.reason,
        "created_at": operation.at.isoformat(),
    }
