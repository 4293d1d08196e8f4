"""Webhooks in the admin: where rules send what they have to say, a test, and the last tries."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from channels_custom import headers
from helpdesk.lib.admin import NamedForm, SecretAdmin, ShownOnce, TellingAdmin
from helpdesk.outbox import services as outbox
from rules.models import Webhook
from rules.services import webhooks


class WebhookForm(NamedForm[Webhook]):
    """new_headers: take the place of those that are set; what stands behind their names is never shown again."""

    new_headers = forms.CharField(
        label=_("Extra headers"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField", "autocomplete": "off"}),
    )
    drop_headers = forms.BooleanField(label=_("Send no extra headers any more"), required=False)

    class Meta:
        model = Webhook
        fields = ("title", "url", "method", "active")
        field_classes = {"url": forms.CharField}
        widgets = {"url": forms.TextInput(attrs={"class": "vLargeTextField", "spellcheck": "false"})}
        help_texts = {
            "title": _("Rules and files name it by this."),
            "url": _("An address of a server of yours, or of a service that you use."),
            "method": _("With GET nothing but headers is sent."),
            "active": _("Off: nothing leaves, and cases say so where a rule wanted to send something."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial_headers = self.instance.headers
        self.fields["new_headers"].help_text = self._about_headers()

    def _about_headers(self) -> str:
        names = ", ".join(headers.parsed(self.instance.headers))
        if not names:
            return _now("“Name: value”, one on a line; sent with each call, stored encrypted and not shown again.")
        return _now("Set: %(names)s. Empty: they stay. What you write here takes the place of all of them.") % {
            "names": names
        }

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        try:
            webhooks.check_url(url)
        except webhooks.BadAddress as error:
            raise forms.ValidationError(str(error)) from error
        return url

    def clean_new_headers(self) -> str:
        text = str(self.cleaned_data["new_headers"]).strip()
        try:
            headers.parsed(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return text

    def clean(self) -> dict[str, Any]:
        """What is secret does not follow an address to another server."""
        data = super().clean() or {}
        kept = self.initial_headers and not data.get("new_headers") and not data.get("drop_headers")
        if kept and "url" in data and _server(data["url"]) != _server(self.initial["url"]):
            self.add_error("new_headers", _("This is another server: write its headers anew, or drop them."))
        return data

    def fill(self, webhook: Webhook) -> Webhook:
        """The row with its headers, ready to be saved."""
        if self.cleaned_data["new_headers"] or self.cleaned_data.get("drop_headers"):
            webhook.headers = self.cleaned_data["new_headers"]
        return webhook


def _server(url: str) -> tuple[str, str]:
    """With the scheme: what went out encrypted does not go out in plain text."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


@admin.register(Webhook)
class WebhookAdmin(TellingAdmin[Webhook], SecretAdmin[Webhook]):
    form = WebhookForm
    change_form_template = "admin/rules/webhook.html"
    # The lists of rules have a template of their own, under this app's name.
    change_list_template = "admin/change_list.html"
    list_display = ("title", "method", "url", "active")

    class Media:
        css = {"all": ("settings/keys.css",)}

    def get_fields(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        shown = (*WebhookForm.Meta.fields, "new_headers")
        return (*shown, "drop_headers") if obj and obj.headers else shown

    def save_model(self, request: Any, obj: Webhook, form: Any, change: bool) -> None:
        webhooks.save(form.fill(obj), by=request.user)
        if not change:
            note = _("Your server checks with it that a call comes from us, by Standard Webhooks.")
            ShownOnce.put(request, _("The signing secret of this webhook"), obj.secret, of=obj, note=note)

    def delete_model(self, request: Any, obj: Webhook) -> None:
        webhooks.delete(obj, by=request.user)

    def response_change(self, request: Any, obj: Webhook) -> HttpResponse:
        """The buttons below the form: what stands in it is saved first."""
        if "_test" in request.POST:
            webhooks.send_test(obj)
            return HttpResponseRedirect(f"{request.path}?tested=1#tries")
        if "_rotate" in request.POST:
            secret = webhooks.rotate_secret(obj, by=request.user)
            note = _("It is valid at once: change it on your server now.")
            ShownOnce.put(request, _("The new signing secret"), secret, of=obj, note=note)
            return HttpResponseRedirect(request.path)
        return super().response_change(request, obj)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        if webhook := kwargs.get("obj"):
            context |= {"webhook": webhook, "tries": webhooks.last_attempts(webhook)}
            context |= {"endpoint": outbox.endpoint(webhooks.group_of(webhook)), "tested": "tested" in request.GET}
        return super().render_change_form(request, context, *args, **kwargs)
