"""The forms of a rule's page: one field that the editor fills, and plain rows for browsers without JavaScript."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.actions import ACTIONS
from helpdesk.lib.admin import NamedForm
from helpdesk.lib.fields import FIELDS, KINDS, remembered
from rules import drafts, schema, services
from rules.drafts import Draft, Errors, Step, Term
from rules.models import Action, Block, Condition, Rule, RuleGroup
from rules.services import versions

FACTS = ("title", "active", "stop")
# Stands in for the other half of a rule while one half is checked.
SOME_STEP = Step("add_note", {"text": "-"})


def field_choices() -> list[tuple[str, Any]]:
    groups: dict[str, list[tuple[str, Any]]] = {}
    for field in schema.in_order(FIELDS.now()):
        groups.setdefault(schema.section(field.key), []).append((field.key, field.label))
    for family in FIELDS.families:
        groups.setdefault(schema.section(family.prefix), []).append((family.prefix, family.label))
    return [("", "---------"), *groups.items()]


def operator_choices() -> list[tuple[str, Any]]:
    kinds = {kind.key: kind for kind in (*KINDS, *(field.kind for field in FIELDS))}
    groups = [(kind.label, [(one.key, one.label) for one in kind.operators.values()]) for kind in kinds.values()]
    return [("", "---------"), *groups]


class RuleForm(NamedForm[Rule]):
    """draft: the editor's rows as JSON; empty without JavaScript. errors_at: {path of a row: sentence}.

    seen: the version that the page showed.
    """

    draft = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Rule
        fields = (*FACTS, "group")
        help_texts = {
            "group": _("It goes to the end of another group; dragging in the list puts it anywhere."),
            "stop": _("When it has fired, the rules below it are not asked any more in that pass."),
        }

    errors_at: Errors = {}
    list_name: str = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page says which list it is; rows that are checked with the rule have to know, too.
        self.instance.list = self.list_name
        self.initial["seen"] = self.instance.version
        groups = self.fields.get("group")
        if isinstance(groups, forms.ModelChoiceField):
            groups.queryset = RuleGroup.objects.filter(list=self.list_name)
            groups.empty_label = _("none")

    @property
    def written(self) -> dict[str, Any] | None:
        """The rows as the editor sent them; None where it was not there."""
        sent = self.data.get("draft")
        return drafts.rows(sent) if sent else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.written is not None and "title" in data:
            self._check(data)
        if self.instance.pk and data.get("seen"):
            self._check_version(data["seen"])
        return data

    def _check_version(self, seen: int) -> None:
        """Somebody else may have saved the rule since the page was opened; who saves again does so knowingly."""
        row = Rule.objects.get(pk=self.instance.pk)
        try:
            versions.check(row, seen)
        except services.RuleChanged as refusal:
            sent = cast(QueryDict, self.data).copy()
            sent["seen"] = str(row.version)
            self.data = sent
            said = [str(refusal), _("What you entered is still here. Save again to put it in its place.")]
            raise ValidationError(said) from refusal

    def _check(self, data: dict[str, Any]) -> None:
        facts = {"list": self.instance.list, **{name: data[name] for name in FACTS}}
        draft, misshapen = drafts.read({**(self.written or {}), **facts})
        with remembered():
            clean, errors = drafts.check(draft, FIELDS.now())
        self.errors_at = {**errors, **misshapen}
        if self.errors_at:
            raise ValidationError(_("Some rows have to be put right; each says what is wrong."))
        data["rule"] = clean


class PlainValue(forms.JSONField):
    """JSON, or plain text as people type it."""

    widget = forms.Textarea(attrs={"rows": 1, "cols": 30})

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            return value


class ConditionForm(forms.ModelForm[Condition]):
    """name: the key that is typed, of a field whose key goes on with one."""

    field = forms.ChoiceField(label=_("field"), choices=field_choices)
    name = forms.CharField(label=_("its key, if it needs one"), required=False, max_length=100)
    operator = forms.ChoiceField(label=_("operator"), choices=operator_choices)
    value = PlainValue(label=_("value"), required=False, help_text=_("A word, a number, or JSON for several."))

    class Meta:
        model = Condition
        fields = ("block", "field", "name", "operator", "value")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        key = self.instance.field
        if family := FIELDS.family_of(key):
            self.initial = {**self.initial, "field": family.prefix, "name": key.removeprefix(family.prefix)}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if FIELDS.family_of(data.get("field", "")):
            data["field"] += data.get("name", "")
        return data


class ActionForm(forms.ModelForm[Action]):
    kind = forms.ChoiceField(label=_("action"), choices=lambda: [("", "---------"), *ACTIONS.choices()])
    values = forms.JSONField(
        label=_("values"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60}), initial=dict
    )

    class Meta:
        model = Action
        fields = ("kind", "values")


class Rows(BaseInlineFormSet[Any, Any, Any]):
    """Rows of a rule, checked together. Without meaning where the editor has sent its own."""

    def clean(self) -> None:
        super().clean()
        if self.data.get("draft") or any(self.errors):
            return
        rows = self.rows()
        with remembered():
            errors = drafts.check(self.half([form.cleaned_data for form in rows]), FIELDS.now())[1]
        paths = {path: form for form, path in zip(rows, self.paths(rows), strict=True)}
        for path, sentence in errors.items():
            form = next((form for at, form in paths.items() if path == at or path.startswith(f"{at}.")), None)
            if form is None:
                raise ValidationError(sentence)
            form.add_error(None, sentence)

    def rows(self) -> list[Any]:
        """The forms that are filled in and stay, in order."""
        return [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]

    def half(self, rows: list[dict[str, Any]]) -> Draft:
        raise NotImplementedError

    def paths(self, rows: list[Any]) -> list[str]:
        raise NotImplementedError


class Conditions(Rows):
    def half(self, rows: list[dict[str, Any]]) -> Draft:
        every, some = terms(rows)
        return Draft(self.instance.list, "-", all=every, any=some, actions=(SOME_STEP,))

    def paths(self, rows: list[Any]) -> list[str]:
        blocks = [form.cleaned_data["block"] for form in rows]
        return [f"{block}.{blocks[:index].count(block)}" for index, block in enumerate(blocks)]


class Actions(Rows):
    def half(self, rows: list[dict[str, Any]]) -> Draft:
        return Draft("new", "-", actions=steps(rows))

    def paths(self, rows: list[Any]) -> list[str]:
        return [f"actions.{index}" for index in range(len(rows))]


def terms(rows: list[dict[str, Any]]) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """Cleaned rows of conditions → block ALL, block ANY."""
    every, some = (
        tuple(Term(row["field"], row["operator"], row["value"]) for row in rows if row["block"] == block)
        for block in (Block.ALL, Block.ANY)
    )
    return every, some


def steps(rows: list[dict[str, Any]]) -> tuple[Step, ...]:
    """Cleaned rows of actions."""
    return tuple(Step(row["kind"], row["values"] or {}) for row in rows)
