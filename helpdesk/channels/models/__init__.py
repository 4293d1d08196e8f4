from helpdesk.channels.models.hours import FreeDay, Period, Schedule, Weekday
from helpdesk.channels.models.places import Channel, Language, Level, Widget, WidgetKind, widget_suffix

__all__ = (
    "Channel",
    "FreeDay",
    "Language",
    "Level",
    "Period",
    "Schedule",
    "Weekday",
    "Widget",
    "WidgetKind",
    "widget_suffix",
)
