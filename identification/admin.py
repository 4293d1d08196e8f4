"""Identification in the admin: what its widget adds to the page of widgets, and the signing keys."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Widget, WidgetKind
from helpdesk.lib.admin import SecretAdmin, ShownOnce
from helpdesk.widget.kinds import WIDGETS, Kind, Refused, Sample
from identification import keys, phrases, snippets
from identification.errors import REASONS
from identification.models import SigningKey, TokenRefusal

SHOWN_FOR = timedelta(days=7)


def refused(widget: Widget) -> list[Refused]:
    """Why visitors were turned away in the last days, the most frequent reason first."""
    recent = TokenRefusal.objects.filter(widget=widget, hour__gte=timezone.now() - SHOWN_FOR)
    rows = recent.values("reason").annotate(times=Sum("count"), last=Max("hour")).order_by("-times")
    return [Refused(REASONS.get(row["reason"], row["reason"]), row["times"], row["last"]) for row in rows]


WIDGETS.register(
    Kind(
        key=WidgetKind.IDENTIFICATION,
        phrases=phrases.PHRASES,
        words=phrases.WORDS,
        samples=snippets.samples,
        refused=refused,
    )
)


@admin.register(SigningKey)
class SigningKeyAdmin(SecretAdmin[SigningKey]):
    """Made here, told once, retired here; never deleted, so that the log keeps its name."""

    list_display = ("title", "kid", "algorithm", "active", "created_at", "last_used_at")
    change_form_template = "admin/identification/signingkey/change_form.html"
    facts = ("kid", "algorithm", "active", "created_at", "last_used_at", "retired_at")

    class Media:
        css = {"all": ("settings/snippet.css",)}

    def get_fields(self, request: HttpRequest, obj: SigningKey | None = None) -> Any:
        return ("title", *self.facts) if obj else ("title",)

    def get_readonly_fields(self, request: HttpRequest, obj: SigningKey | None = None) -> Any:
        return self.facts if obj else ()

    def save_model(self, request: HttpRequest, obj: SigningKey, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["title"])
            return
        made, secret = keys.make(obj.title, by=request.user)  # type: ignore[arg-type]
        obj.pk, obj.kid, obj._state.adding = made.pk, made.kid, False
        ShownOnce.put(request, _("The secret of this signing key"), secret, of=obj)

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
            hint = _("HELPDESK_SECRET is the secret as it was shown, not decoded.")
            context["samples"] = [
                Sample("Python", hint, snippets.python(obj.kid)),
                Sample("Node", "", snippets.javascript(obj.kid)),
                Sample("PHP", "", snippets.php(obj.kid)),
            ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_change(self, request: HttpRequest, obj: SigningKey) -> HttpResponse:
        """The button beside Save."""
        if "_retire" not in request.POST:
            return super().response_change(request, obj)
        keys.retire(obj, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Retired: tokens signed with this key are refused from now on."))
        return HttpResponseRedirect(request.path)

    def has_delete_permission(self, request: HttpRequest, obj: SigningKey | None = None) -> bool:
        return False
