"""Keeping widgets, and writing down who changed what in them."""

from helpdesk.channels.models import Widget
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record

# What an admin decides; the rest is made once and stays.
SETTINGS = ("title", "language_id", "texts", "allowed_origins", "trust_page_data", "confirm_codes", "active")
# Whom a widget believes: the log says what these were and are.
BELIEF = ("allowed_origins", "trust_page_data", "confirm_codes", "active")


@occasion
def keep_widget(widget: Widget, *, by: Actor | None) -> Widget:
    """Makes this widget, or writes those of its settings that differ from what is stored."""
    stored = Widget.objects.select_for_update().filter(pk=widget.pk).first() if widget.pk else None
    if stored is None:
        widget.save()
        record("widget.made", by=by, widget=widget.pk, title=widget.title, **_belief(widget, BELIEF))
        return widget
    changed = [name for name in SETTINGS if getattr(widget, name) != getattr(stored, name)]
    if changed:
        widget.save(update_fields=[name.removesuffix("_id") for name in changed])
        believed = [name for name in BELIEF if name in changed]
        was = {f"old_{name}": value for name, value in _belief(stored, believed).items()}
        names = ", ".join(name.removesuffix("_id") for name in changed)
        about = {"widget": widget.pk, "title": widget.title, "changes": names}
        record("widget.changed", by=by, **about, **was, **_belief(widget, believed))
    return widget


@occasion
def delete_widget(widget: Widget, *, by: Actor | None) -> None:
    pk, title = widget.pk, widget.title
    widget.delete()
    record("widget.deleted", by=by, widget=pk, title=title)


def _belief(widget: Widget, names: tuple[str, ...] | list[str]) -> dict[str, object]:
    return {name: getattr(widget, name) for name in names}
