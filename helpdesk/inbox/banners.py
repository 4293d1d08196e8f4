"""What stands above the inbox. Each is a function of the agent, named in `settings.INBOX_BANNERS`."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from helpdesk.users.models import Agent

Banner = tuple[str, dict[str, Any]] | None


def banners(request: HttpRequest, agent: Agent) -> list[SafeString]:
    """As markup; higher apps hang theirs in by name: (template, context), or None where there is nothing to say."""
    made: list[Banner] = [import_string(path)(agent) for path in settings.INBOX_BANNERS]
    return [render_to_string(one[0], one[1], request=request) for one in made if one]
