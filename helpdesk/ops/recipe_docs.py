"""The part of each page in docs/recipes that says what its rules do, written from the recipe's own file.

After a change of a recipe: `manage.py shell -c "from helpdesk.ops import recipe_docs; recipe_docs.write()"`.
"""

from pathlib import Path

from django.conf import settings
from django.utils import translation

from helpdesk.ops import recipes
from helpdesk.ops.recipes import Line, Recipe
from rules import catalogue

FOLDER: Path = settings.BASE_DIR / "docs" / "recipes"
BEGINS, ENDS = "<!-- from here on written by helpdesk/ops/recipe_docs.py -->", "<!-- up to here -->"
# What a recipe brings along, beside its rules and their groups.
NAMED = {
    "languages": "the languages",
    "schedules": "the business hours",
    "fields": "the custom fields",
    "labels": "the labels",
    "groups": "the groups",
    "roles": "the roles",
}


def page_of(recipe: Recipe) -> Path:
    return FOLDER / f"{recipe.key}.md"


def written(recipe: Recipe) -> str:
    """The page as it should be: what people wrote around it stays. Needs a database; leaves nothing in it."""
    before, _begins, rest = page_of(recipe).read_text(encoding="utf-8").partition(BEGINS)
    _old, _ends, after = rest.partition(ENDS)
    return f"{before}{BEGINS}\n\n{in_words(recipe)}\n{ENDS}{after}"


def in_words(recipe: Recipe) -> str:
    """Its rules as a table, what customers read, what it brings along, and how to import it; in English."""
    with translation.override("en"):
        data = recipe.read()
        lines = [line for line, _new in recipes.plan(data).lines]
    rows = [(str(number), one.list, one.title, one.when, one.then) for number, one in enumerate(lines, 1)]
    said = _texts(lines)
    path = recipe.path.relative_to(settings.BASE_DIR)
    parts = [
        "## The rules\n",
        catalogue.table("rule, list, title, when, then", rows),
        *(["## What customers read\n", *said] if said else []),
        "## How to import it\n",
        f"It brings along {_brought(data)}.\n",
        f"    manage.py import_config {path} --only-new            # shows what it would add",
        f"    manage.py import_config {path} --only-new --apply    # adds it\n",
    ]
    return "\n".join(parts)


def _texts(lines: list[Line]) -> list[str]:
    """What customers read, each language as a quotation; rules that say the same stand together."""
    rules: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for number, one in enumerate(lines, 1):
        if one.texts:
            rules.setdefault(tuple(one.texts.items()), []).append(str(number))
    parts: list[str] = []
    for texts, numbers in rules.items():
        parts.append(f"Rule{'s' * (len(numbers) > 1)} {', '.join(numbers)}:\n")
        parts += [f"> `{language}` {_quoted(text)}\n" for language, text in texts]
    return parts


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines()).removeprefix("> ")


def _brought(data: dict[str, list[dict[str, str]]]) -> str:
    there = [(words, data[part]) for part, words in NAMED.items() if data.get(part)]
    return "; ".join(f"{words} {_titles(rows)}" for words, rows in there)


def _titles(rows: list[dict[str, str]]) -> str:
    return ", ".join(f"*{row['title']}*" for row in rows)


def write() -> None:
    for recipe in recipes.RECIPES:
        page_of(recipe).write_text(written(recipe), encoding="utf-8")
