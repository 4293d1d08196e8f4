from django.urls import path

from helpdesk.live import views

app_name = "live"
urlpatterns = [
    path("", views.stream, name="stream"),
    path("<slug:sort>/<str:name>/", views.listen, name="listen"),
]
