"""The customer account on Acme's web site: the place where a customer proves who they are."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from helpdesk.demo import cast, config, desk, tokens
from helpdesk.demo.models import Account


@never_cache
@require_GET
def page(request: HttpRequest, number: str = "") -> HttpResponse:
    """The account of one customer. A real site would ask for a password; here you choose who is signed in."""
    cast.gather()
    if not number:
        return redirect("demo:account", number=Account.objects.values_list("number", flat=True)[0])
    account = get_object_or_404(Account, number=number)
    return render(request, "demo/account.html", _shown(account, told=request.GET.get("told", "")))


@never_cache
@require_GET
def token(request: HttpRequest, number: str) -> HttpResponse:
    """A fresh token for a page that stays open longer than a token lives."""
    try:
        return JsonResponse({"token": tokens.make(get_object_or_404(Account, number=number))})
    except config.NotConnected:
        return JsonResponse({"token": ""}, status=503)


@require_POST
def code(request: HttpRequest, number: str) -> HttpResponse:
    """A code made by our server, for those who want no script of the helpdesk on their page."""
    account = get_object_or_404(Account, number=number)
    about = tokens.about(account)
    user = {
        "user_email": account.email,
        "user_full_name": account.name,
        "custom_fields": about["custom_fields"],
    }
    try:
        return JsonResponse(desk.make_code(user))
    except (desk.Refused, config.NotConnected) as error:
        return JsonResponse({"problem": str(error)}, status=502)


@require_POST
def tariff(request: HttpRequest, number: str) -> HttpResponse:
    """Changes the tariff in our own database, then tells the helpdesk."""
    account = get_object_or_404(Account, number=number)
    wanted = request.POST.get("tariff", "")
    if wanted in cast.TARIFFS:
        account.tariff = wanted
        account.save(update_fields=["tariff"])
    answer = redirect("demo:account", number=number)
    answer["Location"] += f"?told={_tell(account)}"
    return answer


@require_POST
def open_account(request: HttpRequest) -> HttpResponse:
    return redirect("demo:account", number=cast.open_account().number)


def _tell(account: Account) -> str:
    """yes, no (not known there yet) or failed. A real site would do this in the background, and repeat it."""
    try:
        known = desk.tell(number=account.number, email=account.email, custom_fields={"tariff": account.tariff})
    except (desk.Refused, config.NotConnected):
        return "failed"
    return "yes" if known else "no"


def _shown(account: Account, *, told: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "account": account,
        "accounts": Account.objects.all(),
        "tariffs": cast.TARIFFS,
        "told": told,
        "here": "account",
    }
    try:
        claims = json.dumps({"external_id": account.number, **tokens.about(account)}, indent=2)
        shown |= {"desk": config.read(), "token": tokens.make(account), "claims": claims}
    except config.NotConnected:
        shown["desk"] = None
    return shown
