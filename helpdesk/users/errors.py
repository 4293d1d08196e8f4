"""Why a verb about people was refused."""

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.errors import Refusal


class AlreadySomeoneElse(Refusal):
    code = "already_someone_else"
    status = 409
    sentence = _("This profile is already proven to be another person.")


class UnknownField(Refusal):
    code = "unknown_field"
    sentence = _("There is no such field.")


class BadValue(Refusal):
    code = "bad_value"
    sentence = _("This field does not take this value.")


class UnusableAddress(Refusal):
    code = "unusable_address"
    sentence = _("This cannot be the address of one single person.")


class NotUndoable(Refusal):
    code = "not_undoable"
    status = 409
    sentence = _("This operation was undone already, or something newer stands on it.")
