"""Texts that the desk writes: once per language, with variables from a fixed list. Nothing in them is evaluated.

`{{ user.name }}` and `[user_full_name]` mean the same; `{{ user.name | there }}` says "there" where the name is
unknown. Custom fields: `{{ user.cf.tariff }}`, `{{ case.cf.order }}`.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils import translation

from helpdesk.cases.models import Case
from helpdesk.cases.variables import AGENTS, ALIASES, NAMES, RATERS, USERS, VARIABLES, Variable
from helpdesk.channels.models import Language
from helpdesk.users.models import CustomField

__all__ = (
    "AGENTS",
    "RATERS",
    "USERS",
    "VARIABLES",
    "default_language",
    "in_json",
    "language_of",
    "names",
    "pick",
    "render",
    "spoken",
    "unknown",
)

CUSTOM = re.compile(r"(user|case)\.cf\.([-\w]+)")
VARIABLE = re.compile(r"\{\{([^{}|]*)(?:\|([^{}|]*))?\}\}|\[([a-z]+(?:_[a-z]+)+)(?:\|([^\[\]|]*))?\]")
# What begins like one of ours in brackets was meant as a variable: it must not reach a customer as it is.
OURS = ("user_", "case_", "company_", "staff_", "channel_", "rating_")

Escape = Callable[[str], str]


def render(
    text: str, case: Case, *, to: str = USERS, said: Mapping[str, str] | None = None, escape: Escape = str
) -> str:
    """The text for this case. What a variable says is put in as it is and never read again.

    to: who reads it. said: {variable: what it says} beside the case's own. escape: makes what is put in safe for
    where it goes to. Words of ours, such as a status, are in the customer's language where the customer reads them.
    """

    def put(match: re.Match[str]) -> str:
        variable = _variable(match, to)
        return match[0] if variable is None else escape(_said(variable, match, case, said or {}))

    with spoken(settings.LANGUAGE_CODE if to == AGENTS else language_of(case)):
        return VARIABLE.sub(put, text)


def unknown(text: str, to: str = USERS) -> list[str]:
    """What looks like a variable and is none, or none that may stand in a text for these readers."""
    strange = (match for match in VARIABLE.finditer(text) if _variable(match, to) is None)
    return [match[0] for match in strange if match[1] is not None or match[3].startswith(OURS)]


def names(text: str, variable: str, to: str = RATERS) -> bool:
    """Whether the text has this variable, in braces or in brackets."""
    found = (_variable(match, to) for match in VARIABLE.finditer(text))
    return any(one is not None and one.name == variable for one in found)


def in_json(value: str) -> str:
    """A value as it stands inside a string of JSON: nothing in it ends the string."""
    return json.dumps(value)[1:-1]


def language_of(case: Case) -> str:
    """In which language its customer reads; empty: nobody has said."""
    return case.language or case.profile.person.language


def spoken(language: str) -> Any:
    """A block in which our own words are in this language, or in the desk's where we have none."""
    known = language and translation.check_for_language(language)
    return translation.override(language if known else settings.LANGUAGE_CODE)


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


def _said(variable: Variable, match: re.Match[str], case: Case, said: Mapping[str, str]) -> str:
    given = said.get(variable.name) or variable.get(case)
    return str(given or "") or (match[2] or match[4] or "").strip()


def _variable(match: re.Match[str], to: str) -> Variable | None:
    if match[3]:
        found = ALIASES.get(match[3])
    else:
        name = match[1].strip()
        found = NAMES.get(name) or _custom(name)
    return found if found and found.may_stand(to) else None


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
