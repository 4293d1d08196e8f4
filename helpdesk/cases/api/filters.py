"""What lists of cases can be asked for."""

from datetime import UTC
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from helpdesk.cases.models import Case
from helpdesk.lib.ids import is_id

# Filters that take one or more values, by number or by word.
FILTERS = {
    "user_id": "profile_id",
    "person_id": "profile__person_id",
    "user_custom_id": "profile__address",
    "channel": "channel_id",
    "group_id": "group_id",
    "staff_id": "assignee_id",
    "labels": "labels",
    "status": "status",
    "priority": "priority",
}
NUMBERS = frozenset({"user_id", "person_id", "channel", "group_id", "staff_id", "labels"})
TIMES = {
    "from_time": "created_at__gte",
    "to_time": "created_at__lt",
    "from_updated_time": "last_activity_at__gte",
    "to_updated_time": "last_activity_at__lt",
}


def filtered(rows: QuerySet[Case], asked: Any) -> QuerySet[Case]:
    """asked: the query of the address. Raises ValidationError."""
    if asked.get("show_merged_cases") != "true":
        rows = rows.filter(merged_into=None)
    if asked.get("show_active_chats") != "true":
        rows = rows.filter(active_chat=False)
    for name, lookup in FILTERS.items():
        if name in asked:
            rows = rows.filter(**{f"{lookup}__in": _parts(name, asked)})
    if "labels" in asked:
        # A case with two of the labels asked for is still one case.
        rows = rows.distinct()
    for name, lookup in TIMES.items():
        if name in asked:
            rows = rows.filter(**{lookup: _time(name, asked[name])})
    return rows


def _parts(name: str, asked: Any) -> list[Any]:
    parts = [asked[name]] if name == "user_custom_id" else str(asked[name]).split(",")
    if name not in NUMBERS:
        return parts
    numbers = [part.removeprefix("cch") for part in parts]
    if not all(is_id(part) for part in numbers):
        raise ValidationError({name: [_("This has to be an id, or several with commas.")]})
    return [int(part) for part in numbers]


def _time(name: str, text: str) -> Any:
    try:
        parsed = parse_datetime(text)
        found = parsed.astimezone(UTC) if parsed and parsed.tzinfo else None
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise ValidationError({name: [_("This has to be an ISO 8601 time with an offset.")]})
    return found
