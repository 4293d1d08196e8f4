"""Kinds of widgets, as far as their page in the admin goes. The app that serves a kind registers it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpdesk.channels.models import Widget
from helpdesk.lib.registry import Registry
from helpdesk.widget.languages import Words


@dataclass(frozen=True)
class Sample:
    """Text to copy from the widget's page: a title, a sentence on what to do with it, the text itself."""

    title: Any
    hint: Any
    text: str


@dataclass(frozen=True)
class Refused:
    """How often a widget's visitors were refused for one reason in the last days."""

    reason: Any
    count: int
    last: Any


@dataclass(frozen=True)
class Kind:
    """key: as in `Widget.kind`. phrases: {key: what an admin reads beside the input}; words: our own texts.

    samples: what to copy into a site. refused: why visitors were turned away.
    """

    key: str
    phrases: Mapping[str, Any]
    words: Words
    samples: Callable[[Widget], Sequence[Sample]]
    refused: Callable[[Widget], Sequence[Refused]]


WIDGETS: Registry[Kind] = Registry("kind of widget")
