from django.urls import path

from rules import views

urlpatterns = [
    path("<str:number>/rules/", views.runs, name="case_runs"),
    path("<str:number>/rules/<int:pk>/", views.run, name="case_run"),
    path("<str:number>/rules/of/<int:pk>/", views.of_event, name="case_run_of"),
]
