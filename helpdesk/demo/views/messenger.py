"""The messenger simulator: a phone, and beside it what goes over the wire."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from helpdesk.demo import cast, messenger, receiver
from helpdesk.demo.models import Bubble, Outage, Phone, State

LONGEST = 4000  # characters of a message
OUTAGE = timedelta(days=365)  # unless somebody switches it on again


@never_cache
@require_GET
def page(request: HttpRequest, login: str = "") -> HttpResponse:
    """One person's phone; without a name, that of the first."""
    cast.gather()
    if not login:
        return redirect("demo:phone", login=Phone.objects.values_list("login", flat=True)[0])
    return render(request, "demo/messenger.html", _shown(get_object_or_404(Phone, login=login)))


@never_cache
@require_GET
def news(request: HttpRequest, login: str) -> HttpResponse:
    """The parts of the page that change, as HTML; 204 while nothing has."""
    phone = get_object_or_404(Phone, login=login)
    if request.GET.get("version") == messenger.version(phone):
        return HttpResponse(status=204)
    return render(request, "demo/parts/news.html", _shown(phone))


@require_POST
def send(request: HttpRequest, login: str) -> HttpResponse:
    phone = get_object_or_404(Phone, login=login)
    text = request.POST.get("text", "").strip()[:LONGEST]
    if text:
        messenger.write(phone, text)
    return redirect("demo:phone", login=login)


@require_POST
def again(request: HttpRequest, key: str) -> HttpResponse:
    """Sends a message that did not get through once more."""
    bubble = get_object_or_404(Bubble, key=key, state=State.FAILED)
    messenger.deliver(bubble)
    return redirect("demo:phone", login=bubble.phone.login)


@require_POST
def new_phone(request: HttpRequest) -> HttpResponse:
    return redirect("demo:phone", login=cast.newcomer().login)


@require_POST
def outage(request: HttpRequest) -> HttpResponse:
    """Switches the receiver off, or on."""
    off = request.POST.get("do") == "off"
    Outage.objects.create(until=timezone.now() + (OUTAGE if off else timedelta(0)))
    return redirect("demo:phone", login=get_object_or_404(Phone, login=request.POST.get("login", "")).login)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """The address that stands as Webhook URL in the custom channel's settings."""
    return HttpResponse(status=receiver.receive(request.headers, request.body))


def _shown(phone: Phone) -> dict[str, Any]:
    version = messenger.version(phone)
    return {
        "phone": phone,
        "bubbles": messenger.look(phone),
        "phones": messenger.phones(),
        "calls": messenger.calls(phone),
        "outage": Outage.left(),
        "version": version,
        "here": "messenger",
        "today": timezone.localdate(),
    }
