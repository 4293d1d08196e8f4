from django.contrib import admin
from django.urls import path

from helpdesk.ops import recipe_pages, views

app_name = "ops"
urlpatterns = [
    path("sign-in/<str:token>/", views.one_time, name="sign_in"),
    path("healthz", views.alive, name="healthz"),
    path("readyz", views.ready, name="readyz"),
    path("metrics", views.figures, name="metrics"),
    path("admin/rules/recipes/", admin.site.admin_view(recipe_pages.every), name="recipes"),
    path("admin/rules/recipes/<slug:key>/", admin.site.admin_view(recipe_pages.one), name="recipe"),
]
