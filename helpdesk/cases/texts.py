"""Texts that the desk writes: once per language, with variables from a fixed list. Nothing in them is evaluated.

`{{ user.name }}` and `[user_full_name]` mean the same; `{{ user.name | there }}` says "there" where the name is
unknown. Custom fields: `{{ user.cf.tariff }}`, `{{ case.cf.order }}`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models import Case
from helpdesk.channels.models import Language
from helpdesk.users.models import CustomField


@dataclass(frozen=True)
class Variable:
    """name stands in braces, alias in brackets. get: what it says for a case."""

    name: str
    alias: str
    label: Any
    get: Callable[[Case], object]


VARIABLES = (
    Variable("user.name", "user_full_name", _("user's name"), lambda case: case.profile.name),
    Variable("user.first_name", "user_first_name", _("user's first name"), lambda case: _first(case.profile.name)),
    Variable("user.company", "company_name", _("user's company"), lambda case: case.profile.person.company),
    Variable("user.position", "company_position", _("user's position"), lambda case: case.profile.person.position),
    Variable("case.number", "case_number", _("number of the case"), lambda case: case.number),
    Variable("case.subject", "case_subject", _("subject"), lambda case: case.subject),
    Variable("case.group", "case_group", _("group"), lambda case: case.group),
    Variable("agent.name", "staff_full_name", _("assigned agent"), lambda case: case.assignee),
    Variable("channel.title", "channel_title", _("channel"), lambda case: case.channel),
)
NAMES = {variable.name: variable for variable in VARIABLES}
ALIASES = {variable.alias: variable for variable in VARIABLES}
CUSTOM = re.compile(r"(user|case)\.cf\.([-\w]+)")
VARIABLE = re.compile(r"\{\{([^{}|]*)(?:\|([^{}|]*))?\}\}|\[([a-z]+(?:_[a-z]+)+)(?:\|([^\[\]|]*))?\]")
# What begins like one of ours in brackets was meant as a variable: it must not reach a customer as it is.
OURS = ("user_", "case_", "company_", "staff_", "channel_")


def render(text: str, case: Case) -> str:
    """The text for this case. What a variable says is put in as it is and never read again."""
    return VARIABLE.sub(lambda match: _said(match, case), text)


def unknown(text: str) -> list[str]:
    """What looks like a variable and is none."""
    strange = (match for match in VARIABLE.finditer(text) if _variable(match) is None)
    return [match[0] for match in strange if match[1] is not None or match[3].startswith(OURS)]


def pick(texts: Mapping[str, str], language: str) -> str:
    """The text in this language, else in its base language, else in the desk's own, else in any."""
    known = {code.lower(): text for code, text in texts.items() if text.strip()}
    wanted = language.lower()
    for code in (wanted, wanted.partition("-")[0], default_language()):
        if code in known:
            return known[code]
    return next(iter(known.values()), "")


def default_language() -> str:
    own = Language.objects.filter(is_default=True).values_list("code", flat=True).first()
    return own.lower() if own else "en"


def _said(match: re.Match[str], case: Case) -> str:
    variable = _variable(match)
    if variable is None:
        return match[0]
    return str(variable.get(case) or "") or (match[2] or match[4] or "").strip()


def _variable(match: re.Match[str]) -> Variable | None:
    if match[3]:
        return ALIASES.get(match[3])
    name = match[1].strip()
    return NAMES.get(name) or _custom(name)


def _custom(name: str) -> Variable | None:
    found = CUSTOM.fullmatch(name)
    if not found:
        return None
    field = CustomField.objects.filter(level=found[1], key=found[2], active=True).first()
    if field is None:
        return None
    values = _user_values if found[1] == "user" else _case_values
    return Variable(name, "", field.title, lambda case: field.title_of(values(case).get(field.key)))


def _user_values(case: Case) -> dict[str, Any]:
    return case.profile.person.values


def _case_values(case: Case) -> dict[str, Any]:
    return case.values


def _first(name: str) -> str:
    return name.partition(" ")[0]
