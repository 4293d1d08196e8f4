"""`/api/v1/schedules/…`: business hours, for administrators' keys."""

import datetime
from dataclasses import replace
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.channels.models import Schedule, Weekday
from helpdesk.channels.services import hours, schedules
from helpdesk.lib.admin.consequences import mourned
from helpdesk.lib.api import Page, Strict
from helpdesk.lib.errors import Refusal
from helpdesk.users.api.base import ApiView
from helpdesk.users.api.shapes import Text
from helpdesk.users.models.agents import Scope

WEEKDAYS = tuple(day.name.lower() for day in Weekday)
FACTS = ("title", "timezone", "country", "region", "is_default")


class HoursNeeded(Refusal):
    """needed_by: sentences, one for each that needs them."""

    code: ClassVar[str] = "schedule_needed"
    status: ClassVar[int] = 409
    sentence = _("Something needs these business hours. Change that first.")


class PeriodBody(Strict):
    """Hours on one day of the week. closes: the first moment outside; "00:00" is the end of the day."""

    weekday = serializers.ChoiceField(WEEKDAYS)
    opens = serializers.TimeField(format="%H:%M")
    closes = serializers.TimeField(format="%H:%M")


class DayBody(Strict):
    """A free day, or, with `working`, a public holiday on which people work."""

    date = serializers.DateField()
    title = Text(required=False, allow_blank=True, max_length=schedules.TITLE_LIMIT)
    working = serializers.BooleanField(required=False)


class ScheduleBody(Strict):
    """Business hours. `timezone`: empty for the desk's; `country`, `region`: whose public holidays are free (ISO 3166).

    Of a change, `periods` and `free_days` replace all that there were.
    """

    title = Text(max_length=schedules.TITLE_LIMIT)
    timezone = Text(required=False, allow_blank=True, max_length=60)
    country = Text(required=False, allow_blank=True, max_length=2)
    region = Text(required=False, allow_blank=True, max_length=10)
    is_default = serializers.BooleanField(required=False)
    periods = serializers.ListField(child=PeriodBody(), required=False, max_length=schedules.MOST_PERIODS)
    free_days = serializers.ListField(child=DayBody(), required=False, max_length=schedules.MOST_DAYS)


class ScheduleView(ApiView):
    """Business hours. Everything needs scope admin."""

    bodies = {"create": ScheduleBody, "partial_update": ScheduleBody}
    queryset = Schedule.objects.none()
    scope = read_scope = Scope.ADMIN

    def get_queryset(self) -> QuerySet[Schedule]:
        return Schedule.objects.prefetch_related("periods", "free_days")

    def list(self, request: Request) -> Response:
        return Page(request, self.get_queryset()).answer(show)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(show(self.get_object()))

    def create(self, request: Request) -> Response:
        saved = schedules.save(_draft(self.checked(), schedules.Draft("")), by=self.agent)
        return Response(show(self._fresh(saved)), status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        given = ScheduleBody(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        draft = _draft(given.validated_data, schedules.of(row))
        return Response(show(self._fresh(schedules.save(draft, by=self.agent, schedule=row))))

    def destroy(self, request: Request, pk: str) -> Response:
        """Refused with 409 `schedule_needed` while a rule counts in these hours; `needed_by` says which."""
        row = self.get_object()
        if told := mourned(row):
            raise HoursNeeded(needed_by=told)
        schedules.delete(row, by=self.agent)
        return Response(status=204)

    def _fresh(self, row: Schedule) -> Schedule:
        return self.get_queryset().get(pk=row.pk)


def _draft(data: dict[str, Any], stored: schedules.Draft) -> schedules.Draft:
    """The stored hours with what was sent in its place."""
    draft = replace(stored, **{name: data[name] for name in FACTS if name in data})
    if "periods" in data:
        draft = replace(draft, periods=tuple(period(row) for row in data["periods"]))
    if "free_days" in data:
        draft = replace(draft, free_days=tuple(schedules.Day(**row) for row in data["free_days"]))
    return draft


def period(row: dict[str, Any]) -> hours.Period:
    return hours.Period(WEEKDAYS.index(row["weekday"]), row["opens"], row["closes"])


def show(row: Schedule) -> dict[str, Any]:
    """open: at this moment; changes_at: until when, null where that never changes."""
    draft, now = schedules.of(row), timezone.now()
    calendar = schedules.calendar(draft)
    change = calendar.next_change(now)
    return {
        "schedule_id": row.pk,
        **{name: getattr(draft, name) for name in FACTS},
        **plain(draft),
        "open": calendar.is_open(now),
        "changes_at": change.isoformat() if change else None,
    }


def plain(draft: schedules.Draft) -> dict[str, Any]:
    """The rows as JSON."""
    return {
        "periods": [
            {"weekday": WEEKDAYS[one.weekday], "opens": _minutes(one.opens), "closes": _minutes(one.closes)}
            for one in draft.periods
        ],
        "free_days": [
            {"date": day.date.isoformat(), "title": day.title, "working": day.working} for day in draft.free_days
        ],
    }


def _minutes(time: datetime.time) -> str:
    return time.isoformat("minutes")
