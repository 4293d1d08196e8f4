"""Pages of the desk's own operation: one-time sign-in, health, figures."""

from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from helpdesk.ops import health, metrics, sign_in


@never_cache
@require_http_methods(["GET", "POST"])
def one_time(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, so that programs which open links in mails and chats do not use it up; POST signs in."""
    try:
        if request.method == "POST":
            # Further on as any other sign-in: with the second factor, if there is one.
            answer: HttpResponse = perform_login(request, sign_in.redeem(token))
            return answer
        agent = sign_in.holder(token)
    except sign_in.LinkGone as gone:
        return render(request, "ops/sign_in.html", {"gone": gone}, status=gone.status)
    return render(request, "ops/sign_in.html", {"agent": agent})


@never_cache
@require_GET
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_GET
def ready(request: HttpRequest) -> JsonResponse:
    """{"status": "ok" | "degraded" | "down", "checks": {name: {"state", "detail"}}}; 503 when down.

    Details, which may name hosts and users of the database, are for those who may read the figures.
    """
    checks = health.quick()
    status = health.overall(checks)
    inside = metrics.may_read(request)
    told = {check.key: {"state": check.state, "detail": check.detail if inside else ""} for check in checks}
    return JsonResponse({"status": status, "checks": told}, status=503 if status == "down" else 200)


@never_cache
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, for who has the token, or asks from this machine where there is none."""
    if not metrics.may_read(request):
        return HttpResponse(status=403)
    return HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)
