"""Kinds of widgets, as far as their page in the admin goes. The app that serves a kind registers it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
class Scene:
    """One state of a widget, for the preview beside its texts. parts: what stands in it, from top to bottom.

    A part is (look, phrase): look is heading, text, box, button, other (a second button) or small. A phrase that is no
    key stands there as it is, such as a code. facts: what stands for {name} in phrases.
    """

    title: Any
    parts: tuple[tuple[str, str], ...]
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """key: as in `Widget.kind`. phrases: {key: what an admin reads beside the input}; words: our own texts.

    samples: what to copy into a site. refused: why visitors were turned away. scenes: what the preview shows.
    """

    key: str
    phrases: Mapping[str, Any]
    words: Words
    samples: Callable[[Widget], Sequence[Sample]]
    refused: Callable[[Widget], Sequence[Refused]]
    scenes: Sequence[Scene] = ()


WIDGETS: Registry[Kind] = Registry("kind of widget")
