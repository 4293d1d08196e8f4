from django.urls import path

from helpdesk.inbox.views import cases, conflicts, ledger, lists, people, statistics, verbs

app_name = "inbox"
urlpatterns = [
    path("", lists.home, name="home"),
    path("statistics/", statistics.page, name="statistics"),
    path("conflicts/", conflicts.index, name="conflicts"),
    path("conflicts/rows/", conflicts.rows, name="conflict_rows"),
    path("conflicts/<int:pk>/", conflicts.one, name="conflict"),
    path("conflicts/<int:pk>/decide/", conflicts.decide, name="decide"),
    path("people/<str:person_id>/ledger/", ledger.page, name="ledger"),
    path("people/<str:person_id>/ledger.csv", ledger.table, name="ledger_csv"),
    path("people/<str:person_id>/merge/", people.merge, name="person_merge"),
    path("people/<str:person_id>/merge/plan/", people.merge_plan, name="person_merge_plan"),
    path("people/<str:person_id>/split/", people.split, name="person_split"),
    path("people/<str:person_id>/split/plan/", people.split_plan, name="person_split_plan"),
    path("people/<str:person_id>/decide/", people.decide, name="person_decide"),
    path("people/<str:person_id>/operations/", people.operations, name="person_operations"),
    path("people/<str:person_id>/operations/<int:pk>/undo/", people.undo, name="person_undo"),
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
