from django.urls import path

from helpdesk.cases import rating_page, views

app_name = "cases"
urlpatterns = [
    path("files/<str:proof>/", views.file, name="file"),
    path("r/<str:token>/", rating_page.page, name="rating"),
]
