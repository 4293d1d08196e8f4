"""What apps above the one that owns a row add to its page, without being imported by it."""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

# Takes the row and the request; gives a template and its context, or None where it has nothing to say.
Section = Callable[[models.Model, HttpRequest], tuple[str, dict[str, Any]] | None]
SECTIONS: list[Section] = []


def sections_of(row: models.Model, request: HttpRequest) -> list[SafeString]:
    """The sections of this row's page as markup, in the order in which apps have added themselves."""
    made = [found for section in SECTIONS if (found := section(row, request))]
    return [render_to_string(template, context, request=request) for template, context in made]
