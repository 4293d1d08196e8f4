"""The parts of a configuration file: how rows of each are written down, found again, and changed."""

from typing import Any

from django.db import models

from channels_custom import services as channels
from channels_custom.models import CustomChannel
from helpdesk.cases.actions import ACTIONS
from helpdesk.cases.actions.macros import NOT_IN_MACROS
from helpdesk.cases.models import Label, Macro
from helpdesk.channels import links
from helpdesk.channels.models import Language, Widget
from helpdesk.channels.services.widgets import keep_widget
from helpdesk.lib import egress
from helpdesk.lib.fields import WrongValues
from helpdesk.ops.exchange.section import Item, Section
from helpdesk.users.models import AgentStatus, BlockedValue, CustomField, Group, Role


class Languages(Section):
    key = "languages"
    model = Language
    shape = {"code": str, "title": str, "active": bool, "is_default": bool}
    by = ("code",)

    def put(self, row: Language, name: str, value: Any) -> None:
        if name == "is_default" and value:
            Language.objects.exclude(pk=row.pk).filter(is_default=True).update(is_default=False)
        super().put(row, name, value)


class Fields(Section):
    key = "fields"
    model = CustomField
    shape = {
        "level": str,
        "key": str,
        "title": str,
        "kind": str,
        "choices": list,
        "active": bool,
        "on_user_data": bool,
        "on_user_page": bool,
        "position": int,
    }
    by = ("level", "key")

    def put(self, row: CustomField, name: str, value: Any) -> None:
        if name == "kind" and row.pk and row.kind != value:
            raise ValueError("the type of a field that exists cannot change")
        if name == "choices" and not all(_is_choice(choice) for choice in value):
            raise ValueError('each choice has to be {"key": "vip", "title": "VIP"}')
        super().put(row, name, value)


def _is_choice(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"key", "title"}
        and all(isinstance(text, str) and text.strip() for text in value.values())
    )


class Labels(Section):
    key = "labels"
    model = Label
    shape = {"title": str}


class Groups(Section):
    key = "groups"
    model = Group
    shape = {"title": str, "active": bool}


class Roles(Section):
    key = "roles"
    model = Role
    shape = {"title": str}


class Statuses(Section):
    """What agents can say about themselves; those that the desk was made with are in it."""

    key = "agent_statuses"
    model = AgentStatus
    shape = {"title": str, "available": bool, "position": int}


class SharedAddresses(Section):
    key = "shared_addresses"
    model = BlockedValue
    shape = {"pattern": str, "note": str}
    by = ("pattern",)


class Channels(Section):
    """Custom channels, in the words of the API. A new one gets a secret of its own; none stands in a file."""

    key = "channels"
    model = CustomChannel
    shape = {
        "title": str,
        "channel_type": str,
        "icon": str,
        "webhook_url": str,
        "body_format": str,
        "sender_level": int,
        "link_template": str,
        "tells_links": bool,
        "silence": int,
        "active": bool,
    }
    unsaid = ("kind", "secret", "old_secret", "channel_ptr")

    def dump(self, row: CustomChannel) -> Item:
        plain = {name: getattr(row, name) for name in self.shape if name != "channel_type"}
        return {"title": row.title, "channel_type": "sync" if row.sync else "async"} | plain

    def put(self, row: CustomChannel, name: str, value: Any) -> None:
        if name == "channel_type":
            if value not in {"sync", "async"}:
                raise ValueError("this has to be sync or async")
            row.sync = value == "sync"
            return
        if name == "webhook_url" and value and value != row.webhook_url:
            _check_address(value)
        if name == "link_template" and value:
            value = links.check(value)
        super().put(row, name, value)

    def save(self, row: CustomChannel, changed: list[str]) -> None:
        names = ["sync" if name == "channel_type" else name for name in changed]
        settings = {name: getattr(row, name) for name in names}
        if row.pk:
            channels.change(CustomChannel.objects.get(pk=row.pk), by=None, **settings)
        else:
            channels.create(by=None, **settings)


def _check_address(url: str) -> None:
    try:
        egress.check(url)
    except egress.EgressError as error:
        raise ValueError(str(error)) from error


class Widgets(Section):
    key = "widgets"
    model = Widget
    shape = {
        "kind": str,
        "title": str,
        "language": str,
        "texts": dict,
        "allowed_origins": str,
        "trust_page_data": bool,
        "confirm_codes": bool,
        "active": bool,
    }
    by = ("kind", "title")

    def save(self, row: Widget, changed: list[str]) -> None:
        keep_widget(row, by=None)

    def dump(self, row: Widget) -> Item:
        return super().dump(row) | {"language": row.language.code if row.language else ""}

    def put(self, row: Widget, name: str, value: Any) -> None:
        if name != "language":
            super().put(row, name, value)
            return
        row.language = Language.objects.filter(code=value).first() if value else None
        if value and row.language is None:
            raise ValueError(f"there is no language {value!r}")


class Macros(Section):
    """Those that all agents share. Their actions name groups, agents and labels as the actions of rules do."""

    key = "macros"
    model = Macro
    shape = {"title": str, "actions": list, "position": int}

    def rows(self) -> "models.QuerySet[Macro]":
        return Macro.objects.filter(owner=None).order_by("position", "pk")

    def dump(self, row: Macro) -> Item:
        return super().dump(row) | {"actions": [_named(action) for action in row.actions]}

    def put(self, row: Macro, name: str, value: Any) -> None:
        super().put(row, name, [_stored(action) for action in value] if name == "actions" else value)


def _named(action: Item) -> Item:
    """An action with names instead of ids."""
    inputs = {one.name: one for one in ACTIONS.get(action["kind"]).inputs}
    values = action["values"]
    return {**action, "values": {name: inputs[name].to_names(value, values) for name, value in values.items()}}


def _stored(action: Any) -> Item:
    """The same with ids, checked. Raises ValueError."""
    if not isinstance(action, dict) or set(action) != {"kind", "values"} or action["kind"] not in ACTIONS:
        raise ValueError('each action has to be {"kind": "set_status", "values": {"status": "closed"}}')
    if action["kind"] in NOT_IN_MACROS:
        raise ValueError(f"{action['kind']} cannot stand in a macro")
    kind, given = ACTIONS.get(action["kind"]), action["values"]
    inputs = {one.name: one for one in kind.inputs}
    if not isinstance(given, dict) or not set(given) <= set(inputs):
        raise ValueError(f"{kind.key} takes {', '.join(inputs)}")
    try:
        values = kind.parse({name: inputs[name].from_names(value) for name, value in given.items()})
    except WrongValues as error:
        raise ValueError("; ".join(f"{name}: {said}" for name, said in error.errors.items())) from error
    return {"kind": kind.key, "values": values}


# In this order: what comes later may name what came before.
SECTIONS: tuple[Section, ...] = (
    Languages(),
    Fields(),
    Labels(),
    Groups(),
    Roles(),
    Statuses(),
    SharedAddresses(),
    Channels(),
    Widgets(),
    Macros(),
)
