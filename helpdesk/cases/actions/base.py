"""What rules and macros can do to a case: small classes, each with a key, inputs, and a call of the verb."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from helpdesk.cases import texts
from helpdesk.cases.models import Case
from helpdesk.events.services import Actor
from helpdesk.lib.fields import Column, Input, Rows, WrongValue, parse_all
from helpdesk.lib.registry import Registry
from helpdesk.lib.text import BadText, check_text
from helpdesk.users.errors import BadValue
from helpdesk.users.models import CustomField, FieldLevel
from helpdesk.users.models.fields import FieldKind
from helpdesk.users.services import values as users

# Characters of a text in one language.
TEXT_LIMIT = 10_000

STATUS, PRIORITY = Column("cases.Case", "status"), Column("cases.Case", "priority")
GROUPS = Rows("users.Group", only=(("active", True),))
AGENTS = Rows("users.Agent", "email", only=(("is_active", True),))
ROLES = Rows("users.Role")
LABELS = Rows("cases.Label")


class ActionKind:
    """One thing that can be done. answers: it writes to the customer, so the rate is limited. stops: a pass ends with
    the rule that has it.

    `parse` gives the values as they are kept and raises WrongValues. `run` calls the verb with them, inside an
    occasion; `by` is the event of the rule that fired, or the agent who chose the macro.
    """

    key: ClassVar[str]
    label: ClassVar[Any]
    inputs: ClassVar[tuple[Input, ...]] = ()
    answers: ClassVar[bool] = False
    stops: ClassVar[bool] = False

    def parse(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return parse_all(self.inputs, values)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        raise NotImplementedError


ACTIONS: Registry[ActionKind] = Registry("action")


def action(kind: type[ActionKind]) -> type[ActionKind]:
    """Registers the class's one instance."""
    ACTIONS.register(kind())
    return kind


def checked(text: Any, to: str = texts.USERS) -> str:
    """A text with variables, for those who read it. Raises WrongValue with a sentence."""
    if not isinstance(text, str):
        raise WrongValue(_now("Enter a text."))
    try:
        check_text(text, limit=TEXT_LIMIT)
    except BadText as error:
        raise WrongValue(str(error)) from error
    if strange := texts.unknown(text, to):
        elsewhere = texts.unknown(text, texts.AGENTS) != strange
        said = (
            _now("Only texts for agents can name %(names)s.") if elsewhere else _now("There is no variable %(names)s.")
        )
        raise WrongValue(said % {"names": ", ".join(strange)})
    return text.strip()


@dataclass(frozen=True)
class Text(Input):
    """A text with variables, for agents."""

    to: str = texts.AGENTS

    def parse(self, value: Any, others: Mapping[str, Any]) -> str:
        text = checked(value or "", self.to)
        if not text:
            raise WrongValue(_now("Enter a text."))
        return text


@dataclass(frozen=True)
class Texts(Input):
    """A text for customers, per language of the desk: {"en": "…", "de": "…"}; at least in one of them.

    optional: none at all means a text of ours. names: a variable without which the text would be in vain.
    """

    to: str = texts.USERS
    names: str = ""

    def parse(self, value: Any, others: Mapping[str, Any]) -> dict[str, str]:
        if self.optional and not value:
            return {}
        if not isinstance(value, Mapping):
            raise WrongValue(_now("Enter a text for each language."))
        written = {str(code): checked(text, self.to) for code, text in value.items()}
        written = {code: text for code, text in written.items() if text}
        if not written and not self.optional:
            raise WrongValue(_now("Enter a text in at least one language."))
        if self.names and not all(texts.names(text, self.names) for text in written.values()):
            raise WrongValue(_now("The text has to say %(name)s.") % {"name": f"{{{{ {self.names} }}}}"})
        return written


@dataclass(frozen=True)
class CustomValue(Input):
    """A value of the custom field that the input `field` names. Empty: the field is emptied."""

    level: str = FieldLevel.USER

    def parse(self, value: Any, others: Mapping[str, Any]) -> Any:
        field = CustomField.objects.filter(level=self.level, key=others.get("field"), active=True).first()
        if field is None:
            return None  # `field` has an error of its own
        try:
            return users.parse(field, value, self.name)
        except BadValue as error:
            raise WrongValue(" ".join(error.fields[self.name])) from error

    def to_names(self, value: Any, others: Mapping[str, Any]) -> Any:
        """A choice by its title, which `parse` takes as well."""
        field = CustomField.objects.filter(level=self.level, key=others.get("field")).first()
        return field.title_of(value) if field and field.kind == FieldKind.DROPDOWN and value else value


def custom_inputs(level: FieldLevel) -> tuple[Input, ...]:
    fields = Rows("users.CustomField", "key", "key", only=(("level", level.value), ("active", True)))
    value = CustomValue("value", _("Value"), f"{level.value}_value", level=level.value, lead=_("to"))
    return (Input("field", _("Field"), "choice", fields), value)
