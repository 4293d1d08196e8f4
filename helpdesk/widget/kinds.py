"""Kinds of widgets, as far as their page in the admin goes. The app that serves a kind registers it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Widget
from helpdesk.events.services import Actor
from helpdesk.lib.registry import Registry
from helpdesk.widget.languages import Words

ADVICE = _("As it is, every site may ask, and your server signs who is signed in there.")
LOSS = _("Its script on your site stops working: nobody gets a code there any more.")


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
class Section:
    """A part of a widget's page: names of inputs under a heading."""

    title: Any
    names: Sequence[str]
    advice: Any = ""


@dataclass(frozen=True)
class Settings:
    """What a kind asks beside what every widget has. inputs: fields of the form, by name; told: what they are now;
    check: what is wrong with what was said, by name; keep: writes it. sections: where they stand on the page.
    facts: lines about the widget as it runs.
    """

    inputs: Callable[[], Mapping[str, forms.Field]]
    told: Callable[[Widget], Mapping[str, Any]]
    check: Callable[[dict[str, Any]], Mapping[str, Any]]
    keep: Callable[[Widget, dict[str, Any], Actor | None], None]
    sections: Sequence[Section]
    facts: Callable[[Widget], Sequence[Any]]


@dataclass(frozen=True)
class Kind:
    """key: as in `Widget.kind`. phrases: {key: what an admin reads beside the input}; words: our own texts.

    samples: what to copy into a site. refused: why visitors were turned away. scenes: what the preview shows.
    belief: the settings of `Widget` that decide whom it believes; loss: what deleting it means.
    """

    key: str
    phrases: Mapping[str, Any]
    words: Words
    samples: Callable[[Widget], Sequence[Sample]]
    refused: Callable[[Widget], Sequence[Refused]]
    scenes: Sequence[Scene] = ()
    belief: Sequence[str] = ("trust_page_data", "confirm_codes")
    advice: Any = ADVICE
    loss: Any = LOSS
    settings: Settings | None = None


WIDGETS: Registry[Kind] = Registry("kind of widget")
