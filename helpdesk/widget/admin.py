"""Widgets in the admin: language and texts, which sites, whose word counts; and the snippet to copy."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Widget, WidgetKind
from helpdesk.channels.services.widgets import delete_widget, keep_widget
from helpdesk.lib.admin import TellingAdmin
from helpdesk.users.models import Agent
from helpdesk.widget.forms import form_of, groups, languages
from helpdesk.widget.kinds import WIDGETS, Kind
from helpdesk.widget.languages import direction


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
        return _("signed tokens, and the page") if widget.trust_page_data else _("signed tokens")

    def consequences(self, row: Widget) -> Iterable[Any]:
        yield _("Its script on your site stops working: nobody gets a code there any more.")

    def save_model(self, request: HttpRequest, obj: Widget, form: Any, change: bool) -> None:
        keep_widget(obj, by=cast(Agent, request.user))

    def delete_model(self, request: HttpRequest, obj: Widget) -> None:
        delete_widget(obj, by=cast(Agent, request.user))

    def get_form(self, request: HttpRequest, obj: Widget | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=form_of(_kind(obj)), **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Widget | None = None) -> Any:
        advice = _("As it is, every site may ask, and your server signs who is signed in there.")
        return [
            (None, {"fields": ("title", "language", "active")}),
            (
                _("Who may use it"),
                {"fields": ("allowed_origins", "trust_page_data", "confirm_codes"), "description": advice},
            ),
            *_texts(_kind(obj)),
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
            "preview": _preview(_kind(obj)),
        }
        if obj:
            kind = _kind(obj)
            context |= {"samples": kind.samples(obj), "refused": kind.refused(obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_post_save_add(self, request: HttpRequest, obj: Widget) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:channels_widget_change", args=[obj.pk]))

    def response_post_save_change(self, request: HttpRequest, obj: Widget) -> HttpResponseRedirect:
        return self.response_post_save_add(request, obj)


def _kind(widget: Widget | None) -> Kind:
    return WIDGETS.get(widget.kind if widget else WidgetKind.IDENTIFICATION)


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
