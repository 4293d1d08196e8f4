"""What rules can ask about identification: the code in the customer's message, and the look-up of their data."""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import FIELDS, FLAG, Field, Operator
from helpdesk.lib.fields.operators import Test, kind


def _is(outcome: str) -> Operator:
    def prepare(value: Any) -> Test:
        return lambda seen: seen == outcome

    return Operator(outcome, LABELS[outcome], "none", prepare)


LABELS = {"not_sent": _("was not sent"), "invalid": _("is invalid"), "valid": _("is valid")}

CODE = kind("code", _("identification code"), *(_is(outcome) for outcome in LABELS))


def outcome(facts: Any) -> str | None:
    """valid, invalid, or not_sent where the customer wrote something without the shape of a code.

    None where the customer wrote nothing in this occasion, or the account's page has yet to decide: then none of the
    three holds. When it has decided, its word counts although the message came earlier.
    """
    checked = [event for event in facts.events if event.kind == "code.checked"]
    if facts.asked is None:
        decided = [event.get("outcome") for event in checked if event.get("decided")]
        return decided[-1] if decided else None
    found = [event.get("outcome") for event in checked if event.message_id == facts.asked.message_id]
    return found[-1] if found else "not_sent"


FIELDS.register(Field("identification.code", _("Identification code"), CODE, outcome, lists=frozenset({"updated"})))

# What ends a look-up without data; “not known there” is an answer, too.
UNAVAILABLE = frozenset({"refused", "failed"})


def look_up_failed(facts: Any) -> bool:
    """Whether the last look-up of this user, or of their account with you, brought no answer."""
    results = apps.get_model("identification.LookUpResult")._default_manager
    theirs = results.filter(profile__person=facts.person).order_by("-pk")
    return theirs.values_list("outcome", flat=True).first() in UNAVAILABLE


FIELDS.register(
    Field(
        "user.look_up_failed",
        _("User data look-up"),
        FLAG,
        lambda f: f.once("look_up_failed", lambda: look_up_failed(f)),
        words={"yes": _("has failed"), "no": _("has not failed")},
    )
)
