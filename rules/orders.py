"""The order of a list as pages and programs send it."""

from collections.abc import Mapping
from typing import Any


def order_of(given: Any) -> list[tuple[int | None, list[int]]]:
    """JSON → as `services.arrange` takes it: ids of rules, and groups as {"group_id": 2, "rules": [3, 4]}.

    Raises ValueError.
    """
    if not isinstance(given, list):
        raise ValueError("an order is a list")
    return [_item(item) for item in given]


def _item(item: Any) -> tuple[int | None, list[int]]:
    if not isinstance(item, Mapping):
        return None, _ids([item])
    (group_id,) = _ids([item.get("group_id")])
    return group_id, _ids(item.get("rules"))


def _ids(given: Any) -> list[int]:
    if not isinstance(given, list) or not all(type(number) is int for number in given):
        raise ValueError("ids are whole numbers")
    return given
