"""Agents and groups in the admin."""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from helpdesk.lib import zones
from helpdesk.lib.admin import NamedForm, SecretAdmin, ShownOnce, TellingAdmin
from helpdesk.users.models import Agent, AgentStatus, Group
from helpdesk.users.services import agents


def _languages() -> list[tuple[str, Any]]:
    return [("", _("As the browser asks")), *settings.LANGUAGES]


def _zones() -> list[tuple[str, Any]]:
    desk = _("As the desk (%(zone)s)") % {"zone": settings.DESK_TIME_ZONE}
    return [("", desk), *zones.named()]


ROW = ("name", "email", "is_admin", "is_active", "may_merge", "language", "timezone")


class AgentForm(NamedForm[Agent]):
    """An agent with the channels and groups to see; the password only where it is set anew."""

    password1 = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=_languages, required=False)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=_zones, required=False)

    class Meta:
        model = Agent
        fields = (*ROW, "channels", "groups", "role", "status")
        help_texts = {
            "role": _("Rules can give cases to all with a role. It gives no rights."),
            "status": _("As the agent has chosen it in the inbox. Cases are given out while the inbox is open, too."),
        }
        widgets = {"channels": forms.CheckboxSelectMultiple, "groups": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["password1"].help_text = _("Leave it empty to keep the present one.")
            # Saved by verbs, which compare them with what they were.
            self.before = (self.instance.role, self.instance.status)
        else:
            self.fields["status"].initial = AgentStatus.objects.filter(available=True).first()
            self.fields["password1"].label = _("Password")
            self.fields["password1"].help_text = _(
                "Leave it empty: after saving you get a link for the agent, who then chooses a password."
            )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        stays = data.get("is_admin") and data.get("is_active")
        if self.instance.pk and not stays and not _admins().exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("This is the last administrator who can sign in. Make somebody else one first."))
        return data

    def _post_clean(self) -> None:
        """As Django's own form for users: the password is compared with name and e-mail as they are now."""
        super()._post_clean()  # type: ignore[misc]
        password = self.cleaned_data.get("password1")
        if not password:
            return
        try:
            validate_password(password, self.instance)
        except ValidationError as error:
            self.add_error("password1", error)
        else:
            self.instance.set_password(password)


def _admins() -> Any:
    return Agent.objects.filter(is_admin=True, is_active=True)


@admin.register(Agent)
class AgentAdmin(SecretAdmin[Agent]):
    form = AgentForm
    change_form_template = "admin/users/agent/change_form.html"
    list_display = ("name", "email", "is_admin", "is_active", "sees", "judges", "role", "status", "there", "last_login")
    list_filter = ("is_admin", "is_active", "may_merge", "groups", "role", "status")
    list_select_related = ("role", "status")
    ordering = ("name",)
    search_fields = ("name", "email")
    fieldsets = (
        (None, {"fields": ("name", "email", "password1", "is_active")}),
        (
            _("What this agent sees"),
            {
                "fields": ("is_admin", "channels", "groups"),
                "description": _(
                    "An administrator sees everything. Others see the cases of their channels that are in one of their "
                    "groups, in no group, or assigned to them."
                ),
            },
        ),
        (_("What this agent may decide"), {"fields": ("may_merge",)}),
        (_("What this agent does"), {"fields": ("role", "status")}),
        (_("Preferences"), {"fields": ("language", "timezone")}),
    )

    @admin.display(description=_("sees"))
    def sees(self, agent: Agent) -> Any:
        if agent.is_admin:
            return _("everything")
        return ", ".join(channel.title for channel in agent.channels.all()) or None

    @admin.display(description=_("may link and merge people"), boolean=True)
    def judges(self, agent: Agent) -> bool:
        return agent.judges

    @admin.display(description=_("available now"), boolean=True)
    def there(self, agent: Agent) -> bool:
        return agent.is_available

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("channels")

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        if change:
            # Not the last sign-in, which may be another by now: it is what ends one-time links.
            obj.save(update_fields=[*ROW, *(["password"] if form.cleaned_data["password1"] else [])])
        else:
            if not obj.password:
                obj.set_unusable_password()
            obj.save()
        if "email" in form.changed_data:
            # allauth keeps addresses of its own, and would let the old one in.
            EmailAddress.objects.filter(user_id=obj.pk).delete()
        if obj.pk == request.user.pk and form.cleaned_data["password1"]:
            update_session_auth_hash(request, obj)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        agent = form.instance
        told = sorted(_told(form.changed_data))
        if change:
            self._save_place(form, agent, request.user)
        if not change or not told or set(told) - {"role", "status"}:
            agents.changed(agent, "edited" if change else "made", by=request.user, fields=told)
        if not change and not agent.has_usable_password():
            self._give_link(request, agent)

    def _save_place(self, form: Any, agent: Agent, by: Agent) -> None:
        """Role and status by their verbs."""
        agent.role, agent.status = form.before
        agents.set_role(agent, form.cleaned_data["role"], by=by)
        agents.set_status(agent, form.cleaned_data["status"], by=by)

    def response_change(self, request: Any, obj: Agent) -> HttpResponse:
        """The button beside Save."""
        if "_link" not in request.POST:
            return super().response_change(request, obj)
        agents.changed(obj, "sign-in link made", by=request.user)
        self._give_link(request, obj)
        return HttpResponseRedirect(request.path)

    def _give_link(self, request: HttpRequest, agent: Agent) -> None:
        if not agent.is_active:
            return
        note = _("Send it to %(name)s only. It works once, for an hour.") % {"name": agent}
        link = import_string(settings.SIGN_IN_LINK)(agent)
        ShownOnce.put(request, _("A link to sign in"), link, of=agent, note=note)

    def has_delete_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        """Agents are switched off, not deleted: what they wrote stays theirs."""
        return False


def _told(names: Iterable[str]) -> list[str]:
    return ["password" if name == "password1" else name for name in names]


class GroupForm(NamedForm[Group]):
    """A group, and who is in it."""

    agents = forms.ModelMultipleChoiceField(
        label=_("Agents"),
        queryset=Agent.objects.filter(is_active=True),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They see the cases of this group, as far as they see the channel."),
    )

    class Meta:
        model = Group
        fields = ("title", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["agents"].initial = self.instance.agents.all()


@admin.register(Group)
class GroupAdmin(TellingAdmin[Group]):
    form = GroupForm
    fields = ("title", "active", "agents")
    list_display = ("title", "members", "active")

    @admin.display(description=_("agents"))
    def members(self, group: Group) -> Any:
        return ", ".join(str(agent) for agent in group.agents.all() if agent.is_active) or None

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("agents")

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        agents.give_group(form.instance, form.cleaned_data["agents"], by=request.user)

    def delete_model(self, request: Any, obj: Group) -> None:
        agents.give_group(obj, (), by=request.user)
        super().delete_model(request, obj)

    def consequences(self, row: Group) -> list[str]:
        number = row.agents.count()
        told = ngettext("%(number)d agent leaves it.", "%(number)d agents leave it.", number) % {"number": number}
        return [told] if number else []
