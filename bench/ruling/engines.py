"""The same rules in the languages of other engines, compiled where they can be, asked one after the other.

After a rule has fired the next one has to see the changed case, so a list of rules cannot be asked all at once. How
fast the fastest of them would be if it could stands in the table, too: one expression for all rules.
"""

from collections.abc import Callable
from typing import Any

import rule_engine
import zen
from json_logic import jsonLogic

from bench.ruling.story import RULES, Desk, priorities, words

# Which rules match what is known of an event.
Ask = Callable[[dict[str, Any]], list[bool]]


def make(name: str, desk: Desk) -> Ask:
    return ENGINES[name](desk)


def _rule_engine(desk: Desk) -> Ask:
    rules = [rule_engine.Rule(_expression(number, desk, "{word} in {text}")) for number in range(RULES)]
    return lambda facts: [rule.matches(facts) for rule in rules]


def _zen_engine(desk: Desk) -> Ask:
    rules = [zen.compile_expression(text) for text in _zen_expressions(desk)]
    return lambda facts: [rule.evaluate(facts) for rule in rules]


def _zen_at_once(desk: Desk) -> Ask:
    every = ", ".join(_zen_expressions(desk))
    return zen.compile_expression(f"[{every}]").evaluate


def _zen_expressions(desk: Desk) -> list[str]:
    return [_expression(number, desk, "contains({text}, {word})") for number in range(RULES)]


def _expression(number: int, desk: Desk, contains: str) -> str:
    first, own = (contains.format(text="text", word=f"'{word}'") for word in words(number))
    return " and ".join(
        (
            "status != 'closed'",
            "identified == false",
            "author == 'profile'",
            f"priority in {priorities(number)}",
            f"group != {desk.groups[1 + number % 9]}",
            f"not ({desk.labels[2 + number % 18]} in labels)",
            f"({first} or {own})",
            contains.format(text="subject", word=f"'{words(number)[1]}'"),
        )
    )


def _json_logic(desk: Desk) -> Ask:
    rules = [_tree(number, desk) for number in range(RULES)]
    return lambda facts: [bool(jsonLogic(rule, facts)) for rule in rules]


def _tree(number: int, desk: Desk) -> dict[str, Any]:
    def var(name: str) -> dict[str, str]:
        return {"var": name}

    return {
        "and": [
            {"!=": [var("status"), "closed"]},
            {"==": [var("identified"), False]},
            {"==": [var("author"), "profile"]},
            {"in": [var("priority"), priorities(number)]},
            {"!=": [var("group"), desk.groups[1 + number % 9]]},
            {"!": [{"in": [desk.labels[2 + number % 18], var("labels")]}]},
            {"or": [{"in": [word, var("text")]} for word in words(number)]},
            {"in": [words(number)[1], var("subject")]},
        ]
    }


ENGINES: dict[str, Callable[[Desk], Ask]] = {
    "zen_engine": _zen_engine,
    "json_logic": _json_logic,
    "rule_engine": _rule_engine,
    "zen_engine_at_once": _zen_at_once,
}
