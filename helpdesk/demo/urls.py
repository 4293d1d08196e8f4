from django.urls import path

from helpdesk.demo.views import account, messenger, start

app_name = "demo"
urlpatterns = [
    path("", start.page, name="start"),
    path("messenger/", messenger.page, name="messenger"),
    path("messenger/webhook/", messenger.webhook, name="webhook"),
    path("messenger/new/", messenger.new_phone, name="new_phone"),
    path("messenger/outage/", messenger.outage, name="outage"),
    path("messenger/again/<str:key>/", messenger.again, name="again"),
    path("messenger/<str:login>/", messenger.page, name="phone"),
    path("messenger/<str:login>/send/", messenger.send, name="send"),
    path("messenger/<str:login>/news/", messenger.news, name="news"),
    path("account/", account.page, name="account_of_first"),
    path("account/new/", account.open_account, name="open_account"),
    path("account/<str:number>/", account.page, name="account"),
    path("account/<str:number>/token/", account.token, name="token"),
    path("account/<str:number>/code/", account.code, name="code"),
    path("account/<str:number>/tariff/", account.tariff, name="tariff"),
]
