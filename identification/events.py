from django.utils.translation import gettext_lazy as _

from helpdesk.events.kinds import Kind, declare

declare(
    Kind("code.made", _("Identification code made"), _("An identification code was made")),
    # data: outcome (valid | invalid), reason (empty when valid), redemptions' level and account profile.
    Kind(
        "code.checked",
        _("Identification code checked"),
        _("An identification code was sent: {outcome} {reason}"),
    ),
    Kind("code.conflict", _("Code of somebody else"), _("A code of another person was sent: {why}")),
    Kind("code.braked", _("Identification paused"), _("Too many wrong codes: none are accepted until {until}")),
    Kind("signing_key.made", _("Signing key made"), _("{actor} made the signing key {kid}")),
    Kind("signing_key.retired", _("Signing key retired"), _("{actor} retired the signing key {kid}")),
    Kind("person.tokens_revoked", _("Tokens revoked"), _("{actor} voided the tokens that this person had until now")),
)
