"""Macros in the admin: a title, and the rows of actions that rules have, too."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.actions import ACTIONS, macros
from helpdesk.cases.models import Macro
from helpdesk.lib.admin import NamedForm, TellingAdmin
from helpdesk.lib.fields import remembered
from rules import drafts, schema, summary
from rules.models import RuleList

Rows = list[dict[str, Any]]


class MacroForm(NamedForm[Macro]):
    """draft: the editor's rows as JSON; empty without JavaScript, where `steps` is what counts.

    errors_at: {path of a row: sentence}.
    """

    draft = forms.CharField(widget=forms.HiddenInput, required=False)
    steps = forms.JSONField(
        label=_("Actions"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "cols": 80, "spellcheck": "false"}),
        help_text=_('A list such as [{"kind": "set_priority", "values": {"priority": "high"}}].'),
    )

    class Meta:
        model = Macro
        fields = ("title", "position")
        labels = {"title": _("Title"), "position": _("Place in the menu")}
        help_texts = {"position": _("The smallest number comes first.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.errors_at: drafts.Errors = {}
        self.initial.setdefault("steps", self.instance.actions)
        self.fields["position"].required = False

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or 0

    @property
    def written(self) -> Any:
        """The rows as the editor sent them; None where it was not there."""
        sent = self.data.get("draft")
        return drafts.rows(sent).get("actions", []) if sent else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "steps" in self.errors and self.written is None:
            return data
        self.errors.pop("steps", None)
        given = self.written if self.written is not None else data.get("steps")
        with remembered():
            self.instance.actions, errors = macros.check(given)
        self.errors_at = {f"actions.{path}".rstrip("."): sentence for path, sentence in errors.items()}
        if errors and self.written is None:
            self.add_error("steps", [f"{path}: {sentence}".lstrip(": ") for path, sentence in errors.items()])
        elif errors:
            raise ValidationError(_("Some rows have to be put right; each says what is wrong."))
        return data


def as_rows(steps: Any) -> Rows:
    """A macro's steps, as the editor has them: whatever is none is left out."""
    kept = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    return [{"kind": step.get("kind", ""), "values": _values(step)} for step in kept]


def _values(step: dict[str, Any]) -> dict[str, Any]:
    given = step.get("values")
    return given if isinstance(given, dict) else {}


@admin.register(Macro)
class MacroAdmin(TellingAdmin[Macro]):
    """Those of everybody; an agent's own are not an administrator's business."""

    form = MacroForm
    fields = ("title", "position", "draft")
    change_form_template = "admin/rules/macro.html"
    list_display = ("title", "what")
    ordering = ("position", "title")
    sortable_by = ()

    class Media:
        css = {"all": ("rules/rules.css",)}
        js = (forms.Script("rules/rule-editor.js", type="module"),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Macro]:
        return super().get_queryset(request).filter(owner=None)

    @admin.display(description=_("what it does"))
    def what(self, macro: Macro) -> str:
        if why := macros.problem(macro):
            return why
        return ", ".join(summary.step(drafts.Step(row["kind"], row["values"])) for row in as_rows(macro.actions))

    def save_model(self, request: Any, obj: Macro, form: Any, change: bool) -> None:
        macros.save(obj, by=request.user)

    def delete_model(self, request: Any, obj: Macro) -> None:
        macros.delete(obj, by=request.user)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        form = context["adminform"].form
        bound = form.is_bound and form.written is not None
        steps = form.written if bound else form.instance.actions
        errors = form.errors_at if form.is_bound else self._errors(form.instance)
        context["editor"] = {
            **_vocabulary(),
            "state": {"all": [], "any": [], "actions": as_rows(steps)},
            "errors": errors,
            "words": {**schema.words(), "actions": _now("Do this, in order")},
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def _errors(self, macro: Macro) -> drafts.Errors:
        """What is wrong with a stored macro by now: a label that it names was deleted, say."""
        if not macro.pk:
            return {}
        return {f"actions.{path}".rstrip("."): sentence for path, sentence in macros.check(macro.actions)[1].items()}


def _vocabulary() -> dict[str, Any]:
    """What a macro can do. It asks nothing, so it needs no fields."""
    all_of_it = schema.describe(RuleList.UPDATED)
    offered = {kind.key for kind in ACTIONS} - macros.NOT_IN_MACROS
    return {**all_of_it, "fields": [], "actions": [one for one in all_of_it["actions"] if one["key"] in offered]}
