from django.urls import path

from identification import locks, look_up_views

urlpatterns = [
    path("<str:number>/unlock-codes/", locks.unlock, name="unlock_codes"),
    path("<str:number>/look-up/", look_up_views.refresh, name="look_up_refresh"),
]
