"""A second, naive interpreter of rules, written from the documentation: what the engine must agree with.

It knows rules as JSON and facts as a dict {field key: value or None}, and shares no code with the engine.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any

NEGATIVE = {
    "is_not": "is",
    "below": "at_least",
    "is_none": "is_any",
    "contains_none": "contains_any",
    "starts_not": "starts",
    "matches_not": "matches",
    "not_empty": "empty",
    "no": "yes",
    "equals_not": "equals",
    "has_none": "has_any",
}
UNITS = {"minutes": 60, "hours": 3600, "days": 86400}


def small(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def holds(operator: str, value: Any, seen: Any, now: datetime) -> bool:  # noqa: C901 (a line per operator)
    """Whether one condition holds for what is seen."""
    if operator in NEGATIVE:
        return not holds(NEGATIVE[operator], value, seen, now)
    if operator == "empty":
        return seen is None or seen in ("", frozenset()) or (isinstance(seen, str) and not seen.strip())
    if seen is None:
        return False
    if operator in {"equals", "more", "less"} or (operator == "between" and isinstance(value[0], int)):
        seen = number(seen)
        if seen is None:
            return False
    elif operator in {"is", "starts", "contains_any"} and isinstance(value, list):
        seen = spelled(seen)
    if isinstance(seen, str) and isinstance(value, list) and operator != "is_any":
        return text_holds(operator, [small(word).strip() for word in value], small(seen))
    if isinstance(seen, date):
        return date_holds(operator, value, seen, now)
    if operator == "matches":
        return seen != "" and re.search(value, seen, re.IGNORECASE) is not None
    match operator:
        case "yes":
            return seen is True
        case "is" | "equals":
            return bool(seen == value)
        case "is_any":
            return seen in value
        case "more":
            return bool(seen > value)
        case "less":
            return bool(seen < value)
        case "at_least":
            return bool(seen >= value)
        case "between":
            return bool(value[0] <= seen <= value[1])
        case "has_any":
            return bool(set(seen) & set(value))
        case "has_all":
            return set(value) <= set(seen)
    raise AssertionError(f"the reference knows no operator {operator!r}")


def number(seen: Any) -> Any:
    """A number, or a text that is one; None for anything else."""
    if isinstance(seen, str):
        return float(seen) if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", seen.strip()) else None
    return None if isinstance(seen, bool) else seen


def spelled(seen: Any) -> str:
    """Anything as text: true, 7, 2.5."""
    if isinstance(seen, bool):
        return str(seen).lower()
    return str(int(seen)) if isinstance(seen, float) and seen == int(seen) else str(seen)


def text_holds(operator: str, words: list[str], seen: str) -> bool:
    if not seen:
        return False
    match operator:
        case "contains_any":
            return any(word in seen for word in words)
        case "contains_all":
            return all(word in seen for word in words)
        case "is":
            return seen.strip() in words
        case "starts":
            return any(seen.lstrip().startswith(word) for word in words)
    raise AssertionError(f"the reference knows no operator {operator!r}")


def date_holds(operator: str, value: Any, seen: date, now: datetime) -> bool:
    """Days as UTC has them: the tests' desk is there."""
    at = seen if isinstance(seen, datetime) else datetime(seen.year, seen.month, seen.day, tzinfo=UTC)
    day = at.date().isoformat()
    if isinstance(value, dict):
        ago = now - at
        limit = timedelta(seconds=value["amount"] * UNITS[value["unit"]])
        return ago >= limit if operator in {"ago_more", "at_least"} else ago < limit
    match operator:
        case "after":
            return day > value
        case "before":
            return day < value
        case "on":
            return bool(day == value)
        case "between":
            return bool(value[0] <= day <= value[1])
    raise AssertionError(f"the reference knows no operator {operator!r}")


def matches(rule: dict[str, Any], facts: dict[str, Any], now: datetime) -> bool:
    def check(row: dict[str, Any]) -> bool:
        return holds(row["operator"], row.get("value"), facts[row["field"]], now)

    every = all(check(row) for row in rule.get("all", []))
    return every and (not rule.get("any") or any(check(row) for row in rule["any"]))


def run(
    rules: list[dict[str, Any]], facts: dict[str, Any], now: datetime, *, alone: bool = False
) -> tuple[list[str], list[str], dict[str, Any]]:
    """(titles of the rules that fire, of those that fail, the facts afterwards), top to bottom.

    A rule that fails changes nothing. alone: each rule has a pass of its own (time rules), so none stops another.
    """
    fired, failed = [], []
    for rule in rules:
        if not rule.get("active", True) or rule.get("group_off") or not matches(rule, facts, now):
            continue
        if any(action["kind"] == BREAKS for action in rule["actions"]):
            failed.append(rule["title"])
            continue
        fired.append(rule["title"])
        for action in rule["actions"]:
            facts = {**facts, **changed(action, facts)}
        if not alone and (rule.get("stop") or any(action["kind"] == STOPS for action in rule["actions"])):
            break
    return fired, failed, facts


# An action that the tests plant, and the one that ends a pass.
BREAKS, STOPS = "test_breaks", "stop_processing"


def changed(action: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    values = action["values"]
    match action["kind"]:
        case "stop_processing":
            return {}
        case "set_status":
            return {"case.status": values["status"]}
        case "set_priority":
            return {"case.priority": values["priority"]}
        case "set_group":
            return {"case.group": values["group"]}
        case "add_labels":
            return {"case.labels": facts["case.labels"] | set(values["labels"])}
        case "remove_labels":
            return {"case.labels": facts["case.labels"] - set(values["labels"])}
    raise AssertionError(f"the reference knows no action {action['kind']!r}")
