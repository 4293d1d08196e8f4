"""What the page of a live chat asks beside what every widget has: settings, what to copy, what the preview shows."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Widget
from helpdesk.events.services import Actor
from helpdesk.lib.admin import NamedForm
from helpdesk.widget.kinds import Sample, Scene, Section
from helpdesk.widget.models import Chat
from helpdesk.widget.services import chats

SECTIONS: Sequence[Section] = (
    Section(_("In the chat"), ("mode", "days", "uploads", "rating", "transcript", "schedule")),
    Section(_("Look"), ("color", "side")),
    Section(_("Before the first message"), ("asks_name", "asks_email", "asks_consent")),
    Section(_("Speaking first"), ("greets", "greet_on", "greet_after")),
    Section(
        _("Who signs in"),
        ("trust_unguessable_ids",),
        _("As it is, your server signs who is signed in on your site; an id without a signature is a claim."),
    ),
)


class ChatForm(NamedForm[Chat]):
    class Meta:
        model = Chat
        fields = (
            *("mode", "days", "uploads", "rating", "transcript", "schedule", "color", "side"),
            *("asks_name", "asks_email", "asks_consent", "greets", "greet_on", "greet_after"),
            *("trust_unguessable_ids",),
        )
        widgets = {
            "color": forms.TextInput(attrs={"type": "color"}),
            "greet_on": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        }


def inputs() -> dict[str, forms.Field]:
    """The settings as fields of the widget's own form."""
    return dict(ChatForm.base_fields)


def told(widget: Widget) -> dict[str, Any]:
    """What the settings are now. A page that is only looked at makes nothing."""
    chat = (Chat.objects.filter(widget=widget).first() if widget.pk else None) or Chat()
    return model_to_dict(chat, fields=ChatForm.Meta.fields)


def check(said: dict[str, Any]) -> dict[str, Any]:
    """What the model refuses: {name: sentences}."""
    try:
        Chat(**said).clean_fields(exclude={"id", "widget", "channel", *(set(ChatForm.Meta.fields) - set(said))})
    except ValidationError as error:
        return dict(error.error_dict)
    return {}


def keep(widget: Widget, said: dict[str, Any], by: Actor | None) -> None:
    chat = chats.of(widget)
    chat.widget = widget
    chats.keep(chat, by=by, **said)


def samples(widget: Widget) -> list[Sample]:
    """The calls with which an app begins a conversation."""
    here = f"{settings.BASE_URL}/widget/v1/chat/{widget.public_id}"
    return [
        Sample(
            _("From your app"),
            _(
                "The chat is reached over HTTP: your app draws it, with the texts and colours set here. A script that "
                "puts it on a web site is not part of this version."
            ),
            "\n".join(
                (
                    f"curl -X POST {here}/sessions/ -H 'Content-Type: application/json' -d '{{}}'",
                    f"curl -X POST {here}/identify/ -H 'Authorization: Bearer TOKEN' \\",
                    """  -H 'Content-Type: application/json' -d '{"token": "…signed by your server…"}'""",
                    f"curl -X POST {here}/messages/ -H 'Authorization: Bearer TOKEN' \\",
                    """  -H 'Content-Type: application/json' -d '{"client_id": "…a UUID…", "text": "Hello"}'""",
                )
            ),
        )
    ]


TIME = {"time": "09:00", "name": "Ann", "number": "2"}
SCENES = (
    Scene(_("On the page"), (("text", "greeting"), ("button", "launcher"))),
    Scene(
        _("Home"),
        (("heading", "title"), ("text", "welcome"), ("small", "reply_time"), ("text", "recent"), ("button", "start")),
    ),
    Scene(_("Outside business hours"), (("heading", "title"), ("text", "away"), ("button", "start")), TIME),
    Scene(
        _("Form"), (("text", "name"), ("text", "email"), ("small", "consent"), ("button", "begin"), ("other", "back"))
    ),
    Scene(
        _("Conversation"),
        (
            *(("small", "today"), ("small", "yesterday"), ("box", "you"), ("box", "agent"), ("small", "typing")),
            *(("small", "sending"), ("small", "sent"), ("small", "read"), ("text", "write"), ("button", "send")),
            *(("other", "attach"), ("other", "close"), ("small", "unread")),
        ),
        TIME,
    ),
    Scene(
        _("Not delivered"),
        (
            *(("box", "failed"), ("button", "retry"), ("text", "offline"), ("text", "waiting"), ("text", "load_error")),
            *(("text", "file_large"), ("text", "file_refused")),
        ),
        TIME,
    ),
    Scene(
        _("At the end"),
        (
            *(("text", "ended"), ("button", "anew"), ("text", "rate"), ("small", "rated"), ("other", "transcript")),
            ("small", "transcript_sent"),
        ),
    ),
    Scene(_("Not available"), (("text", "unavailable"), ("text", "signed_out"))),
)
