"""One part of a configuration file: the rows of one model."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from helpdesk.ops.exchange.steps import Mistakes, Step

Item = dict[str, Any]


class Section:
    """Rows of one model.

    shape: {name in the file: type}. by: the names that tell rows apart. unsaid: fields no file speaks of.
    """

    key: ClassVar[str]
    model: ClassVar[type[models.Model]]
    shape: ClassVar[dict[str, type]]
    by: ClassVar[tuple[str, ...]] = ("title",)
    unsaid: ClassVar[tuple[str, ...]] = ()

    def rows(self) -> "models.QuerySet[Any]":
        return self.model._default_manager.order_by("pk")

    def dump(self, row: Any) -> Item:
        """A row as it stands in the file."""
        return {name: getattr(row, name) for name in self.shape}

    def put(self, row: Any, name: str, value: Any) -> None:
        """Sets what the file says. Raises ValueError with a sentence."""
        setattr(row, name, value)

    def save(self, row: Any, changed: list[str]) -> None:
        if row.pk:
            row.save(update_fields=changed)
        else:
            row.save()

    def load(self, item: Any, place: str) -> list[Step]:
        """Makes or changes the row of this item. Raises Mistakes, each at its place in the file."""
        self._check(item, place)
        row = self._found(item, place)
        before = self.dump(row) if row.pk else {}
        for name, value in item.items():
            self._put(row, name, value, place)
        self._clean(row, place)
        after = self.dump(row)
        changed = [name for name in self.shape if before.get(name, ...) != after[name]]
        if changed:
            self.save(row, changed)
        changes = {name: (before[name], after[name]) for name in changed} if before else {}
        title = str(item.get("title") or item[self.by[-1]])
        return [Step(self.key, title, "change" if changes else "same" if before else "new", changes)]

    def _check(self, item: Any, place: str) -> None:
        if not isinstance(item, dict):
            raise Mistakes([f"{place}: this has to be an object"])
        wrong = [f"{place}.{name}: there is no such setting" for name in item if name not in self.shape]
        wrong += [f"{place}.{name}: this is missing" for name in self.by if not item.get(name)]
        for name, kind in self.shape.items():
            if name in item and type(item[name]) is not kind:
                wrong.append(f"{place}.{name}: this has to be {WORDS[kind]}")
        if wrong:
            raise Mistakes(wrong)

    def _found(self, item: Item, place: str) -> Any:
        found = list(self.rows().filter(**{name: item[name] for name in self.by})[:2])
        if len(found) > 1:
            raise Mistakes([f"{place}: the desk has two of this {self.by[-1]}; rename one of them first"])
        return found[0] if found else self.model()

    def _put(self, row: Any, name: str, value: Any, place: str) -> None:
        try:
            self.put(row, name, value)
        except ValueError as error:
            raise Mistakes([f"{place}.{name}: {error}"]) from error

    def _clean(self, row: Any, place: str) -> None:
        try:
            row.full_clean(exclude=self.unsaid)
        except ValidationError as error:
            told = error.message_dict
            raise Mistakes([f"{place}.{name}: {' '.join(said)}" for name, said in told.items()]) from error


WORDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "an object",
}
