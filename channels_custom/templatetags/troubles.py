"""The banner of the administration."""

from typing import Any

from django import template
from django.template.loader import render_to_string

from channels_custom import banners

register = template.Library()


@register.simple_tag(takes_context=True)
def troubles(context: Any) -> str:
    """What administrators have to know now, as markup; empty for everybody else."""
    request = context.get("request")
    made = banners.troubles(getattr(request, "user", None))
    return render_to_string(made[0], made[1], request=request) if made else ""
