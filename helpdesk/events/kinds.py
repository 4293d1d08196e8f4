"""Event kinds: each app registers its own, with a label and the sentence that a timeline shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise

from helpdesk.lib.registry import Registry


@dataclass(frozen=True)
class Kind:
    """One kind of event.

    key: `noun.past_verb`, kept for ever. label: a few words for lists. sentence: a format string for the
    timeline, with the event's data as names, plus `actor`; empty when a timeline does not show it.
    touches: whether such an event makes rules run for its case (a receipt or a read mark does not).
    words: {name in the data: {value: how the sentence tells it}}.
    """

    key: str
    label: str | Promise
    sentence: str | Promise = ""
    touches: bool = False
    words: Mapping[str, Mapping[str, str | Promise]] = field(default_factory=dict)


EVENTS: Registry[Kind] = Registry("event kind")


def declare(*kinds: Kind) -> None:
    """Registers kinds; called once from the owning app's `events.py`."""
    for kind in kinds:
        EVENTS.register(kind)


def touching() -> Iterator[str]:
    return (kind.key for kind in EVENTS if kind.touches)
