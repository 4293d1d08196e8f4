"""Groups of rules: made and switched on their list's page, renamed and deleted on one of their own."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rules import services
from rules.admin.base import RulePages, me
from rules.models import RuleGroup
from rules.services.grouping import TITLE_LIMIT


class GroupForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=TITLE_LIMIT, label_suffix="")


class GroupPages(RulePages):
    def get_urls(self) -> list[URLPattern]:
        one = "groups/<int:pk>/"
        return [
            self.button("groups/new/", self.group_new, "group_new"),
            self.page(one, self.group_page, "group"),
            self.button(f"{one}up/", self.group_up, "group_up"),
            self.button(f"{one}down/", self.group_down, "group_down"),
            self.button(f"{one}switch/", self.group_switch, "group_switch"),
            self.button(f"{one}delete/", self.group_delete, "group_delete"),
            *super().get_urls(),
        ]

    def group_new(self, request: HttpRequest) -> HttpResponse:
        try:
            services.make_group(self.list_name, request.POST.get("title", ""), by=me(request))
        except services.BadGroup as refusal:
            messages.error(request, _sentence(refusal))
        return self.back()

    def group_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Its title, and a button that deletes it."""
        group = self._group(pk)
        form = GroupForm(request.POST if request.method == "POST" else None, initial={"title": group.title})
        if form.is_valid():
            try:
                services.rename_group(group, form.cleaned_data["title"], by=me(request))
                return self.back()
            except services.BadGroup as refusal:
                form.add_error("title", _sentence(refusal))
        context = {"form": form, "group": group, "title": group.title, "size": group.rules.count()}
        context |= {"list": self.address("changelist"), "delete": self.address("group_delete", pk)}
        return TemplateResponse(request, "admin/rules/group.html", self.framed(request, **context))

    def group_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        services.move_group(self._group(pk), -1, by=me(request))
        return self.back()

    def group_down(self, request: HttpRequest, pk: int) -> HttpResponse:
        services.move_group(self._group(pk), 1, by=me(request))
        return self.back()

    def group_switch(self, request: HttpRequest, pk: int) -> HttpResponse:
        group = self._group(pk)
        services.switch_group(group, not group.active, by=me(request))
        return self.back()

    def group_delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        group = self._group(pk)
        services.delete_group(group, by=me(request))
        messages.success(
            request, _("The group “%(title)s” is gone. Its rules are still here.") % {"title": group.title}
        )
        return self.back()

    def _group(self, pk: int) -> RuleGroup:
        return get_object_or_404(RuleGroup, pk=pk, list=self.list_name)


def _sentence(refusal: services.BadGroup) -> str:
    return " ".join(sentence for said in refusal.fields.values() for sentence in said)
