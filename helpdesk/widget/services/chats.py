"""Live chats: the widget, its channel and its settings."""

from typing import Any

from helpdesk.channels.models import Channel, Level, Widget, WidgetKind
from helpdesk.channels.services.widgets import keep_widget
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.ids import is_id
from helpdesk.widget.errors import NoSuchChat, WidgetOff
from helpdesk.widget.models import Chat

KIND = "chat"  # of the channel
ICON = "messages-square"
SETTINGS = (
    *("mode", "color", "side", "asks_name", "asks_email", "asks_consent", "uploads", "rating", "transcript"),
    *("greets", "greet_on", "greet_after", "schedule_id", "days", "trust_unguessable_ids", "faces"),
)


def named(public_id: str) -> Chat:
    """The live chat of `<number>-<8 letters or digits>`. Raises NoSuchChat, and WidgetOff where it is switched off."""
    number, _dash, suffix = public_id.partition("-")
    if not is_id(number) or not suffix.isascii():
        raise NoSuchChat
    widgets = Widget.objects.select_related("language", "chat__channel", "chat__schedule")
    widget = widgets.filter(kind=WidgetKind.CHAT, pk=int(number), suffix=suffix).first()
    if widget is None:
        raise NoSuchChat
    if not widget.active:
        raise WidgetOff
    chat = of(widget)
    chat.widget = widget
    return chat


@occasion
def make(title: str, *, by: Actor | None, **settings: Any) -> Chat:
    """A live chat with a channel of its own. At first only administrators see its conversations."""
    widget = keep_widget(Widget(kind=WidgetKind.CHAT, title=title), by=by)
    return keep(of(widget), by=by, **settings)


def of(widget: Widget) -> Chat:
    """The chat of a widget of that kind; made where there is none yet, as after an import."""
    found = getattr(widget, "chat", None)
    return found if found is not None else _made(widget)


@occasion
def _made(widget: Widget) -> Chat:
    Widget.objects.select_for_update().get(pk=widget.pk)
    found = Chat.objects.select_related("channel").filter(widget=widget).first()
    if found:
        return found
    about = {"sync": True, "sender_level": Level.ANONYMOUS, "icon": ICON}
    channel = Channel.objects.create(kind=KIND, title=widget.title, **about)
    return Chat.objects.create(widget=widget, channel=channel)


@occasion
def keep(chat: Chat, *, by: Actor | None, **wanted: Any) -> Chat:
    """Changes settings (SETTINGS), and gives the channel the widget's title."""
    stored = Chat.objects.get(pk=chat.pk)
    for name, value in wanted.items():
        setattr(chat, name, value)
    changed = [name for name in SETTINGS if getattr(chat, name) != getattr(stored, name)]
    if changed:
        chat.save(update_fields=[name.removesuffix("_id") for name in changed])
        names = ", ".join(name.removesuffix("_id") for name in changed)
        record("chat.changed", by=by, widget=chat.widget_id, title=chat.widget.title, changes=names)
    if chat.channel.title != chat.widget.title:
        chat.channel.title = chat.widget.title
        chat.channel.save(update_fields=["title"])
    return chat
