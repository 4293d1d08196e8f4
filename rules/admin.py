"""Rules in the admin: three ordered lists, and a page per rule with the editor."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from helpdesk.lib.admin import NamedTabular, TellingAdmin
from helpdesk.lib.fields import FIELDS, remembered
from helpdesk.users.models import Agent
from rules import drafts, history, schema, services, summary
from rules.drafts import Draft
from rules.forms import FACTS, ActionForm, Actions, ConditionForm, Conditions, RuleForm, steps, terms
from rules.models import Action, Condition, NewCasesRule, Rule, RuleList, TimeRule, UpdatedCasesRule


def me(request: HttpRequest) -> Agent:
    """Who acts: the admin site lets nobody else in."""
    return cast(Agent, request.user)


class ConditionInline(NamedTabular[Condition, Rule]):
    model = Condition
    form = ConditionForm
    formset = Conditions
    extra = 2


class ActionInline(NamedTabular[Action, Rule]):
    model = Action
    form = ActionForm
    formset = Actions
    extra = 1


class RuleAdmin(TellingAdmin[Rule]):
    """One of the three lists. Its rows move and switch by buttons, each a POST of its own."""

    list_name: RuleList
    heading: Any
    form = RuleForm
    fields = (*FACTS, "draft", "seen")
    inlines = (ConditionInline, ActionInline)
    list_display = ("title", "what", "on", "last", "order")
    sortable_by = ()
    ordering = ("position", "id")
    list_per_page = 500
    actions = None

    class Media:
        css = {"all": ("rules/rules.css",)}
        js = (forms.Script("rules/rule-editor.js", type="module"), forms.Script("rules/trying.js", type="module"))

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).prefetch_related("conditions", "actions")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        services.review()
        with remembered():
            title = {"title": self.heading, **(extra_context or {})}
            response = super().changelist_view(request, title)
            # Rendered here: the columns read the vocabulary, once for all rows.
            return response.render() if hasattr(response, "render") else response

    @admin.display(description=gettext_lazy("what it does"))
    def what(self, rule: Rule) -> SafeString:
        draft = drafts.of(rule)
        when, then = summary.conditions(draft, FIELDS.now()), summary.actions(draft)
        return render_to_string("admin/rules/what.html", {"rule": rule, "when": when, "then": then})

    @admin.display(description=gettext_lazy("active"))
    def on(self, rule: Rule) -> SafeString:
        return self._buttons(rule, "switch")

    @admin.display(description=gettext_lazy("fired last"))
    def last(self, rule: Rule) -> SafeString:
        return render_to_string("admin/rules/last.html", {"rule": rule})

    @admin.display(description=gettext_lazy("order"))
    def order(self, rule: Rule) -> SafeString:
        return self._buttons(rule, "order")

    def _buttons(self, rule: Rule, name: str) -> SafeString:
        return render_to_string(f"admin/rules/{name}.html", {"rule": rule, "to": self._to(rule)})

    def _to(self, rule: Rule) -> dict[str, str]:
        names = ("move_up", "move_down", "switch", "clone")
        return {name: reverse(f"admin:{self._name}_{name}", args=[rule.pk]) for name in names}

    @property
    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    # The buttons

    def get_urls(self) -> list[URLPattern]:
        views = {"move_up": self.move_up, "move_down": self.move_down, "switch": self.switch, "clone": self.clone}
        more = [
            path("try/", self.admin_site.admin_view(require_POST(self.try_out)), name=f"{self._name}_try"),
            path("<int:pk>/versions/", self.admin_site.admin_view(self.versions), name=f"{self._name}_versions"),
            path(
                "<int:pk>/versions/<int:number>/restore/",
                self.admin_site.admin_view(require_POST(self.restore)),
                name=f"{self._name}_restore",
            ),
        ]
        mine = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(require_POST(view)), name=f"{self._name}_{name}")
            for name, view in views.items()
        ]
        return [*mine, *more, *super().get_urls()]

    def move_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        services.move(self._rule(pk), -1, by=me(request))
        return self._back()

    def move_down(self, request: HttpRequest, pk: int) -> HttpResponse:
        services.move(self._rule(pk), 1, by=me(request))
        return self._back()

    def switch(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self._rule(pk)
        services.switch(rule, not rule.active, by=me(request))
        return self._back()

    def clone(self, request: HttpRequest, pk: int) -> HttpResponse:
        copy = services.clone(self._rule(pk), by=me(request))
        messages.success(request, _("Here is the copy. It is switched off until you switch it on."))
        return HttpResponseRedirect(reverse(f"admin:{self._name}_change", args=[copy.pk]))

    def versions(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the rule was, newest first, with what each save changed."""
        rule = self._rule(pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": rule,
            "title": _("Versions of “%(title)s”") % {"title": rule.title},
            "media": self.media,
            "rows": history.told(rule),
            "restore": f"admin:{self._name}_restore",
        }
        return TemplateResponse(request, "admin/rules/versions.html", context)

    def restore(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        rule = self._rule(pk)
        get_object_or_404(rule.versions, number=number)
        try:
            services.restore(rule, number, by=me(request))
        except services.BadRule as refusal:
            why = " ".join(refusal.errors.values())
            messages.error(request, _("That version cannot be used any more. %(why)s") % {"why": why})
        else:
            messages.success(request, _("Version %(number)d is back, as the newest one.") % {"number": number})
        return HttpResponseRedirect(reverse(f"admin:{self._name}_versions", args=[pk]))

    def try_out(self, request: HttpRequest) -> HttpResponse:
        """A part of a page: what the rule in the editor would see and do."""
        return render(request, "admin/rules/trial.html", history.tried(self.list_name, request.POST, me(request)))

    def _rule(self, pk: int) -> Rule:
        return get_object_or_404(self.model, pk=pk)

    def _back(self) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"admin:{self._name}_changelist"))

    # The page of one rule

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = super().get_form(request, obj, change, **kwargs)
        return type(made.__name__, (made,), {"list_name": self.list_name})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form, rule = context["adminform"].form, context["original"]
        stored = drafts.of(rule) if rule else Draft(self.list_name, "")
        errors = form.errors_at if form.is_bound else self._errors(rule, stored)
        rows = form.written if form.is_bound and form.written is not None else drafts.write(stored)
        state = {part: rows.get(part) or [] for part in ("all", "any", "actions")}
        context["try_address"] = reverse(f"admin:{self._name}_try")
        context["try_days"] = history.DAYS
        context["versions_address"] = reverse(f"admin:{self._name}_versions", args=[rule.pk]) if rule else ""
        context["editor"] = {
            **schema.describe(self.list_name),
            "state": state,
            "errors": errors,
            "words": schema.words(),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def _errors(self, rule: Rule | None, stored: Draft) -> drafts.Errors:
        """What is wrong with a stored rule by now: a label that it names was deleted, say."""
        return drafts.check(stored, FIELDS.now())[1] if rule else {}

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Where another admin saved between our look and our save, the form looks once more and says so."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except services.RuleChanged:
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        """Nothing yet: the verb saves the whole rule as soon as its rows are known."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        draft = form.cleaned_data.get("rule") or self._plain(form, formsets)
        seen = form.cleaned_data.get("seen") if change else None
        saved = services.save(draft, rule=form.instance if change else None, by=me(request), seen=seen)
        form.instance.pk = saved.pk
        for formset in formsets:
            formset.save(commit=False)  # for the log of changes only

    def _plain(self, form: Any, formsets: Any) -> Draft:
        """The rule from rows that were filled in without JavaScript."""
        conditions, actions = ([one.cleaned_data for one in formset.rows()] for formset in formsets)
        facts = {name: form.cleaned_data[name] for name in FACTS}
        every, some = terms(conditions)
        return Draft(self.list_name, **facts, all=every, any=some, actions=steps(actions))

    def delete_model(self, request: HttpRequest, obj: Rule) -> None:
        services.delete(obj, by=me(request))


@admin.register(NewCasesRule)
class NewCasesRuleAdmin(RuleAdmin):
    list_name = RuleList.NEW
    heading = gettext_lazy("Rules for new cases")


@admin.register(UpdatedCasesRule)
class UpdatedCasesRuleAdmin(RuleAdmin):
    list_name = RuleList.UPDATED
    heading = gettext_lazy("Rules for updated cases")


@admin.register(TimeRule)
class TimeRuleAdmin(RuleAdmin):
    list_name = RuleList.TIME
    heading = gettext_lazy("Time rules")
