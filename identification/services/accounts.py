"""Whose code it is: the addresses and the user data that a server, a token or a page tells.

The words are Deskie's: `user_email`, `user_custom_id` with `user_custom_channel`, `user_full_name` and so on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.channels.models import Channel, Language, Level
from helpdesk.events.services import Actor
from helpdesk.lib.errors import Refusal
from helpdesk.lib.text import check_text
from helpdesk.users.models import Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles, values
from identification.errors import BadUser, NobodyNamed, SaysNothing

# {name outside: name of the value}; custom fields stand in an object of their own.
VALUES = {
    "user_full_name": "name",
    "company_name": "company",
    "company_position": "position",
    "user_note": "note",
    "language_id": "language",
}
OUTSIDE = {inside: outside for outside, inside in VALUES.items()}
ADDRESSES = (
    "external_id",
    "user_custom_id",
    "user_email",
    "user_phone",
    "user_whatsapp_phone",
    "user_telegram_data",
)
KNOWN = frozenset({*ADDRESSES, "user_custom_channel", *VALUES, "custom_fields"})
# Left standing in a snippet, these would make one person of everybody.
PLACEHOLDERS = frozenset({"your_user_id_here", "[object object]"})
LONGEST_ID = 255
# Names that a site's developer is told of; more are not read.
MOST_LEFT_OUT = 100


@dataclass(frozen=True)
class Address:
    """One address of the account; `told_as` is the name under which it came."""

    told_as: str
    kind: str
    address: str
    channel: Channel | None = None


@dataclass(frozen=True)
class Account:
    """What was told of one account. addresses: the one that says most comes first. said: values to keep."""

    addresses: list[Address]
    said: dict[str, Any] = field(default_factory=dict)


def read(user: Mapping[str, Any]) -> Account:
    """The account that this user data describes; nothing is written.

    Raises BadUser with the fields named, NobodyNamed where no address is among them.
    """
    addresses = [_address(name, user) for name in ADDRESSES if user.get(name) not in (None, "")]
    if not addresses:
        raise NobodyNamed(fields={"user": [str(NobodyNamed.sentence)]})
    return Account(addresses, _said(user))


def forgiving(user: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What can be used, and the names of what cannot: a site's mistake must not stop its customer.

    An address that cannot be used is no such mistake: it raises BadUser, as `read` does.
    """
    kept = {name: value for name, value in user.items() if name in KNOWN}
    left_out = sorted(str(name) for name in user if name not in KNOWN)
    left_out += _without_unknown_fields(kept)
    # Each time round takes one out; only fields that the desk knows are left, so it ends soon.
    while True:
        try:
            read(kept)
        except BadUser as refusal:
            unfit = [name for name in refusal.fields if _leave_out(kept, name)]
            if not unfit:
                raise
            left_out += unfit
        else:
            return kept, left_out[:MOST_LEFT_OUT]


def _without_unknown_fields(user: dict[str, Any]) -> list[str]:
    """Takes all custom fields that the desk does not know out at once: a stranger may send a hundred thousand."""
    custom = user.get("custom_fields")
    if not isinstance(custom, dict):
        return []
    known = values.field_names()
    user["custom_fields"] = {name: value for name, value in custom.items() if name in known}
    return sorted(str(name) for name in custom if name not in known)


def _leave_out(user: dict[str, Any], name: str) -> bool:
    """Takes a value out of user data, wherever it stands; False where it is none, or an address."""
    custom = user.get("custom_fields")
    if isinstance(custom, dict) and name in custom:
        user["custom_fields"] = {key: value for key, value in custom.items() if key != name}
        return True
    return name in {*VALUES, "custom_fields"} and user.pop(name, None) is not None


def meet(address: Address, *, level: int | None, by: Actor | None, display: dict[str, Any]) -> Profile:
    """The profile of an address. level: of a new desk-wide one; a channel's ids start at the channel's."""
    level = None if address.channel else level
    return profiles.meet(address.kind, address.address, channel=address.channel, display=display, level=level, by=by)


def first_level(address: Address, level: int) -> int:
    """A company's own id is as sure as who told it; an address that anybody can write from is claimed."""
    return level if address.kind == ProfileKind.EXTERNAL else Level.CLAIMED


def _address(name: str, user: Mapping[str, Any]) -> Address:
    value = user[name]
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise _bad(name, _("This has to be text."))
    if profiles.says_nothing(value) or value.strip().casefold() in PLACEHOLDERS:
        raise SaysNothing(fields={name: [_("This value says nothing about who somebody is.")]})
    kind, channel = _kind(name, value, user)
    address = _checked(name, profiles.normal, kind, _checked(name, check_text, value, limit=LONGEST_ID))
    return Address(name, kind, address, channel)


def _kind(name: str, value: str, user: Mapping[str, Any]) -> tuple[str, Channel | None]:
    match name:
        case "external_id":
            return ProfileKind.EXTERNAL, None
        case "user_custom_id":
            return ProfileKind.CUSTOM, _channel(user.get("user_custom_channel"))
        case "user_email":
            return ProfileKind.EMAIL, None
        case "user_telegram_data" if not _is_number(value):
            return ProfileKind.TELEGRAM, None
    return ProfileKind.PHONE, None


def _is_number(value: str) -> bool:
    return set(value.strip()) <= set("+0123456789 ()-.")


def _channel(told: Any) -> Channel:
    """A custom channel by `cch1` or, as Deskie's own sample writes, by `1`. Raises BadUser."""
    number = str(told if told is not None else "").removeprefix("cch")
    if number.isascii() and number.isdigit() and len(number) < 10:
        channel = Channel.objects.filter(pk=int(number), kind="custom").first()
        if channel:
            return channel
    raise _bad("user_custom_channel", _("There is no such custom channel; it is needed with user_custom_id."))


def _said(user: Mapping[str, Any]) -> dict[str, Any]:
    """The values told, by the names that `values.say` knows; checked, so that a redemption cannot stumble."""
    said = {value: user[name] for name, value in VALUES.items() if user.get(name) not in (None, "")}
    if "language" in said:
        said["language"] = _language(said["language"])
    custom = user.get("custom_fields") or {}
    if not isinstance(custom, dict):
        raise _bad("custom_fields", _("This has to be an object of field and value."))
    for name, value in said.items():
        # A company is only looked at as text: it is made when the code is redeemed.
        _checked(name, values.check, {"position" if name == "company" else name: value})
    for name in values.RESERVED:
        if name in custom:
            raise _bad(name, _("There is no such user field."))
    _checked("custom_fields", values.check, custom)
    return {**said, **custom}


def _language(told: Any) -> str:
    """A language of the desk, by its id or its code."""
    languages = {str(row.pk): row.code for row in Language.objects.all()}
    languages |= {code.lower(): code for code in languages.values()}
    try:
        return languages[str(told).lower()]
    except KeyError:
        raise _bad("language_id", _("The desk has no such language.")) from None


def _checked(name: str, look: Callable[..., Any], *told: Any, **more: Any) -> Any:
    """What `look` gives; its refusal becomes one that names the field, in the words of the outside."""
    try:
        return look(*told, **more)
    except Refusal as refusal:
        if name in OUTSIDE or not refusal.fields:
            raise _bad(OUTSIDE.get(name, name), " ".join(_sentences(refusal))) from refusal
        raise BadUser(fields=refusal.fields) from refusal


def _sentences(refusal: Refusal) -> list[str]:
    return [sentence for why in refusal.fields.values() for sentence in why] or [str(refusal)]


def _bad(name: str, why: str) -> BadUser:
    return BadUser(fields={name: [why]})
