"""The pages of a channel's deliveries in the admin: how its address is, what was tried, and what can be done."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, localtime, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from channels_custom import chart, curl, health, services, tries, trying
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Message
from helpdesk.lib.admin import NamedAdmin
from helpdesk.lib.errors import Refusal
from helpdesk.lib.ids import is_id
from helpdesk.outbox import clock
from helpdesk.outbox import services as outbox
from helpdesk.users.models import Agent

INPUT = "%Y-%m-%dT%H:%M"  # as <input type="datetime-local"> writes it
Deed = Callable[[HttpRequest, CustomChannel], str]


class NotUnderstood(Refusal):
    """What was typed or pressed makes no sense here."""

    code = "not_understood"
    sentence = lazy("This page is out of date. Look again, please.")


class DeliveriesAdmin(NamedAdmin[CustomChannel]):
    """Adds the list of deliveries, and a page for each one."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/deliveries/", wrap(self.deliveries), name=f"{name}_deliveries"),
            path("<int:pk>/deliveries/<int:number>/", wrap(self.delivery), name=f"{name}_delivery"),
            *super().get_urls(),
        ]

    def deliveries(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self._channel(request, pk)
        if request.method == "POST":
            return _done(request, channel)
        endpoint = outbox.endpoint(channel.lane_group)
        figures = health.figures(channel)
        failed = request.GET.get("failed") == "1"
        return self._shown(
            request,
            channel,
            "deliveries",
            {
                "tested": trying.outcome(request.GET.get("tested", ""), channel),
                "endpoint": endpoint,
                "state": health.told(channel, endpoint),
                "figures": figures,
                "chart": chart.chart(figures.hours),
                "waiting": tries.waiting(channel, me(request)),
                "log": tries.log(channel, me(request), failed=failed, after=request.GET.get("after", "")),
                "failed": failed,
                "after": request.GET.get("after", ""),
                "since": _since(request),
            },
        )

    def delivery(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        channel = self._channel(request, pk)
        if request.method == "POST":
            return _done(request, channel)
        line = tries.one(channel, number, me(request))
        if line is None:
            raise Http404
        more = {"line": line, "tries": line.job.tries.order_by("-pk")[:50], "curl": curl.command(line.job, channel)}
        return self._shown(request, channel, "delivery", more)

    def _channel(self, request: HttpRequest, pk: int) -> CustomChannel:
        channel = CustomChannel.objects.filter(pk=pk).first()
        if not self.has_change_permission(request, channel):
            raise PermissionDenied
        if channel is None:
            raise Http404
        return channel

    def _shown(self, request: HttpRequest, channel: CustomChannel, page: str, more: dict[str, Any]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **self._place(),
            "opts": self.opts,
            "original": channel,
            "channel": channel,
            "title": channel.title,
            **more,
        }
        return TemplateResponse(request, f"admin/channels_custom/{page}.html", context)


def me(request: HttpRequest) -> Agent:
    """Who asks: the administration is open to agents only."""
    return cast(Agent, request.user)


def address(channel: CustomChannel) -> str:
    return reverse("admin:channels_custom_customchannel_deliveries", args=[channel.pk])


def stopped(channel: CustomChannel) -> datetime | None:
    """Since when answers could not leave, with the one whose answer led to it: it was given up on just before."""
    return channel.switched_off_at - timedelta(minutes=1) if channel.switched_off_at else None


def _since(request: HttpRequest) -> str:
    """From when on failed answers are offered to be sent again: as an input takes it."""
    asked = _time(request.GET.get("since", ""))
    return localtime(asked or clock.now() - health.DAY).strftime(INPUT)


def _time(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
        return make_aware(found) if found and is_naive(found) else found
    except (ValueError, OverflowError):
        return None


def _done(request: HttpRequest, channel: CustomChannel) -> HttpResponse:
    """Does what the button says, and shows the page again."""
    try:
        deed = DEEDS.get(request.POST.get("do", ""))
        if deed is None:
            raise NotUnderstood
        told = deed(request, channel)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(request.get_full_path())
    if told.startswith("?"):
        return HttpResponseRedirect(address(channel) + told)
    messages.success(request, told)
    return HttpResponseRedirect(request.get_full_path())


def _pause(request: HttpRequest, channel: CustomChannel) -> str:
    services.pause(channel, by=me(request))
    return _("Paused. Answers wait in order until you go on.")


def _resume(request: HttpRequest, channel: CustomChannel) -> str:
    services.resume(channel, by=me(request))
    return _("What waits leaves now, the oldest first.")


def _test(request: HttpRequest, channel: CustomChannel) -> str:
    return f"?tested={services.send_test(channel).pk}"


def _resend(request: HttpRequest, channel: CustomChannel) -> str:
    since = _time(request.POST.get("since", ""))
    if since is None:
        raise NotUnderstood(_("Say since when: day and time."))
    return _sent_again(services.resend_failed(channel, since, by=me(request)))


def _sent_again(number: int) -> str:
    if not number:
        return _("Nothing was given up on since then.")
    said = ngettext("%(number)d answer is sent again.", "%(number)d answers are sent again, in order.", number)
    return said % {"number": number}


def _switch_on(request: HttpRequest, channel: CustomChannel) -> str:
    since = stopped(channel)
    services.switch_on(channel, by=me(request))
    told = _("Switched on again: new answers leave.")
    if since and request.POST.get("send"):
        return f"{told} {_sent_again(services.resend_failed(channel, since, by=me(request)))}"
    return told


def _retry(request: HttpRequest, channel: CustomChannel) -> str:
    cases.send_again(_message(request, channel), by=me(request))
    return _("It is sent again now.")


def _cancel(request: HttpRequest, channel: CustomChannel) -> str:
    cases.cancel_sending(_message(request, channel), by=me(request))
    return _("It is not sent. Those behind it go on.")


def _message(request: HttpRequest, channel: CustomChannel) -> Message:
    asked = request.POST.get("message", "")
    mine = Message.objects.visible_to(me(request)).filter(channel=channel.pk)
    found = mine.filter(pk=int(asked)).first() if is_id(asked) else None
    if found is None:
        raise NotUnderstood
    return found


DEEDS: dict[str, Deed] = {
    "pause": _pause,
    "resume": _resume,
    "test": _test,
    "resend": _resend,
    "switch_on": _switch_on,
    "retry": _retry,
    "cancel": _cancel,
}
