"""“Test a token”: the page beside the signing keys, on which a token is taken apart and tokens are revoked."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from helpdesk.channels.models import Widget, WidgetKind
from helpdesk.lib.admin import NamedAdmin
from helpdesk.lib.errors import Refusal
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles
from identification import console, services
from identification.models import SigningKey


class TokenForm(forms.Form):
    """The token is a credential: it is sent in a body, looked at, and given back nowhere."""

    token = forms.CharField(
        label=_("Token"),
        label_suffix="",
        widget=forms.Textarea(
            attrs={"rows": 5, "class": "vLargeTextField", "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    widget = forms.ModelChoiceField(
        label=_("Widget"),
        label_suffix="",
        queryset=Widget.objects.filter(kind=WidgetKind.IDENTIFICATION),
        required=False,
        empty_label=_("Any widget"),
    )


class PersonForm(forms.Form):
    """Whose tokens are void; with a session only those that name it, which may be a credential of the site."""

    external_id = forms.CharField(
        label=_("Your id of the customer (external_id)"),
        label_suffix="",
        max_length=255,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    session = forms.CharField(
        label=_("One session only (its sid or jti)"),
        label_suffix="",
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off", "spellcheck": "false"}),
    )


class ConsoleAdmin(NamedAdmin[SigningKey]):
    """The page at `console/`, in the admin as `identification_signingkey_console`."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.console_view)
        return [path("console/", view, name="identification_signingkey_console"), *super().get_urls()]

    @method_decorator((never_cache, sensitive_post_parameters("token", "session")))
    @sensitive_variables("form", "person", "token")
    def console_view(self, request: HttpRequest) -> HttpResponse:
        """GET: the inputs. POST: what was found in the token, or that somebody's tokens are void now."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form, person = TokenForm(), PersonForm()
        context: dict[str, Any] = {}
        if request.method == "POST" and "_revoke" in request.POST:
            person = PersonForm(request.POST)
            if person.is_valid() and _revoke(request, person):
                return HttpResponseRedirect(request.path)
        elif request.method == "POST":
            form = TokenForm(request.POST)
            if form.is_valid():
                widget = form.cleaned_data["widget"]
                found = console.examine(form.cleaned_data["token"], widget=widget)
                context, form = {"found": found}, TokenForm(initial={"widget": widget})
                person = PersonForm(initial={"external_id": found.whom.external_id if found.whom else ""})
        return self._console(request, {**context, "form": form, "person": person})

    def _console(self, request: HttpRequest, more: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | self._place()
        context |= {"title": _("Test a token"), "opts": self.opts, **more}
        return TemplateResponse(request, "admin/identification/signingkey/console.html", context)


@sensitive_variables("form", "session")
def _revoke(request: HttpRequest, form: PersonForm) -> bool:
    """Voids the tokens of the person with this id, or of one session of theirs; False with a sentence in the form
    where there is no such person.
    """
    try:
        profile = profiles.find(ProfileKind.EXTERNAL, form.cleaned_data["external_id"])
    except Refusal:
        profile = None
    if profile is None:
        form.add_error("external_id", _("Nobody with this id is known: there is nothing to void."))
        return False
    name = {"name": profile.name or profile.address}
    if session := form.cleaned_data["session"]:
        services.revoke_session(profile, session, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("The tokens of this one session of %(name)s are void.") % name)
        return True
    services.revoke_tokens(profile, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The tokens that %(name)s had until now are void.") % name)
    return True
