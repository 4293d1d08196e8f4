from django.urls import path

from identification import views

urlpatterns = [
    path("identify.js", views.identify_js, name="identify_js"),
    path("identify/<str:public_id>/texts", views.Texts.as_view(), name="identify_texts"),
    path("identify/<str:public_id>/codes", views.Codes.as_view(), name="identify_codes"),
]
