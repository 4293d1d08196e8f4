from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.events.kinds import Kind, declare
from identification.models import LookUpResult

OUTCOMES: Mapping[str, str | Promise] = {
    "valid": _("it is valid"),
    "invalid": _("it is invalid"),
    "proposed": _("the account page is asked whether it may count"),
}
# Behind the outcome; a customer reads none of it.
REASONS: Mapping[str, str | Promise] = {
    "": "",
    "unknown": _(" (there is no such code)"),
    "check": _(" (a slip of the pen: its last symbol does not fit)"),
    "used": _(" (it was used before)"),
    "expired": _(" (it had expired)"),
    "voided": _(" (a newer one took its place, or it was revoked)"),
    "locked": _(" (too many wrong codes: none of this customer's is looked at now)"),
    "paused": _(" (too many wrong codes in the whole desk: none is looked at now)"),
    "someone_else": _(" (it belongs to somebody else than this customer is proven to be)"),
}

REFUSALS = {
    "expired": _("it had expired"),
    "revoked": _("it was revoked"),
    "not_yet_valid": _("it was not valid yet"),
    "wrong_audience": _("it was made for another widget"),
    "missing_claim": _("it lacked a claim"),
    "bad_claim": _("a claim could not be used"),
    "blocked": _("this person is blocked"),
}

declare(
    Kind("code.made", _("Identification code made"), _("An identification code was made")),
    # data: outcome, reason (empty unless invalid), code; decided: by the account's page, after it was proposed.
    Kind(
        "code.checked",
        _("Identification code checked"),
        _("An identification code was sent: {outcome}{reason}"),
        words={"outcome": OUTCOMES, "reason": REASONS},
    ),
    Kind(
        "code.accepted",
        _("Link accepted"),
        _("The customer accepted on the account page: this account is theirs"),
        touches=True,
    ),
    Kind(
        "code.declined",
        _("Link declined"),
        _("The owner of the account declined: this is not their account. Nothing was linked."),
    ),
    Kind(
        "code.repeated",
        _("Used code sent again"),
        _("A code that somebody else has used was sent here. It may have been copied or talked out of its owner."),
    ),
    Kind(
        "code.seen_again",
        _("Used code sent by somebody else"),
        _("The code that was used here was sent again by somebody else. Ask the customer whether they passed it on."),
    ),
    Kind(
        "person.codes_locked",
        _("Codes locked"),
        _("100 wrong codes, one after the other: no code of this person is accepted until an agent lifts the lock"),
    ),
    Kind("person.codes_unlocked", _("Lock of codes lifted"), _("{actor} lifted the lock: codes are accepted again")),
    Kind(
        "link.undone",
        _("Link undone by the customer"),
        _("The customer undid the link with {account}: it was not theirs. No machine links the two again."),
    ),
    Kind(
        "link.undo_refused",
        _("Link not undone"),
        _("The customer says that {account} is not theirs, but something newer stands on that link. Please decide."),
    ),
    Kind("code.conflict", _("Code of somebody else"), _("A code of another person was sent. Nothing was linked.")),
    Kind("code.braked", _("Identification paused"), _("Too many wrong codes: none are accepted until {until}")),
    Kind("signing_key.made", _("Signing key made"), _("{actor} made the signing key {kid}")),
    Kind("signing_key.retired", _("Signing key retired"), _("{actor} retired the signing key {kid}")),
    Kind(
        "token.refused",
        _("Token refused"),
        _("A token that one of your keys had signed for this person was refused: {reason}"),
        words={"reason": REFUSALS},
    ),
    Kind("person.session_revoked", _("Session revoked"), _("{actor} voided the tokens of one session of this person")),
    Kind("person.tokens_revoked", _("Tokens revoked"), _("{actor} voided the tokens that this person had until now")),
    # Look-ups run no rules: the next pass sees what they have brought.
    Kind(
        "look_up.done",
        _("User data looked up"),
        _("User data looked up in your user database: {outcome}"),
        words={"outcome": dict(LookUpResult.Outcome.choices)},
    ),
    Kind("look_up.started", _("User data asked for"), _("{actor} asked your user database for this user")),
    Kind(
        "look_up.not_started",
        _("User data not asked for"),
        _("{actor} could not ask your user database for this user: {why}"),
    ),
    Kind("look_up.changed", _("Look-up changed"), _("{actor} changed the user data look-up of {title}")),
    Kind(
        "look_up.failing", _("Look-up only fails"), _("The user data look-up of {title} has only failed since {since}")
    ),
)
