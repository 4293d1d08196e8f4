"""Identification in the admin: what its widget adds to the page of widgets, and the signing keys."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import WidgetKind
from helpdesk.lib.admin import SecretAdmin, ShownOnce
from helpdesk.widget.kinds import WIDGETS, Kind
from identification import keys, phrases, scenes, snippets
from identification.banners import ending
from identification.console_page import ConsoleAdmin
from identification.forms import PUBLIC, SECRET, ChangeForm, KeyForm
from identification.look_up_admin import LookUpAdmin
from identification.models import SigningKey
from identification.services import refused

__all__ = ("LookUpAdmin", "SigningKeyAdmin")

NO_KEY = _("There is no active signing key: no token is believed, and nobody is identified by one.")


WIDGETS.register(
    Kind(
        key=WidgetKind.IDENTIFICATION,
        phrases=phrases.PHRASES,
        words=phrases.WORDS,
        samples=snippets.samples,
        refused=refused.counted,
        scenes=scenes.SCENES,
    )
)


@admin.register(SigningKey)
class SigningKeyAdmin(ConsoleAdmin, SecretAdmin[SigningKey]):
    """Made here, told once, retired here; never deleted, so that the log keeps its name."""

    form = KeyForm
    list_display = ("title", "kid", "algorithm", "state", "created_at", "last_used_at")
    list_select_related = ("widget",)
    change_form_template = "admin/identification/signingkey/change_form.html"
    change_list_template = "admin/identification/signingkey/change_list.html"
    facts = ("kid", "algorithm", "created_at", "last_used_at", "retired_at")

    class Media:
        css = {"all": ("settings/snippet.css", "settings/keys.css")}

    @admin.display(description=_("state"), ordering="active")
    def state(self, key: SigningKey) -> Any:
        look, word = _state(key)
        return format_html('<span class="chip {}">{}</span>', look, word)

    def get_form(self, request: HttpRequest, obj: SigningKey | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=ChangeForm if obj else KeyForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: SigningKey | None = None) -> Any:
        if obj is None:
            return ("title", "kind", "pasted", "own_kid", "hash_secret", "site", "until")
        more = ("ends_on", "widget") if obj.is_hash else ("public_key",) if obj.public_key else ()
        return ("title", *more, *self.facts)

    def get_readonly_fields(self, request: HttpRequest, obj: SigningKey | None = None) -> Any:
        return ("widget", "public_key", *self.facts) if obj else ()

    def save_model(self, request: HttpRequest, obj: SigningKey, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["title", "ends_on"])
            return
        made, secret = _make(form.cleaned_data, request.user)
        obj.pk, obj.kid, obj._state.adding = made.pk, made.kid, False
        if secret:
            ShownOnce.put(request, _("The secret of this signing key"), secret, of=obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {"warnings": _warnings(), **(extra_context or {})})

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: SigningKey | None = None,
    ) -> HttpResponse:
        if obj:
            warning = ending(obj) if obj in keys.ending() else ""
            context |= {"samples": snippets.of_key(obj), "state": _state(obj), "warning": warning}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_change(self, request: HttpRequest, obj: SigningKey) -> HttpResponse:
        """The button beside Save."""
        if "_retire" not in request.POST:
            return super().response_change(request, obj)
        keys.retire(obj, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Retired: nothing that is signed with this key is believed from now on."))
        if not keys.of_tokens().exists():
            messages.warning(request, NO_KEY)
        return HttpResponseRedirect(request.path)

    def has_delete_permission(self, request: HttpRequest, obj: SigningKey | None = None) -> bool:
        return False


def _make(said: dict[str, Any], by: Any) -> tuple[SigningKey, str]:
    """What the form asks for; the secret, where we made one."""
    if said["kind"] == PUBLIC:
        return keys.add(said["title"], said["pasted"], kid=said["own_kid"], by=by), ""
    if said["kind"] == SECRET:
        return keys.make(said["title"], by=by)
    return (
        keys.bridge(
            said["title"], said["kind"], said["hash_secret"], widget=said["site"], ends_on=said["until"], by=by
        ),
        "",
    )


def _state(key: SigningKey) -> tuple[str, Any]:
    """The chip's look and its words."""
    if not key.active:
        return "", _("retired")
    if keys.has_ended(key):
        return "danger", _("ended")
    if key.ends_on:
        soon = key.ends_on <= timezone.localdate() + keys.WARNED_BEFORE
        return "warn" if soon else "ok", _("until %(day)s") % {"day": date_format(key.ends_on, "SHORT_DATE_FORMAT")}
    return "ok", _("active")


def _warnings() -> list[str]:
    """What is wrong with the keys as they are, in sentences."""
    found = [] if keys.of_tokens().exists() else [str(NO_KEY)]
    return [*found, *(ending(key) for key in keys.ending())]
