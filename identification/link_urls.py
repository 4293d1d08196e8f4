from django.urls import path

from identification import undo_page

urlpatterns = [
    path("undo/<str:token>/", undo_page.page, name="identification_undo"),
]
