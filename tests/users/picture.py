"""A picture of who is who: every row that says so, to be compared with a later one."""

from typing import Any

from django.apps import apps

# model → what of it says who somebody is, or decides about it
ROWS: dict[str, tuple[str, ...]] = {
    "users.Profile": ("kind", "channel_id", "address", "person_id", "level", "identified_at"),
    "users.Person": ("blocked", "tokens_void_before", "deleted_at", "name", "values", "metadata"),
    "users.Link": ("profile_id", "person_id", "until", "method", "level", "operation_id"),
    "users.Operation": ("kind", "undone_by_id"),
    "users.Value": ("profile_id", "key", "source", "value"),
    "users.Conflict": ("profile_id", "account_id", "state"),
    "users.Apart": ("one_id", "other_id", "lifted_at"),
    "users.BlockedValue": ("pattern",),
    "identification.Code": ("profile_id", "used_at", "used_by_id", "voided_at"),
    "identification.Proposal": ("code_id", "profile_id", "state"),
    "identification.RevokedSession": ("profile_id",),
    "identification.SigningKey": ("active", "kid", "algorithm", "public_key", "widget_id", "ends_on"),
    "identification.LookUp": ("active", "whom", "url", "mapping"),
    "widget.Chat": ("trust_unguessable_ids",),
    "channels.Widget": ("active", "trust_page_data", "confirm_codes", "allowed_origins"),
}
Picture = dict[str, list[tuple[Any, ...]]]


def identity() -> Picture:
    """All of it. Two pictures are equal when nobody is anybody else, and nobody is surer of anything."""
    return {
        name: list(apps.get_model(name).objects.order_by("pk").values_list("pk", *columns))
        for name, columns in ROWS.items()
    }


def differences(before: Picture, after: Picture) -> dict[str, Any]:
    """{model: (gone, new)} for what is not the same."""
    return {
        name: ([row for row in before[name] if row not in rows], [row for row in rows if row not in before[name]])
        for name, rows in after.items()
        if before[name] != rows
    }
