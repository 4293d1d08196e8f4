"""What a company's user database answered: read, weighed, and put into our own words. Nothing is written.

The other side is not trusted: whatever cannot be used is left out with its reason, or the whole answer is refused.
"""

import datetime
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.lib.errors import Refusal
from helpdesk.lib.text import BadAddress, check_text, normal_email, normal_phone, one_line
from helpdesk.users.models import CustomField, FieldLevel
from helpdesk.users.models.fields import FieldKind
from helpdesk.users.services import metadata, values

CAP = 262_144  # bytes
DEEPEST = 32  # objects and lists in each other
LONGEST_PHONE = 40  # characters
_PHONE = re.compile(r"[+0-9 ()./-]*[0-9][+0-9 ()./-]*", re.ASCII)
LONGEST_NAME = 100  # characters of a first or last name
IDS = ("external_id", "user_id", "id")
# What anybody would want to know of a person; the admin is told where an answer lacks them.
WANTED = ("first_name", "email")


class BadAnswer(Exception):
    """An answer that is not used at all; str() says why."""


@dataclass(frozen=True)
class Found:
    """said: for `values.say`. left_out: {what in the answer: why it is not used}. missing: of WANTED."""

    said: dict[str, Any]
    left_out: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def parse(body: bytes, headers: Mapping[str, str], *, truncated: bool) -> dict[str, Any]:
    """The JSON object of an answer (RFC 8259). Raises BadAnswer."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise BadAnswer(_("the answer is not JSON but %(kind)s") % {"kind": one_line(kind)[:60] or _("unnamed")})
    if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise BadAnswer(_("the answer is packed, though we did not ask for that"))
    if truncated:
        raise BadAnswer(_("the answer is larger than 256 KB"))
    try:
        answer = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError as error:
        raise BadAnswer(_("the answer is nested too deep")) from error
    except ValueError as error:
        raise BadAnswer(_("the answer is no JSON that can be read")) from error
    if not isinstance(answer, dict):
        raise BadAnswer(_("the answer is no JSON object"))
    _check_depth(answer)
    return answer


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise BadAnswer(_("a name stands twice in one object of the answer"))
    return made


def _no_constant(name: str) -> Any:
    raise BadAnswer(_("the answer holds %(name)s, which is no JSON") % {"name": name})


def _check_depth(answer: Any) -> None:
    """Level by level, so that no depth is too deep to look at."""
    level = [answer]
    for _depth in range(DEEPEST):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return
    raise BadAnswer(_("the answer is nested too deep"))


def _parts(whole: Any) -> Iterable[Any]:
    inside = whole.values() if isinstance(whole, dict) else whole
    return [part for part in inside if isinstance(part, dict | list)]


def read(answer: dict[str, Any], *, asked: str, mapping: Iterable[Mapping[str, str]]) -> Found:
    """What the answer says of the one with the id `asked`. Raises BadAnswer where it speaks of another."""
    _check_whose(answer, asked)
    said: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for look in (_name, _email, _phone):
        _take(look, answer, said, left_out)
    _metadata(answer, said, left_out)
    _mapped(answer, mapping, said, left_out)
    missing = tuple(name for name in WANTED if answer.get(name) in (None, ""))
    return Found(said, left_out, missing)


def _check_whose(answer: dict[str, Any], asked: str) -> None:
    """A cache or a mistake on the other side must not show one person's data as another's.

    One id that fits is enough: beside it there may be a number of their own.
    """
    ids = [answer[name] for name in IDS if answer.get(name) is not None]
    if ids and asked not in [str(one) for one in ids if isinstance(one, str | int) and not isinstance(one, bool)]:
        raise BadAnswer(_("the answer speaks of another user than the one that was asked for"))


def _take(look: Any, answer: dict[str, Any], said: dict[str, Any], left_out: dict[str, str]) -> None:
    try:
        said.update(look(answer))
    except _Unfit as unfit:
        left_out[unfit.name] = unfit.why


class _Unfit(Exception):
    def __init__(self, name: str, why: str) -> None:
        super().__init__(name, why)
        self.name, self.why = name, why


def _name(answer: dict[str, Any]) -> dict[str, Any]:
    parts = [name for name in ("first_name", "last_name") if name in answer]
    if not parts:
        return {}
    return {"name": one_line(" ".join(_text(answer, name, LONGEST_NAME) for name in parts)) or None}


def _email(answer: dict[str, Any]) -> dict[str, Any]:
    return _address(answer, "email", "claimed_email", normal_email)


def _phone(answer: dict[str, Any]) -> dict[str, Any]:
    return _address(answer, "phone_number", "claimed_phone", _number)


def _number(text: str) -> str:
    """In one spelling where it is a possible number, else as it was said: people can still read it."""
    try:
        return normal_phone(text)
    except BadAddress:
        if len(text) > LONGEST_PHONE or not _PHONE.fullmatch(text):
            raise
        return text


def _address(answer: dict[str, Any], name: str, kept_as: str, normal: Any) -> dict[str, Any]:
    """Shown as what the look-up says; it links nothing, so nobody's address is at risk."""
    if name not in answer:
        return {}
    text = _text(answer, name, 320).strip()
    try:
        return {kept_as: normal(text) if text else None}
    except BadAddress as refusal:
        raise _Unfit(name, str(refusal)) from refusal


def _text(answer: dict[str, Any], name: str, limit: int) -> str:
    value = answer[name]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Unfit(name, _("This has to be text."))
    try:
        return check_text(value, limit=limit)
    except Refusal as refusal:
        raise _Unfit(name, str(refusal)) from refusal


def _metadata(answer: dict[str, Any], said: dict[str, Any], left_out: dict[str, str]) -> None:
    if answer.get(metadata.NAME) is None:
        return
    try:
        kept, wrong = metadata.read(answer[metadata.NAME])
    except Refusal as refusal:
        left_out[metadata.NAME] = _why(refusal)
        return
    said[metadata.NAME] = kept
    left_out.update({name: " ".join(why) for name, why in wrong.items()})


def _mapped(
    answer: dict[str, Any], mapping: Iterable[Mapping[str, str]], said: dict[str, Any], left_out: dict[str, str]
) -> None:
    """Further fields, by path; a path that the answer does not have says nothing."""
    rows = list(mapping)
    fields = CustomField.objects.filter(level=FieldLevel.USER, active=True, key__in=[row["field"] for row in rows])
    known = {one.key: one for one in fields}
    for row in rows:
        found, value = _at(answer, row["path"])
        if not found:
            continue
        if row["field"] not in known:
            left_out[row["path"]] = _("There is no such user field.")
            continue
        try:
            said[row["field"]] = values.parse(known[row["field"]], _converted(known[row["field"]], value), row["path"])
        except Refusal as refusal:
            left_out[row["path"]] = _why(refusal)


def _at(answer: Any, path: str) -> tuple[bool, Any]:
    """(whether it is there, what is there): names with dots between them, a number for a place in a list."""
    for name in path.split("."):
        if isinstance(answer, dict) and name in answer:
            answer = answer[name]
        elif isinstance(answer, list) and name.isascii() and name.isdigit() and int(name[:6]) < len(answer):
            answer = answer[int(name[:6])]
        else:
            return False, None
    return True, answer


YES, NO = frozenset({"yes", "on", "y"}), frozenset({"no", "off", "n"})


def _converted(custom: CustomField, value: Any) -> Any:
    """The value in a form that a field of this kind takes, where its meaning is plain."""
    if isinstance(value, float) and value.is_integer() and abs(value) < metadata.LARGEST:
        value = int(value)
    if custom.kind == FieldKind.CHECKBOX and isinstance(value, str):
        word = value.strip().casefold()
        return True if word in YES else False if word in NO else word
    if custom.kind == FieldKind.DATE and isinstance(value, str):
        return _day(value.strip())
    if isinstance(value, bool) and custom.kind != FieldKind.CHECKBOX:
        return "true" if value else "false"
    return value


def _day(text: str) -> str:
    """The day of a moment, as the other side wrote it."""
    try:
        return datetime.datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return text


def _why(refusal: Refusal) -> str:
    return " ".join(sentence for why in refusal.fields.values() for sentence in why) or str(refusal)
