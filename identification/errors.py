"""Why a code was not made, or a token not believed."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.errors import Refusal


class NobodyNamed(Refusal):
    code = "nobody_named"
    sentence = _("Say whose code this is: an e-mail address, a phone number or an id.")


class BadUser(Refusal):
    code = "bad_user"
    sentence = _("This user data cannot be used.")


class SaysNothing(BadUser):
    """An address such as `null` or `0000`, which programs write when they have none."""

    code = "blocked"


class PersonBlocked(Refusal):
    code = "blocked"
    status = 403
    sentence = _("There is no code for this person.")


class NoSuchWidget(Refusal):
    code = "not_found"
    status = 404
    sentence = _("There is no such widget, or it is switched off.")


class Unsigned(Refusal):
    """Page data where the admin trusts none."""

    code = "unsigned"
    status = 403
    sentence = _("This widget takes signed tokens only.")


class OriginRefused(Refusal):
    code = "origin_refused"
    status = 403
    sentence = _("This widget does not serve this site.")


class BadRequest(Refusal):
    """A body of another shape than the widget sends."""

    code = "invalid"
    status = 400
    sentence = _("This request cannot be read.")


class BadKey(Refusal):
    """A key that cannot be taken; the sentence says why."""

    code = "bad_key"
    sentence = _("This key cannot be used.")


class BadKid(BadKey):
    """The kid cannot be taken, or is another key's."""

    sentence = _("This kid cannot be used, or another key has it: give the key another one.")


class PrivateKeyPasted(BadKey):
    sentence = _(
        "This is a private key; it was not kept. Paste the public one. Since the private key has left your server, "
        "make a new pair."
    )


REASONS: dict[str, Any] = {
    "expired": _("The token has expired."),
    "bad_signature": _("The token is damaged, or signed with another secret."),
    "unknown_key": _("There is no active signing key with the token's kid."),
    "wrong_algorithm": _("The token is signed with another algorithm than its key has."),
    "missing_claim": _("The token lacks a claim that it must have."),
    "bad_claim": _("A claim of the token cannot be used."),
    "wrong_audience": _("The token was made for another widget."),
    "revoked": _("The token was revoked."),
    "not_yet_valid": _("The token is not valid yet; check the clock of the server that made it."),
    "blocked": _("There is no code for this person."),
    "unsigned": _("The widget takes signed tokens only."),
    "hash_ended": _("The widget takes identifier_hash and user_hash no longer: their last day has passed."),
}


class BadToken(Refusal):
    """code: one of REASONS; a stranger reads the same sentence for each of them.

    why: the reason in words, for admins. detail: what exactly; never a part of the token. whom: the external id that
    it names, where one of our keys has signed that.
    """

    status = 401
    sentence = _("This token is not accepted.")

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__()
        self.code = reason  # type: ignore[misc]
        self.detail = detail
        self.whom = ""

    @property
    def why(self) -> str:
        return f"{REASONS[self.code]} {self.detail}".strip()
