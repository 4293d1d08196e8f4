from django.urls import path

from helpdesk.ops import views

app_name = "ops"
urlpatterns = [
    path("sign-in/<str:token>/", views.one_time, name="sign_in"),
    path("healthz", views.alive, name="healthz"),
    path("readyz", views.ready, name="readyz"),
    path("metrics", views.figures, name="metrics"),
]
