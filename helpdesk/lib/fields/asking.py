"""Conditions as questions to the database."""

from typing import Any

from django.db.models import CharField, Q, TextField

from helpdesk.lib.fields.operators import Ask


def column(lookup: str) -> Ask:
    """The question `path__lookup=value`."""
    return lambda rows, path, value: Q(**{f"{path}__{lookup}" if lookup else path: value})


def nothing(rows: Any, path: str, value: Any) -> Q:
    """The question whether the column is null, or empty where it holds text."""
    model, null = rows.model, Q(**{f"{path}__isnull": True})
    for name in path.split("__"):
        field = model._meta.get_field(name)
        model = field.related_model
    return null | Q(**{path: ""}) if isinstance(field, CharField | TextField) else null
