from django.urls import path

from helpdesk.inbox.views import cases, lists, verbs

app_name = "inbox"
urlpatterns = [
    path("", lists.home, name="home"),
    path("views/<slug:key>/", lists.tray, name="tray"),
    path("views/<slug:key>/rows/", lists.rows, name="rows"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("cases/<str:number>/fresh/", cases.fresh, name="fresh"),
    path("cases/<str:number>/messages/", verbs.write, name="write"),
    path("cases/<str:number>/messages/<int:message_id>/again/", verbs.again, name="again"),
    path("cases/<str:number>/messages/<int:message_id>/cancel/", verbs.cancel, name="cancel"),
    path("cases/<str:number>/assign/", verbs.assign, name="assign"),
    path("cases/<str:number>/status/", verbs.status, name="status"),
    path("cases/<str:number>/end-chat/", verbs.end_chat, name="end_chat"),
]
