"""What an answer to a message of the check means, in plain words."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from django.utils.translation import gettext as _

from channels_custom.checking.endpoint import Said
from helpdesk.lib import egress


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Finding:
    """seen: what happened. advice: what to do, also where a case passed but could be better."""

    state: State
    seen: str
    advice: str = ""


def passed(seen: str, advice: str = "") -> Finding:
    return Finding(State.PASSED, seen, advice)


def failed(seen: str, advice: str) -> Finding:
    return Finding(State.FAILED, seen, advice)


def not_judged(seen: str, advice: str = "") -> Finding:
    return Finding(State.NOT_JUDGED, seen, advice)


def put_off(said: Said) -> Finding:
    """It asked for patience, which says nothing about the message."""
    return not_judged(said.words, _("Let the desk past your limit of requests, then check again."))


def not_taken(said: Said) -> Finding:
    """A right message that was not taken."""
    return put_off(said) if said.later else failed(said.words, _advice(said))


def _advice(said: Said) -> str:
    if isinstance(said.error, egress.TooSlow):
        return _("Answer as soon as the message is safe, and do slow work afterwards.")
    if said.error:
        return _("See that your server runs and that this address leads to it from here.")
    if said.status == HTTPStatus.GONE:
        return _("410 means “never again”: the desk would switch the channel off. Answer 2xx, or 503 for a while.")
    if said.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _("Compare the secret and the clock, and verify the raw bytes of the body before they are parsed.")
    if said.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _("Allow bodies of at least 1 MB, in your web server too.")
    if said.status < 400:
        return _("The desk follows no redirects: enter the address at which they end.")
    if said.status < 500:
        return _("Answer 2xx to each message with a right signature: the desk gives others up after six tries.")
    return _("Look into the log of your server: the desk would repeat this message for three days.")


def of_forgery(said: Said, *, took: str, advice: str) -> Finding:
    """A message that had to be refused. took: a sentence for the case that it was taken."""
    if said.taken:
        return failed(f"{took} {said.words}", advice)
    if said.later:
        return put_off(said)
    if said.refused:
        return passed(said.words)
    if said.status == HTTPStatus.GONE:
        return failed(said.words, _("Answer 401: with 410 a mistyped secret would switch the channel off."))
    return failed(said.words, _("It was not taken, but not refused either. Answer 401, or the desk sends it again."))
