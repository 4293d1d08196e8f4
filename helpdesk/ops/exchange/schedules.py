"""Business hours in a configuration file, in the words of the API."""

from dataclasses import replace
from typing import Any

from rest_framework.serializers import Serializer

from helpdesk.channels.models import Schedule
from helpdesk.channels.services import schedules
from helpdesk.ops.exchange.section import Item, Section
from helpdesk.ops.exchange.steps import Mistakes, Step
from helpdesk.users.api.schedules import FACTS, DayBody, PeriodBody, period, plain


class Schedules(Section):
    key = "schedules"
    model = Schedule
    shape = {
        "title": str,
        "timezone": str,
        "country": str,
        "region": str,
        "is_default": bool,
        "periods": list,
        "free_days": list,
    }

    def rows(self) -> Any:
        return Schedule.objects.prefetch_related("periods", "free_days").order_by("pk")

    def dump(self, row: Schedule) -> Item:
        return _item(schedules.of(row))

    def load(self, item: Any, place: str) -> list[Step]:
        """As other sections, but with rows of its own: what the file says is put together, then saved as a whole."""
        self._check(item, place)
        row = self._found(item, place)
        before = schedules.of(row) if row.pk else None
        draft = _draft(item, before or schedules.Draft(item["title"]), place)
        try:
            saved = schedules.save(draft, by=None, schedule=row if row.pk else None)
        except schedules.BadHours as refusal:
            raise Mistakes([f"{place}{_path(path)}: {why}" for path, why in refusal.errors.items()]) from refusal
        old, new = _item(before) if before else {}, self.dump(self.rows().get(pk=saved.pk))
        changes = {name: (old[name], new[name]) for name in old if old[name] != new[name]}
        return [Step(self.key, saved.title, "change" if changes else "same" if before else "new", changes)]


def _item(draft: schedules.Draft) -> Item:
    return {**{name: getattr(draft, name) for name in FACTS}, **plain(draft)}


def _draft(item: Item, stored: schedules.Draft, place: str) -> schedules.Draft:
    draft = replace(stored, **{name: item[name] for name in FACTS if name in item})
    if "periods" in item:
        rows = _rows(PeriodBody, item["periods"], f"{place}.periods")
        draft = replace(draft, periods=tuple(period(row) for row in rows))
    if "free_days" in item:
        rows = _rows(DayBody, item["free_days"], f"{place}.free_days")
        draft = replace(draft, free_days=tuple(schedules.Day(**row) for row in rows))
    return draft


def _rows(body: type[Serializer[Any]], rows: list[Any], place: str) -> list[dict[str, Any]]:
    found, wrong = [], []
    for index, row in enumerate(rows):
        given = body(data=row)
        if given.is_valid():
            found.append(given.validated_data)
        else:
            wrong += [f"{place}[{index}].{name}: {' '.join(map(str, said))}" for name, said in given.errors.items()]
    if wrong:
        raise Mistakes(wrong)
    return found


def _path(path: str) -> str:
    """ "periods.0" → ".periods[0]"."""
    name, dot, index = path.partition(".")
    return f".{name}[{index}]" if dot else f".{name}"
