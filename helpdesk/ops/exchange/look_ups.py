"""User data look-ups in a configuration file. Headers are secrets: they stay in the desk that has them."""

from typing import Any, ClassVar

from django.db import models

from helpdesk.channels.models import Channel, Widget
from helpdesk.lib import egress
from helpdesk.ops.exchange.section import Item, Section
from helpdesk.ops.exchange.steps import Mistakes
from helpdesk.users.models import CustomField, FieldLevel
from identification.models import LookUp
from identification.services import look_up_requests as requests
from identification.services import look_ups

CHANNEL = "channel"


class LookUps(Section):
    """of: `channel`, or the kind of the widget; title: of that channel or widget."""

    key = "look_ups"
    model = LookUp
    shape: ClassVar[dict[str, type]] = {
        "of": str,
        "title": str,
        "active": bool,
        "url": str,
        "whom": str,
        "cache_seconds": int,
        "mapping": list,
    }
    by = ("of", "title")
    unsaid = ("headers",)

    def rows(self) -> "models.QuerySet[LookUp]":
        return LookUp.objects.select_related("widget", "channel").order_by("pk")

    def dump(self, row: LookUp) -> Item:
        of = row.widget.kind if row.widget else CHANNEL
        plain = {name: getattr(row, name) for name in self.shape if name not in self.by}
        return {"of": of, "title": str(row), **plain}

    def put(self, row: LookUp, name: str, value: Any) -> None:
        if name in self.by:
            return  # it was found by these
        if name == "url" and value != row.url:
            _check_url(value)
            if row.url and not requests.same_server(row.url, value):
                row.headers = ""  # they were meant for the other one
        if name == "mapping":
            _check_mapping(value)
        super().put(row, name, value)

    def save(self, row: LookUp, changed: list[str]) -> None:
        look_ups.save(row, by=None)

    def _found(self, item: Item, place: str) -> LookUp:
        of, title = item["of"], item["title"]
        wanted: models.QuerySet[Any] = Widget.objects.filter(kind=of, title=title)
        if of == CHANNEL:
            wanted = Channel.objects.filter(kind="custom", title=title)
        places = list(wanted[:2])
        if len(places) != 1:
            many = "two of this title; rename one of them first" if places else "no widget or channel of this title"
            raise Mistakes([f"{place}.title: the desk has {many}"])
        kind = CHANNEL if of == CHANNEL else "widget"
        return self.rows().filter(**{kind: places[0].pk}).first() or LookUp(**{kind: places[0]})

    def _clean(self, row: LookUp, place: str) -> None:
        super()._clean(row, place)
        if row.active and not row.whom:
            raise Mistakes([f"{place}.whom: this has to be signed or all, where it is active"])


def _check_url(url: str) -> None:
    try:
        requests.check_url(url)
    except egress.EgressError as error:
        raise ValueError(str(error)) from error


def _check_mapping(rows: list[Any]) -> None:
    fields = set(CustomField.objects.filter(level=FieldLevel.USER).values_list("key", flat=True))
    for row in rows:
        if not isinstance(row, dict) or set(row) != {"path", "field"} or not isinstance(row["path"], str):
            raise ValueError('each row has to be {"path": "plan.name", "field": "tariff"}')
        if row["field"] not in fields:
            raise ValueError(f"there is no user field {row['field']!r}")
