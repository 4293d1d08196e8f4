"""The only place that joins apps, by string."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.defaults import page_not_found

# The admin signs in by the same door as everybody: with its limits and its second factor.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# A database that is away is no bug.
handler500 = "helpdesk.lib.away.failed"

urlpatterns = [
    path("", include("helpdesk.inbox.urls")),
    path("cases/", include("identification.inbox_urls")),
    path("cases/", include("rules.urls")),
    path("", include("helpdesk.ops.urls")),
    path("", include("helpdesk.cases.urls")),
    path("live/", include("helpdesk.live.urls")),
    path("widget/v1/", include("identification.urls")),
    path("widget/v1/chat/", include("helpdesk.widget.urls")),
    path("links/", include("identification.link_urls")),
    # What an agent signs in with is the administrators' business: here anybody could take a colleague's address, too.
    path("accounts/email/", page_not_found, {"exception": None}),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("helpdesk.api_urls")),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("helpdesk.demo.urls")))
