"""What the page of a live chat asks beside what every widget has: settings, what to copy, what the preview shows."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Widget
from helpdesk.events.services import Actor
from helpdesk.lib.admin import NamedForm
from helpdesk.widget.kinds import Sample, Scene, Section
from helpdesk.widget.models import Chat, Face
from helpdesk.widget.services import chats

SECTIONS: Sequence[Section] = (
    Section(_("In the chat"), ("mode", "days", "uploads", "rating", "transcript", "schedule")),
    Section(_("Look"), ("color", "side")),
    Section(_("Before the first message"), ("asks_name", "asks_email", "asks_consent")),
    Section(_("Speaking first"), ("greets", "greet_on", "greet_after")),
    Section(
        _("Who signs in"),
        ("trust_unguessable_ids", "faces"),
        _("As it is, your server signs who is signed in on your site; an id without a signature is a claim."),
    ),
)


class ChatForm(NamedForm[Chat]):
    faces = forms.MultipleChoiceField(
        label=_("Works as"),
        choices=Face.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A site that was made for one of these changes the address of the script and nothing else."),
    )

    class Meta:
        model = Chat
        fields = (
            *("mode", "days", "uploads", "rating", "transcript", "schedule", "color", "side"),
            *("asks_name", "asks_email", "asks_consent", "greets", "greet_on", "greet_after"),
            *("trust_unguessable_ids", "faces"),
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
    """What to put on the site, how to say who is signed in there, and the calls of others that it answers."""
    found = [
        Sample(_("The chat"), _("Before </body> on every page."), _tag(widget)),
        Sample(_("Who is signed in"), _("The token is signed by your server (Settings → Signing keys)."), _identify()),
        Sample(
            _("The same without a line of script"),
            _("An address of your site that answers with the signed-in customer's token, and 204 to strangers."),
            _tag(widget, 'data-token-url="/helpdesk-token"'),
        ),
    ]
    faces = told(widget)["faces"]
    return found + [
        Sample(label, _("What your site has may stay as it is:"), FACES[face]) for face, label in _on(faces)
    ]


def _on(faces: Sequence[str]) -> list[tuple[str, Any]]:
    return [(face, label) for face, label in Face.choices if face in faces]


def _tag(widget: Widget, *more: str) -> str:
    address = f"{settings.BASE_URL}/widget/v1/chat.js"
    return " ".join(("<script async", f'src="{address}"', f'data-widget-id="{widget.public_id}"', *more)) + "></script>"


def _identify() -> str:
    return "\n".join(
        (
            "HelpdeskChat.identify(async () => {",
            '  const answer = await fetch("/helpdesk-token");',
            "  return answer.text();",
            "});",
            f"// {_now('and when the customer signs out:')}",
            "HelpdeskChat.logout();",
        )
    )


FACES: dict[str, str] = {
    Face.MESSAGEBIRD: "window.MessageBirdChatWidget.identify('123-456-789', {premiumUser: true});",
    Face.ZENDESK: "zE('messenger', 'loginUser', (callback) => callback(token));",
    Face.EXTERNAL_USER_ID: 'HelpdeskChatSettings = {external_user_id: "123-456-789"};',
}
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
