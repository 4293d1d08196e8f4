"""API keys in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Channel
from helpdesk.lib.admin import NamedForm, SecretAdmin, ShownOnce, TellingAdmin
from helpdesk.users.models import Agent, ApiKey
from helpdesk.users.models.agents import Scope
from helpdesk.users.services import keys

SCOPES = (
    (Scope.READ, _("Read cases, messages and people")),
    (Scope.WRITE, _("Read and write: open cases, answer, change")),
    (Scope.CHANNEL, _("Only one custom channel: bring messages in, tell what became of answers")),
    (Scope.ADMIN, _("Everything, settings too; for an administrator's key")),
)


class KeyForm(NamedForm[ApiKey]):
    """scope: the one thing that the key may do."""

    agent = forms.ModelChoiceField(label=_("Acts for"), queryset=Agent.objects.filter(is_active=True))
    scope = forms.ChoiceField(label=_("It may"), choices=SCOPES, widget=forms.RadioSelect, initial=Scope.WRITE)
    channel = forms.ModelChoiceField(
        label=_("Custom channel"),
        queryset=Channel.objects.filter(kind="custom"),
        required=False,
        help_text=_("Only for a key of one custom channel."),
    )

    class Meta:
        model = ApiKey
        fields = ("name", "agent", "channel", "active")
        help_texts = {"name": _("To tell keys apart: what will use it?")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "agent" in self.fields:
            self.fields["agent"].help_text = _("What it writes is this agent's, and it sees what this agent sees.")
        if self.instance.pk:
            self.fields["scope"].initial = max(self.instance.scopes, key=Scope.values.index, default=Scope.READ)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        scope, agent = data.get("scope"), data.get("agent") or getattr(self.instance, "agent", None)
        if scope == Scope.CHANNEL and not data.get("channel"):
            self.add_error("channel", _("Choose the channel that this key is for."))
        if scope != Scope.CHANNEL and data.get("channel"):
            self.add_error("channel", _("A key that may do more is not bound to a channel. Leave this empty."))
        if scope == Scope.ADMIN and agent and not agent.is_admin:
            self.add_error(
                "scope", _("%(agent)s is no administrator, so a key of theirs can't be one.") % {"agent": agent}
            )
        self.instance.scopes = [scope] if scope else []
        return data


@admin.register(ApiKey)
class ApiKeyAdmin(TellingAdmin[ApiKey], SecretAdmin[ApiKey]):
    form = KeyForm
    list_display = ("name", "start", "agent", "scope", "channel", "active", "last_used_at")
    list_filter = ("active",)
    list_select_related = ("agent", "channel")

    @admin.display(description=_("begins with"))
    def start(self, key: ApiKey) -> str:
        return f"{key.head}…"

    @admin.display(description=_("it may"))
    def scope(self, key: ApiKey) -> str:
        return ", ".join(str(Scope(scope).label) for scope in key.scopes)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        fields = ("name", "agent", "scope", "channel", "active")
        return (*fields, "start", "created_at", "last_used_at") if obj else fields[:-1]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return ("agent", "start", "created_at", "last_used_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["name", "scopes", "channel", "active"])
            return
        made, text = keys.make(obj.agent, name=obj.name, scopes=obj.scopes, channel=obj.channel)
        obj.pk, obj.hash, obj.head, obj._state.adding = made.pk, made.hash, made.head, False
        note = _("Programs send it with every call: Authorization: Bearer %(start)s…") % {"start": made.head[:3]}
        ShownOnce.put(request, _("The new API key"), text, of=obj, note=note)

    def consequences(self, row: ApiKey) -> list[Any]:
        return [_("What uses it is refused from then on. To stop it for a while, switch it off.")]
