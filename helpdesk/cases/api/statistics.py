"""`GET /api/v1/statistics/`: the numbers of the inbox's page."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.cases.services import statistics
from helpdesk.cases.services.statistics import Line
from helpdesk.channels.models import Channel
from helpdesk.users.api.base import ApiView


class StatisticsView(ApiView):
    """Numbers of the last `days` (1, 7, 30 or 90), by channel and by agent, by the rights of the key's agent.

    `first_answer_seconds` is a median, null where no case of the period was answered by an agent.
    """

    queryset = Channel.objects.none()

    @extend_schema(parameters=[OpenApiParameter("days", int, enum=[int(days) for days in statistics.PERIODS])])
    def list(self, request: Request) -> Response:
        days = request.query_params.get("days", statistics.USUAL)
        if days not in statistics.PERIODS:
            raise ValidationError({"days": [_("This has to be one of: %s.") % ", ".join(statistics.PERIODS)]})
        found = statistics.numbers(self.agent, days)
        return Response(
            {
                "since": found.since,
                "channels": [_channel(line) for line in found.channels],
                "staff": [_agent(line) for line in found.agents],
            }
        )


def _channel(line: Line) -> dict[str, Any]:
    return {
        "channel": line.key,
        "title": line.name,
        "new_cases": line.cases,
        "closed_cases": line.closed,
        "customer_messages": line.customers,
        "identified_messages": line.sure,
        "answers": line.answers,
        "automatic_answers": line.automatic,
        "first_answer_seconds": line.wait,
        "ratings": len(line.scores),
        "average_rating": line.rating,
    }


def _agent(line: Line) -> dict[str, Any]:
    return {
        "staff_id": int(line.key),
        "staff_full_name": line.name,
        "answered_cases": line.cases,
        "answers": line.answers,
        "first_answer_seconds": line.wait,
        "ratings": len(line.scores),
        "average_rating": line.rating,
    }
