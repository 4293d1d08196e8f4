"""Refusals: what a verb says when it will not do a thing. One place turns them into answers."""

from typing import Any, ClassVar


class Refusal(Exception):
    """Base of all refusals. code: for machines; status: the HTTP status; str(): a sentence for people.

    fields: {field name: [sentence]} where a refusal is about certain fields. more: further members of the problem.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422
    sentence: ClassVar[Any] = "This is not possible."

    def __init__(self, sentence: Any = None, *, fields: dict[str, list[str]] | None = None, **more: Any) -> None:
        super().__init__(sentence or self.sentence)
        self.fields = fields or {}
        self.more = more

    def __str__(self) -> str:
        return str(self.args[0])
