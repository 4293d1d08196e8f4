"""The condition *Identification code*: what became of the code in the customer's message, if any."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import FIELDS, Field, Operator
from helpdesk.lib.fields.operators import Test, kind


def _is(outcome: str) -> Operator:
    def prepare(value: Any) -> Test:
        return lambda seen: seen == outcome

    return Operator(outcome, LABELS[outcome], "none", prepare)


LABELS = {"not_sent": _("was not sent"), "invalid": _("is invalid"), "valid": _("is valid")}

CODE = kind("code", _("identification code"), *(_is(outcome) for outcome in LABELS))


def outcome(facts: Any) -> str | None:
    """valid, invalid, or not_sent where the customer wrote something without the shape of a code.

    None where the customer wrote nothing in this occasion: then none of the three holds.
    """
    if facts.asked is None:
        return None
    checked = [event for event in facts.events if event.kind == "code.checked"]
    found = [event.get("outcome") for event in checked if event.message_id == facts.asked.message_id]
    return found[-1] if found else "not_sent"


FIELDS.register(Field("identification.code", _("Identification code"), CODE, outcome, lists=frozenset({"updated"})))
