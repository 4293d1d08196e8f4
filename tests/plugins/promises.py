"""Carries the marks `promise` and `seed` of a test into its results, where `make promises` counts them."""

import re

import pytest

PROMISE = re.compile(r"P([1-9]|[12]\d|3[0-6])|A([1-9]|[123]\d|40)")  # P1–P36, attacks 1–40
SEED = re.compile(r"00[0-4]")

MARKERS = (
    'promise(name): shows that a promise ("P6") is kept or an attack ("A14") fails',
    'seed(document, sentence): shows what a sentence of a seed says ("000", "valid for only 5 minutes")',
)


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Raises UsageError for a mark that names nothing that exists."""
    for item in items:
        for mark in item.iter_markers("promise"):
            item.user_properties += [("promise", name) for name in _promises(mark, item)]
        for mark in item.iter_markers("seed"):
            item.user_properties.append(("seed", _sentence(mark, item)))


def _promises(mark: pytest.Mark, item: pytest.Item) -> tuple[str, ...]:
    if not mark.args or not all(isinstance(n, str) and PROMISE.fullmatch(n) for n in mark.args):
        raise pytest.UsageError(f"{item.nodeid}: promise{mark.args} names no promise P1–P36 or attack A1–A40")
    return mark.args


def _sentence(mark: pytest.Mark, item: pytest.Item) -> str:
    match mark.args:
        case (str(document), str(sentence)) if SEED.fullmatch(document) and sentence.strip():
            return f'seed {document} "{sentence}"'
    raise pytest.UsageError(f"{item.nodeid}: seed{mark.args} is not a document 000–004 and a sentence of it")
