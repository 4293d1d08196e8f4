"""The page of one rule: the editor, plain rows for browsers without JavaScript, and tries before anything is saved."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern

from helpdesk.lib.admin import NamedTabular
from helpdesk.lib.fields import FIELDS
from rules import drafts, history, schema, services
from rules.admin.base import RulePages, me
from rules.drafts import Draft
from rules.forms import FACTS, ActionForm, Actions, ConditionForm, Conditions, RuleForm, steps, terms
from rules.models import Action, Condition, Rule


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


class EditorPages(RulePages):
    form = RuleForm
    fields = (*FACTS, "group", "draft", "seen")
    inlines = (ConditionInline, ActionInline)

    class Media:
        css = {"all": ("rules/rules.css",)}
        js = (
            forms.Script("rules/rule-editor.js", type="module"),
            forms.Script("rules/trying.js", type="module"),
            forms.Script("rules/ordering.js", type="module"),
        )

    def get_urls(self) -> list[URLPattern]:
        return [self.button("try/", self.try_out, "try"), *super().get_urls()]

    def try_out(self, request: HttpRequest) -> HttpResponse:
        """A part of a page: what the rule in the editor would see and do."""
        return render(request, "admin/rules/trial.html", history.tried(self.list_name, request.POST, me(request)))

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
        context["try_address"] = self.address("try")
        context["try_days"] = history.DAYS
        context["usual_days"] = history.USUAL_DAYS
        context["versions_address"] = self.address("versions", rule.pk) if rule else ""
        context["passes_address"] = self.address("passes", rule.pk) if rule else ""
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
        stored = Rule.objects.get(pk=form.instance.pk) if change else None
        saved = services.save(draft, rule=stored, by=me(request), seen=seen)
        group = form.cleaned_data.get("group")
        if group != saved.group:
            services.put(saved, group=group, by=me(request))
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
