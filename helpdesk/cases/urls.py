from django.urls import path

from helpdesk.cases import views

app_name = "cases"
urlpatterns = [path("files/<str:proof>/", views.file, name="file")]
