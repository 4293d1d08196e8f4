"""What rules and macros can do to a case: small classes, each with a key, inputs, and a call of the verb."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from helpdesk.cases import services as cases
from helpdesk.cases import texts
from helpdesk.cases.models import Case, Label
from helpdesk.events.services import Actor
from helpdesk.lib.fields import Column, Input, Rows, WrongValue, parse_all
from helpdesk.lib.registry import Registry
from helpdesk.lib.text import BadText, check_text
from helpdesk.users.errors import BadValue
from helpdesk.users.models import Agent, CustomField, FieldLevel, Group
from helpdesk.users.models.fields import FieldKind, Source
from helpdesk.users.services import values as users

# Characters of a text in one language.
TEXT_LIMIT = 10_000

STATUS, PRIORITY = Column("cases.Case", "status"), Column("cases.Case", "priority")
GROUPS = Rows("users.Group", only=(("active", True),))
AGENTS = Rows("users.Agent", "email", only=(("is_active", True),))
LABELS = Rows("cases.Label")


class ActionKind:
    """One thing that can be done. answers: it writes to the customer, so the rate is limited.

    `parse` gives the values as they are kept and raises WrongValues. `run` calls the verb with them, inside an
    occasion; `by` is the event of the rule that fired, or the agent who chose the macro.
    """

    key: ClassVar[str]
    label: ClassVar[Any]
    inputs: ClassVar[tuple[Input, ...]] = ()
    answers: ClassVar[bool] = False

    def parse(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return parse_all(self.inputs, values)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        raise NotImplementedError


ACTIONS: Registry[ActionKind] = Registry("action")


def action(kind: type[ActionKind]) -> type[ActionKind]:
    """Registers the class's one instance."""
    ACTIONS.register(kind())
    return kind


def checked(text: Any) -> str:
    """A text with variables. Raises WrongValue with a sentence."""
    if not isinstance(text, str):
        raise WrongValue(_now("Enter a text."))
    try:
        check_text(text, limit=TEXT_LIMIT)
    except BadText as error:
        raise WrongValue(str(error)) from error
    if strange := texts.unknown(text):
        raise WrongValue(_now("There is no variable %(names)s.") % {"names": ", ".join(strange)})
    return text.strip()


@dataclass(frozen=True)
class Text(Input):
    """A text with variables, for agents."""

    def parse(self, value: Any, others: Mapping[str, Any]) -> str:
        text = checked(value or "")
        if not text:
            raise WrongValue(_now("Enter a text."))
        return text


@dataclass(frozen=True)
class Texts(Input):
    """A text for customers, per language of the desk: {"en": "…", "de": "…"}; at least in one of them."""

    def parse(self, value: Any, others: Mapping[str, Any]) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise WrongValue(_now("Enter a text for each language."))
        written = {str(code): checked(text) for code, text in value.items()}
        written = {code: text for code, text in written.items() if text}
        if not written:
            raise WrongValue(_now("Enter a text in at least one language."))
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


@action
class SendMessage(ActionKind):
    key = "send_message"
    label = _("Send a message to the user")
    inputs = (Texts("texts", _("Text"), "texts"),)
    answers = True

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        language = case.language or case.profile.person.language
        cases.reply(case, texts.render(texts.pick(values["texts"], language), case), by=by)


@action
class AddNote(ActionKind):
    key = "add_note"
    label = _("Add a note")
    inputs = (Text("text", _("Text"), "long_text"),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.note(case, texts.render(values["text"], case), by=by)


@action
class EndChat(ActionKind):
    """Where no chat is under way (a channel like mail), only the status is set."""

    key = "end_chat"
    label = _("End the chat")
    inputs = (Input("status", _("Status"), "choice", STATUS, lead=_("as")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        if case.active_chat:
            cases.end_chat(case, values["status"], by=by)
        else:
            cases.set_status(case, values["status"], by=by)


@action
class SetStatus(ActionKind):
    key = "set_status"
    label = _("Set the status")
    inputs = (Input("status", _("Status"), "choice", STATUS, lead=_("to")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.set_status(case, values["status"], by=by)


@action
class SetPriority(ActionKind):
    key = "set_priority"
    label = _("Set the priority")
    inputs = (Input("priority", _("Priority"), "choice", PRIORITY, lead=_("to")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.set_priority(case, values["priority"], by=by)


@action
class SetGroup(ActionKind):
    key = "set_group"
    label = _("Set the group")
    inputs = (Input("group", _("Group"), "choice", GROUPS, optional=True, none=_("none"), lead=_("to")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        group = Group.objects.get(pk=values["group"]) if values["group"] else None
        cases.set_group(case, group, by=by)


@action
class Assign(ActionKind):
    key = "assign"
    label = _("Assign")
    inputs = (Input("agent", _("Agent"), "choice", AGENTS, optional=True, none=_("nobody"), lead=_("to")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        agent = Agent.objects.get(pk=values["agent"]) if values["agent"] else None
        cases.assign(case, agent, by=by)


@action
class AddLabels(ActionKind):
    key = "add_labels"
    label = _("Add labels")
    inputs = (Input("labels", _("Labels"), "choices", LABELS),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.add_labels(case, Label.objects.filter(pk__in=values["labels"]), by=by)


@action
class RemoveLabels(ActionKind):
    key = "remove_labels"
    label = _("Remove labels")
    inputs = (Input("labels", _("Labels"), "choices", LABELS),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.remove_labels(case, Label.objects.filter(pk__in=values["labels"]), by=by)


@action
class SetUserField(ActionKind):
    key = "set_user_field"
    label = _("Set a user field")
    inputs = custom_inputs(FieldLevel.USER)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        users.say(case.profile, Source.RULE, {values["field"]: values["value"]}, by=by)


@action
class SetCaseField(ActionKind):
    key = "set_case_field"
    label = _("Set a case field")
    inputs = custom_inputs(FieldLevel.CASE)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.set_value(case, values["field"], values["value"], by=by)
