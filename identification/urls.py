from django.urls import path

from identification import views

urlpatterns = [
    path("identify.js", views.script, {"name": "identify"}, name="identify_js"),
    path("identify-confirm.js", views.script, {"name": "identify-confirm"}, name="identify_confirm_js"),
    path("identify/<str:public_id>/texts", views.Texts.as_view(), name="identify_texts"),
    path("identify/<str:public_id>/codes", views.Codes.as_view(), name="identify_codes"),
    path("identify/<str:public_id>/proposals", views.Proposed.as_view(), name="identify_proposals"),
    path("identify/<str:public_id>/proposals/<str:number>", views.Decision.as_view(), name="identify_decision"),
]
