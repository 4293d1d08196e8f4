"""Custom channels in the admin: settings, name and secret, who sees it, a test."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from channels_custom import deliveries, headers, health, services, trying
from channels_custom.check_page import CheckingAdmin
from channels_custom.deliveries import DeliveriesAdmin
from channels_custom.models import Also, BodyFormat, CustomChannel
from helpdesk.channels import links
from helpdesk.channels.models import Level
from helpdesk.lib.admin import NamedForm, SecretAdmin, ShownOnce, TellingAdmin
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import CAP
from helpdesk.outbox.services.endpoints import MOST_CAP
from helpdesk.users.models import Agent

TYPES = (
    ("sync", _("A chat: question and answer follow each other, and it ends after some silence")),
    ("async", _("Like mail: each customer can have several cases, and nothing hurries")),
)
LEVELS = (
    (Level.ANONYMOUS, _("Anonymous: nobody says who writes")),
    (Level.CLAIMED, _("Claimed: only the messenger says who writes, and its ids are not accounts of your company")),
    (Level.VOUCHED, _("Vouched: its ids are accounts of your own company")),
    (Level.PROVEN, _("Proven: your server signs people in before they write, and only it holds the API key")),
)
# Icons that tell channels apart in lists; the API takes any name of Lucide.
ICONS = (
    ("message-circle", _("Speech bubble")),
    ("messages-square", _("Two speech bubbles")),
    ("send", _("Paper plane")),
    ("smartphone", _("Phone")),
    ("globe", _("Globe")),
    ("mail", _("Envelope")),
    ("store", _("Shop")),
    ("shopping-cart", _("Shopping cart")),
    ("gamepad-2", _("Game")),
    ("building-2", _("Building")),
    ("life-buoy", _("Life buoy")),
    ("bot", _("Robot")),
)


ANSWERS = ("webhook_url", "body_format", "also_sends", "cap", "new_headers", "drop_headers")
FIELDSETS: Any = (
    (None, {"fields": ("title", "icon", "active")}),
    (_("Answers"), {"fields": ANSWERS}),
    (_("Conversation"), {"fields": ("type", "silence")}),
    (_("People"), {"fields": ("sender_level", "link_template", "tells_links", "agents")}),
)


class ChannelForm(NamedForm[CustomChannel]):
    """Settings, and the agents who see the channel's cases (admins always do)."""

    type = forms.ChoiceField(label=_("Type"), choices=TYPES, widget=forms.RadioSelect, initial="sync")
    icon = forms.ChoiceField(label=_("Icon"), choices=ICONS, initial="message-circle")
    sender_level = forms.TypedChoiceField(
        label=_("How sure are we of a sender?"), choices=LEVELS, coerce=int, widget=forms.RadioSelect, initial=1
    )
    body_format = forms.ChoiceField(label=_("Body"), choices=BodyFormat.choices, initial=BodyFormat.JSON)
    agents = forms.ModelMultipleChoiceField(
        label=_("Agents with access"),
        queryset=Agent.objects.filter(is_active=True, is_admin=False),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Administrators see every channel. At first nobody else sees a new one."),
    )
    also_sends = forms.MultipleChoiceField(
        label=_("Tell it also about"),
        choices=Also.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Messages of other types to the same address, for servers that know them."),
    )
    cap = forms.IntegerField(
        label=_("Deliveries at a time"),
        min_value=1,
        max_value=MOST_CAP,
        initial=CAP,
        widget=forms.NumberInput(attrs={"class": "vIntegerField"}),
        help_text=_("1 to 20. Answers of one case always leave one after the other."),
    )
    new_headers = forms.CharField(
        label=_("Extra headers"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField", "autocomplete": "off"}),
    )
    drop_headers = forms.BooleanField(label=_("Send no extra headers any more"), required=False)

    class Meta:
        model = CustomChannel
        fields = (
            *("title", "icon", "webhook_url", "body_format", "also_sends"),
            *("sender_level", "link_template", "tells_links", "silence", "active"),
        )
        labels = {"silence": _("Minutes of silence that end a chat")}
        help_texts = {
            "webhook_url": _("Answers go to this address of your server, signed, one after the other."),
            "silence": "",
            "active": _("Off: it takes no messages, and no answers leave."),
            "tells_links": _(
                "When your server, a token or a code links another account to a customer, their last conversation "
                "here is told, with a link that undoes it for seven days: whoever was talked out of a code finds "
                "out. What it costs: a message of the desk for each new link, and customers who undo what was right."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        icons = dict(ICONS)
        if self.instance.icon not in icons:
            self.fields["icon"].choices = [*ICONS, (self.instance.icon, self.instance.icon)]  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["type"].initial = "sync" if self.instance.sync else "async"
            self.fields["agents"].initial = self.instance.agents.all()
            self.fields["cap"].initial = outbox.endpoint(self.instance.lane_group).cap
        self.fields["new_headers"].help_text = self._about_headers()

    def _about_headers(self) -> str:
        """Names only: what stands behind them may be secret, and is never shown again."""
        names = ", ".join(headers.parsed(self.instance.headers))
        if not names:
            return str(_("“Name: value”, one on a line; sent with each message."))
        return _("Set: %(names)s. Empty: they stay. What you write here takes the place of all of them.") % {
            "names": names
        }

    def clean_new_headers(self) -> str:
        text = str(self.cleaned_data["new_headers"]).strip()
        try:
            headers.parsed(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return text

    def clean_link_template(self) -> str:
        template: str = self.cleaned_data["link_template"]
        try:
            return links.check(template) if template.strip() else ""
        except links.BadTemplate as error:
            raise forms.ValidationError(str(error)) from error

    @property
    def settings(self) -> dict[str, Any]:
        """What was said, as the verbs take it."""
        plain = {name: self.cleaned_data[name] for name in ChannelForm.Meta.fields}
        given = self.cleaned_data["new_headers"]
        changed = {"headers": given} if given or self.cleaned_data["drop_headers"] else {}
        return {**plain, **changed, "sync": self.cleaned_data["type"] == "sync"}


class ChannelList(ChangeList):
    """Each row with its endpoint, in one query for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        endpoints = health.endpoints(rows)
        for row in rows:
            row.state = health.state_of(row, endpoints[row.pk])
        self.result_list = rows


@admin.register(CustomChannel)
class CustomChannelAdmin(DeliveriesAdmin, CheckingAdmin, TellingAdmin[CustomChannel], SecretAdmin[CustomChannel]):
    form = ChannelForm
    change_form_template = "admin/channels_custom/change_form.html"
    list_display = ("title", "channel_key", "kind_of_talk", "webhook_url", "active", "health")
    fieldsets = FIELDSETS

    @admin.display(description="channel_api_key")
    def channel_key(self, channel: CustomChannel) -> str:
        return channel.api_key

    @admin.display(description=_("type"), ordering="sync")
    def kind_of_talk(self, channel: CustomChannel) -> Any:
        return _("a chat") if channel.sync else _("like mail")

    @admin.display(description=_("answers"))
    def health(self, channel: CustomChannel) -> Any:
        return render_to_string("admin/channels_custom/health.html", {"channel": channel})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ChannelList

    def get_fieldsets(self, request: HttpRequest, obj: CustomChannel | None = None) -> Any:
        """What is not there need not be dropped."""
        if obj and obj.headers:
            return self.fieldsets
        shown = [name for name in ANSWERS if name != "drop_headers"]
        return [(title, {**more, "fields": shown} if more["fields"] is ANSWERS else more) for title, more in FIELDSETS]

    def save_model(self, request: Any, obj: CustomChannel, form: Any, change: bool) -> None:
        if change:
            # As it is stored: the form has written on `obj` already, and the verb compares.
            services.change(CustomChannel.objects.get(pk=obj.pk), **form.settings, by=request.user)
            return
        made = services.create(**form.settings, by=request.user)
        vars(obj).update(vars(made))
        note = _("Your server checks with it that an answer comes from us.")
        ShownOnce.put(request, _("The signing secret of this channel's webhook"), made.secret, of=obj, note=note)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.give_access(form.instance, form.cleaned_data["agents"], by=request.user)
        if "cap" in form.changed_data:
            outbox.set_cap(form.instance.lane_group, form.cleaned_data["cap"])

    def response_change(self, request: Any, obj: CustomChannel) -> HttpResponse:
        """The buttons below the form: what stands in it is saved first."""
        if "_test" in request.POST:
            return HttpResponseRedirect(f"{request.path}?tested={services.send_test(obj).pk}#deliveries")
        if "_rotate" in request.POST:
            secret = services.rotate_secret(obj, by=request.user)
            note = _("For 24 hours the old one signs, too: change it on your server in that time.")
            ShownOnce.put(request, _("The new signing secret"), secret, of=obj, note=note)
            return HttpResponseRedirect(request.path)
        if "_switch_on" in request.POST:
            return self._switched_on(request, obj)
        if "_end_overlap" in request.POST:
            services.change(obj, old_secret="", old_secret_until=None, by=request.user)
            return HttpResponseRedirect(f"{request.path}#deliveries")
        if "_everybody" in request.POST:
            services.give_access(obj, [*obj.agents.all(), *_without(obj)], by=request.user)
            return HttpResponseRedirect(f"{request.path}#access")
        return super().response_change(request, obj)

    def _switched_on(self, request: HttpRequest, channel: CustomChannel) -> HttpResponse:
        """Leads on to where what could not leave is sent again."""
        since = deliveries.stopped(channel)
        shown = {"since": localtime(since).strftime(deliveries.INPUT)} if since else {}
        services.switch_on(channel, by=deliveries.me(request))
        return HttpResponseRedirect(f"{deliveries.address(channel)}?{urlencode(shown)}#resend")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        channel = kwargs.get("obj")
        if channel:
            context |= {"channel": channel, "tested": trying.outcome(request.GET.get("tested", ""), channel)}
            context["state"] = health.told(channel, outbox.endpoint(channel.lane_group))
            context |= {"without": list(_without(channel)), "overlap": len(channel.valid_secrets(timezone.now())) > 1}
            context["address"] = request.build_absolute_uri(reverse("custom_channel-messages", args=[channel.api_key]))
        return super().render_change_form(request, context, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: CustomChannel | None = None) -> bool:
        """A channel in which somebody has written is switched off, not deleted."""
        return obj is None or not (obj.cases.exists() or obj.profiles.exists())

    def consequences(self, row: CustomChannel) -> list[Any]:
        return [_("Programs that write to “%(key)s” are refused from then on.") % {"key": row.api_key}]


def _without(channel: CustomChannel) -> QuerySet[Agent]:
    """Agents who do not see the channel."""
    return Agent.objects.filter(is_active=True, is_admin=False).exclude(channels=channel.pk).order_by("name", "email")
