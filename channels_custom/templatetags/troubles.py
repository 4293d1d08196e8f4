"""The banner of the administration."""

from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from helpdesk.inbox.banners import banners
from helpdesk.users.models import Agent

register = template.Library()


@register.simple_tag(takes_context=True)
def troubles(context: Any) -> SafeString:
    """What administrators have to know now, as above the inbox; empty for everybody else."""
    request = context.get("request")
    user = getattr(request, "user", None)
    shown = banners(request, user) if request and isinstance(user, Agent) else []
    return mark_safe("".join(shown))  # noqa: S308 (templates made these)
