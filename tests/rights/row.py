"""A row of the table: one operation, and what each role is answered.

Sessions mean nothing to the API, keys mean nothing to pages. What a row says of Eve is also what Ann is answered
where the ids in it are of a case that she may not see.
"""

from dataclasses import dataclass, field
from typing import Any

SESSIONS = ("eve", "ann", "ada")
KEYS = ("key of eve", "key of ann", "key of ann, read", "key of another channel", "key of ada")
STRANGERS = ("nobody", "inactive", "retired key", "key of inactive")
ROLES = (*STRANGERS, *SESSIONS, *KEYS)
# Who may see what happens in Ann's messenger, by a session or by a key.
SEES = frozenset({"ann", "ada", "key of ann", "key of ann, read", "key of ada"})
ALL_SEEING = frozenset({"ada", "key of ada"})

Statuses = int | tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """One operation, asked for with {ids} in path and body. answers: role → status or several.

    of_a_case: its ids name one case, its message, file, user or channel. public: its content is for whoever has the
    address.
    """

    operation: str
    path: str
    method: str = "GET"
    body: dict[str, Any] | None = None
    answers: dict[str, Statuses] = field(default_factory=dict)
    of_a_case: bool = False
    public: bool = False

    def expected(self, role: str) -> set[int]:
        statuses = self.answers[role]
        return {statuses} if isinstance(statuses, int) else set(statuses)

    def foreign(self, role: str) -> set[int]:
        """What Ann is answered where the ids are not hers: what Eve is, unless her key may not even try."""
        if role in {"key of ann, read"} and self.expected(role) == {403}:
            return {403}
        return self.expected("eve" if role == "ann" else "key of eve")


def fill(text: str, ids: dict[str, Any]) -> str:
    for name, value in ids.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def page(
    name: str,
    path: str,
    method: str = "GET",
    body: Any = None,
    *,
    stranger: Statuses = 302,
    eve: Statuses,
    ann: Statuses,
    ada: Statuses,
    **more: Any,
) -> Row:
    """A page: who has no session is a stranger, with whatever key."""
    answers = {**dict.fromkeys((*STRANGERS, *KEYS), stranger), "eve": eve, "ann": ann, "ada": ada}
    return Row(name, path, method, body, answers, **more)


def same(name: str, path: str, statuses: Statuses, method: str = "GET", body: Any = None, **more: Any) -> Row:
    """The same for everybody."""
    return Row(name, path, method, body, dict.fromkeys(ROLES, statuses), **more)


def api(
    name: str,
    path: str,
    method: str = "GET",
    body: Any = None,
    *,
    eve: Statuses,
    ann: Statuses,
    read: Statuses = 403,
    channel: Statuses = 403,
    ada: Statuses,
    **more: Any,
) -> Row:
    """An operation of the API: a session does not count; read: Ann's key that may only read."""
    keys = dict(zip(KEYS, (eve, ann, read, channel, ada), strict=True))
    answers = {**dict.fromkeys((*STRANGERS, *SESSIONS), 401), **keys}
    return Row(f"{method} {name}", f"/api/v1/{path}", method, body, answers, **more)
