"""Business hours in the admin: the days and hours of a week, and the days that are different."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import FreeDay, Period, Schedule, Weekday
from helpdesk.channels.services import hours, public_holidays, schedules
from helpdesk.events.services import Actor
from helpdesk.lib import zones
from helpdesk.lib.admin import NamedForm, NamedTabular, TellingAdmin

# What a new schedule begins with.
OFFICE = [{"weekday": day, "opens": time(9), "closes": time(17)} for day in range(5)]


def zone_choices() -> list[tuple[str, Any]]:
    desk = _("As the desk (%(zone)s)") % {"zone": settings.DESK_TIME_ZONE}
    return [("", desk), *zones.named()]


def holiday_choices() -> Iterator[tuple[str, Any]]:
    """Countries, and under each with holidays of its regions these: "DE", "DE:BY"."""
    yield "", _("None: only the days named below are free")
    for country, name in public_holidays.countries().items():
        parts = public_holidays.regions(country).items()
        whole = (country, _("%(country)s, everywhere") % {"country": name} if parts else name)
        yield (name, [whole, *((f"{country}:{code}", f"{name}: {part}") for code, part in parts)]) if parts else whole


class ScheduleForm(NamedForm[Schedule]):
    """holidays: country and region as one choice, so that they fit."""

    timezone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices, required=False)
    holidays = forms.ChoiceField(
        label=_("Public holidays of"),
        choices=lambda: list(holiday_choices()),
        required=False,
        help_text=_("They are free days, except for those that you name below as working days."),
    )

    class Meta:
        model = Schedule
        fields = ("title", "timezone", "is_default")
        help_texts = {"is_default": _("Used where nothing else is said. One of all business hours is the default.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["holidays"] = ":".join(filter(None, (self.instance.country, self.instance.region)))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        country, _colon, region = data.get("holidays", "").partition(":")
        data |= {"country": country, "region": region}
        errors = schedules.check(self.draft(data), schedule=self.instance if self.instance.pk else None)
        for name, sentence in errors.items():
            field = "holidays" if name in {"country", "region"} else name
            if field not in self.errors:
                self.add_error(field, sentence)
        return data

    def validate_unique(self) -> None:
        """The title is checked with the rest."""

    def _get_validation_exclusions(self) -> set[str]:
        """There is one default: the other stops being it."""
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]

    def draft(self, data: dict[str, Any]) -> schedules.Draft:
        names = ("title", "timezone", "country", "region", "is_default")
        return schedules.Draft(**{"title": "", **{name: data[name] for name in names if name in data}})


class Rows(BaseInlineFormSet[Any, Any, Any]):
    """Rows that are checked together; what is wrong stands at the row."""

    at = ""

    def clean(self) -> None:
        super().clean()
        if any(form.errors for form in self.kept()):
            return
        for path, sentence in self.wrong():
            index = path.partition(".")[2]
            form = self.kept()[int(index)] if index else None
            if form is None:
                raise forms.ValidationError(sentence)
            form.add_error(self.at, sentence)

    def validate_unique(self) -> None:
        """The same day twice is told at its row."""

    def kept(self) -> list[Any]:
        """The rows that are filled in and stay."""
        filled = [form for form in self.forms if form.has_changed() or form.instance.pk]
        return [form for form in filled if form not in self.deleted_forms]

    def wrong(self) -> Iterator[tuple[str, str]]:
        raise NotImplementedError


class Periods(Rows):
    at = "closes"

    def said(self) -> tuple[hours.Period, ...]:
        rows = (form.cleaned_data for form in self.kept())
        return tuple(hours.Period(row["weekday"], row["opens"], row["closes"]) for row in rows)

    def wrong(self) -> Iterator[tuple[str, str]]:
        return schedules.period_errors(self.said())


class Days(Rows):
    at = "date"

    def said(self) -> tuple[schedules.Day, ...]:
        rows = (form.cleaned_data for form in self.kept())
        return tuple(schedules.Day(row["date"], row["title"], row["working"]) for row in rows)

    def wrong(self) -> Iterator[tuple[str, str]]:
        return schedules.day_errors(self.said())


class RowForm(forms.ModelForm[Any]):
    """A new row is empty if nothing stands in it, whatever it began with. entered: the names of its inputs."""

    entered: tuple[str, ...] = ()

    def has_changed(self) -> bool:
        if self.instance.pk:
            return super().has_changed()
        return any(self[name].data for name in self.entered)

    def _get_validation_exclusions(self) -> set[str]:
        """What the table itself refuses is told in words, with the other rows."""
        return {*super()._get_validation_exclusions(), "closes", "date"}  # type: ignore[misc]


CLOCK = forms.TimeInput(attrs={"type": "time", "class": "vTimeField"}, format="%H:%M")


class PeriodForm(RowForm):
    entered = ("weekday", "opens", "closes")
    weekday = forms.TypedChoiceField(label=_("Day"), choices=[("", "---------"), *Weekday.choices], coerce=int)
    opens = forms.TimeField(label=_("From"), widget=CLOCK)
    closes = forms.TimeField(label=_("To"), widget=CLOCK)

    class Meta:
        model = Period
        fields = ("weekday", "opens", "closes")


class DayForm(RowForm):
    entered = ("date", "title", "working")
    date = forms.DateField(
        label=_("Date"), widget=forms.DateInput(attrs={"type": "date", "class": "vDateField"}, format="%Y-%m-%d")
    )

    class Meta:
        model = FreeDay
        fields = ("date", "title", "working")


class PeriodInline(NamedTabular[Period, Schedule]):
    model = Period
    form = PeriodForm
    formset = Periods
    verbose_name = _("row")
    verbose_name_plural = _("Hours of a week (to 00:00 is to the end of the day)")

    def get_extra(self, request: HttpRequest, obj: Schedule | None = None, **more: Any) -> int:
        return 1 if obj else len(OFFICE) + 1


class DayInline(NamedTabular[FreeDay, Schedule]):
    model = FreeDay
    form = DayForm
    formset = Days
    extra = 1
    verbose_name_plural = _("Free days of your own, and public holidays on which you work")


@admin.register(Schedule)
class ScheduleAdmin(TellingAdmin[Schedule]):
    form = ScheduleForm
    inlines = (PeriodInline, DayInline)
    list_display = ("title", "week", "zone", "present", "is_default")
    readonly_fields = ("present", "coming")

    class Media:
        css = {"all": ("settings/hours.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        return super().get_queryset(request).prefetch_related("periods", "free_days")

    def get_fieldsets(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        entered = ("title", "timezone", "holidays", "is_default")
        return ((None, {"fields": (*entered, "present", "coming") if obj else entered}),)

    @admin.display(description=_("hours"))
    def week(self, schedule: Schedule) -> SafeString:
        told = schedules.in_words(schedules.of(schedule).periods)
        return format_html_join("; ", "{}", ((one,) for one in told)) or SafeString("–")

    @admin.display(description=_("time zone"))
    def zone(self, schedule: Schedule) -> str:
        return schedules.calendar(schedules.of(schedule)).zone.key.replace("_", " ")

    @admin.display(description=_("now"))
    def present(self, schedule: Schedule) -> str:
        return schedules.state(schedules.calendar(schedules.of(schedule)), timezone.now())

    @admin.display(description=_("next public holidays"))
    def coming(self, schedule: Schedule) -> SafeString | str:
        calendar = schedules.calendar(schedules.of(schedule))
        today = timezone.localtime(timezone.now(), calendar.zone).date()
        days = public_holidays.coming(calendar.country, calendar.region, today)
        told = ((date_format(day, "D j M Y"), name, self._works(calendar, day)) for day, name in days)
        return format_html_join("", "<div>{}: {}{}</div>", told) or _text("No country is chosen.")

    def _works(self, calendar: hours.Calendar, day: Any) -> str:
        return f" ({_text('a working day here')})" if day in calendar.working else ""

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, PeriodInline) and (obj is None or obj.pk is None):
            kwargs["initial"] = OFFICE
        return kwargs

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        """Kept as a whole, with its rows: see save_related."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        for rows in formsets:
            rows.save(commit=False)  # nothing yet; the history tells what these say
        parts = {rows.model: rows.said() for rows in formsets}
        draft = replace(form.draft(form.cleaned_data), periods=parts[Period], free_days=parts[FreeDay])
        saved = schedules.save(draft, by=cast(Actor, request.user), schedule=form.instance if change else None)
        form.instance.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        schedules.delete(obj, by=cast(Actor, request.user))
