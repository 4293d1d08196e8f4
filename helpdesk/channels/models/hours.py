"""When people work: weekly hours in a time zone, and the days on which they do not."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Weekday(models.IntegerChoices):
    """As `date.weekday()` counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Schedule(models.Model):
    """Business hours. country, region: whose public holidays are free days (ISO 3166, as `holidays` knows them)."""

    title = models.CharField(_("title"), max_length=120, unique=True)
    timezone = models.CharField(_("time zone"), max_length=60, blank=True, help_text=_("Empty: that of the desk."))
    country = models.CharField(
        _("public holidays of"), max_length=2, blank=True, help_text=_("Empty: only the days named below are free.")
    )
    region = models.CharField(_("region"), max_length=10, blank=True)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        ordering = ("-is_default", "title")
        verbose_name = _("business hours")
        verbose_name_plural = _("business hours")
        constraints = (
            models.UniqueConstraint(fields=("is_default",), condition=Q(is_default=True), name="one_default_schedule"),
        )

    def __str__(self) -> str:
        return self.title


class Period(models.Model):
    """Hours on one day of the week. closes: the first moment outside; 00:00 is the end of the day."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="periods")
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday)
    opens = models.TimeField(_("from"))
    closes = models.TimeField(_("to"))

    class Meta:
        ordering = ("weekday", "opens")
        verbose_name = _("hours")
        verbose_name_plural = _("hours")
        constraints = (
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")) | Q(closes="00:00"), name="period_ends_after_it_begins"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class FreeDay(models.Model):
    """A day on which nobody works, or, where `working` is on, a public holiday on which people do."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="free_days")
    date = models.DateField(_("date"))
    title = models.CharField(_("title"), max_length=120, blank=True)
    working = models.BooleanField(
        _("working day"), default=False, help_text=_("On: the usual hours hold although it is a public holiday.")
    )

    class Meta:
        ordering = ("date",)
        verbose_name = _("day")
        verbose_name_plural = _("free days")
        constraints = (models.UniqueConstraint(fields=("schedule", "date"), name="one_row_per_day"),)

    def __str__(self) -> str:
        return f"{self.date} {self.title}".strip()
