"""What an action asks for: named inputs, each with a control."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.lib.fields.choices import Choices, from_names, to_names
from helpdesk.lib.fields.controls import CONTROLS, WrongValue


class WrongValues(ValueError):
    """Some inputs cannot stand like this. errors: {input name: a sentence}."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Input:
    """One thing to enter. control: a key of CONTROLS, or one of its own for a class that parses itself.

    lead: the word before it in a sentence, as in "set the group *to* VIP". optional: it may be left empty, and
    `none` says what that means.
    """

    name: str
    label: Any
    control: str
    choices: Choices | None = None
    optional: bool = False
    none: Any = ""
    lead: Any = ""

    def parse(self, value: Any, others: Mapping[str, Any]) -> Any:
        """The value in the spelling that is kept. others: all values of the action. Raises WrongValue."""
        if self.optional and value in (None, "", []):
            return None
        return CONTROLS.get(self.control).parse(value, self.choices)

    def to_names(self, value: Any, others: Mapping[str, Any]) -> Any:
        """The value as a file names it."""
        return to_names(self.choices, value) if self.choices else value

    def from_names(self, name: Any) -> Any:
        """What a file names; what does not exist stays as it is, for `parse` to refuse."""
        return from_names(self.choices, name) if self.choices else name


def parse_all(inputs: tuple[Input, ...], values: Any) -> dict[str, Any]:
    """{name: parsed value} of all inputs. Raises WrongValues."""
    if not isinstance(values, Mapping):
        raise WrongValues({"": _("This has to be an object with a value for each input.")})
    known = {one.name: one for one in inputs}
    errors = {str(name): _("There is no such input.") for name in values if name not in known}
    parsed = {}
    for name, one in known.items():
        try:
            parsed[name] = one.parse(values.get(name), values)
        except WrongValue as error:
            errors[name] = str(error)
    if errors:
        raise WrongValues(errors)
    return parsed
