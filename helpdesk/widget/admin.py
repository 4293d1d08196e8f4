"""Widgets in the admin: language and texts, which sites, whose word counts; and the snippet to copy."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from helpdesk.channels.models import Widget, WidgetKind
from helpdesk.channels.services.widgets import delete_widget, keep_widget
from helpdesk.lib.admin import TellingAdmin
from helpdesk.users.models import Agent
from helpdesk.widget import chat_forms, phrases
from helpdesk.widget.forms import form_of, groups, languages
from helpdesk.widget.kinds import WIDGETS, Kind, Settings
from helpdesk.widget.languages import direction
from helpdesk.widget.models import Chat
from helpdesk.widget.proof import prover
from helpdesk.widget.services import sessions


def facts(widget: Widget) -> list[Any]:
    """Of a chat: who is there."""
    chat = Chat.objects.filter(widget=widget).first()
    number = sessions.online(chat) if chat else 0
    return [
        ngettext("%(number)d visitor is online now.", "%(number)d visitors are online now.", number)
        % {"number": number}
    ]


WIDGETS.register(
    Kind(
        key=WidgetKind.CHAT,
        phrases=phrases.PHRASES,
        words=phrases.WORDS,
        samples=chat_forms.samples,
        refused=lambda widget: prover().refused(widget),
        scenes=chat_forms.SCENES,
        belief=(),
        advice=_("As it is, the chat works on every site. Name those that may show it."),
        loss=_("Its script on your site stops working. Its conversations stay in the inbox."),
        settings=Settings(
            chat_forms.inputs, chat_forms.told, chat_forms.check, chat_forms.keep, chat_forms.SECTIONS, facts
        ),
    )
)


@admin.register(Widget)
class WidgetAdmin(TellingAdmin[Widget]):
    """After each saving the page comes again, with the snippet on top."""

    list_display = ("title", "kind", "script_id", "speaks", "believes", "active")
    change_form_template = "admin/channels/widget/change_form.html"

    class Media:
        css = {"all": ("settings/snippet.css", "settings/preview.css")}
        js = (forms.Script("settings/copy.js", type="module"), forms.Script("settings/preview.js", type="module"))

    @admin.display(description=_("id in the snippet"))
    def script_id(self, widget: Widget) -> str:
        return widget.public_id

    @admin.display(description=_("language"), ordering="language")
    def speaks(self, widget: Widget) -> Any:
        return widget.language or _("automatic")

    @admin.display(description=_("believes"), ordering="trust_page_data")
    def believes(self, widget: Widget) -> Any:
        if widget.kind == WidgetKind.CHAT and chat_forms.told(widget)["trust_unguessable_ids"]:
            return _("signed tokens, and ids")
        return _("signed tokens, and the page") if widget.trust_page_data else _("signed tokens")

    def consequences(self, row: Widget) -> Iterable[Any]:
        yield _kind(row).loss

    def save_model(self, request: HttpRequest, obj: Widget, form: Any, change: bool) -> None:
        by = cast(Agent, request.user)
        if not change:
            obj.kind = form.kind.key
        keep_widget(obj, by=by)
        if form.kind.settings:
            form.kind.settings.keep(obj, form.said, by)

    def delete_model(self, request: HttpRequest, obj: Widget) -> None:
        delete_widget(obj, by=cast(Agent, request.user))

    def get_form(self, request: HttpRequest, obj: Widget | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=form_of(_kind(obj, request)), **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Widget | None = None) -> Any:
        kind = _kind(obj, request)
        more = kind.settings.sections if kind.settings else ()
        return [
            (None, {"fields": ("title", "language", "active")}),
            *((one.title, {"fields": tuple(one.names), "description": one.advice}) for one in more),
            (_("Who may use it"), {"fields": ("allowed_origins", *kind.belief), "description": kind.advice}),
            *_texts(kind),
        ]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Widget | None = None,
    ) -> HttpResponse:
        context |= {
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
            "preview": _preview(_kind(obj, request)),
        }
        if obj:
            kind = _kind(obj)
            told = kind.settings.facts(obj) if kind.settings else ()
            context |= {"samples": kind.samples(obj), "refused": kind.refused(obj), "told": told}
        else:
            chosen = _kind(None, request).key
            context["kinds"] = [(key, label, key == chosen) for key, label in WidgetKind.choices]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_post_save_add(self, request: HttpRequest, obj: Widget) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:channels_widget_change", args=[obj.pk]))

    def response_post_save_change(self, request: HttpRequest, obj: Widget) -> HttpResponseRedirect:
        return self.response_post_save_add(request, obj)


def _kind(widget: Widget | None, request: HttpRequest | None = None) -> Kind:
    """Of a new widget: the one in the address of the page, `?kind=chat`."""
    wanted = widget.kind if widget else request.GET.get("kind", "") if request else ""
    return WIDGETS.get(wanted if wanted in WIDGETS else WidgetKind.IDENTIFICATION)


def _preview(kind: Kind) -> dict[str, Any]:
    """What the preview shows, as JSON: scenes of parts, in the languages whose inputs stand on the page."""
    scenes = [{"title": str(one.title), "parts": one.parts, "facts": dict(one.facts)} for one in kind.scenes]
    spoken = [{"id": one.pk, "code": one.code, "title": one.title, "dir": direction(one.code)} for one in languages()]
    return {"scenes": scenes, "languages": spoken}


def _texts(kind: Kind) -> list[tuple[Any, dict[str, Any]]]:
    """A folded section for each language of the desk."""
    ours = _("Grey is what we say ourselves; write your own words over it.")
    return [
        (
            _("Texts in %(language)s") % {"language": language.title},
            {"fields": names, "description": ours, "classes": ("collapse",)},
        )
        for language, names in groups(kind)
    ]
