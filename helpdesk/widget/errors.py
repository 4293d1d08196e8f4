"""Why a visitor's call was refused."""

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.errors import Refusal


class NoSuchChat(Refusal):
    code = "not_found"
    status = 404
    sentence = _("There is no such widget.")


class WidgetOff(Refusal):
    code = "widget_off"
    status = 409
    sentence = _("This chat is switched off.")


class SessionEnded(Refusal):
    """Unknown, signed out, revoked or too old: the widget forgets the token and begins anew."""

    code = "session_ended"
    status = 401
    sentence = _("This session has ended.")


class SiteRefused(Refusal):
    code = "origin_refused"
    status = 403
    sentence = _("This widget does not serve this site.")


class NoFiles(Refusal):
    code = "files_off"
    status = 403
    sentence = _("This chat takes no files.")


class NotOffered(Refusal):
    """What this chat's admin has not switched on."""

    code = "not_offered"
    status = 403
    sentence = _("This chat does not offer that.")


class NoAddress(Refusal):
    """Nobody mails to an address that was only typed: it may be anybody's."""

    code = "no_address"
    sentence = _("There is no confirmed e-mail address to send it to.")


class BadCall(Refusal):
    """A body of another shape than the widget sends."""

    code = "invalid"
    status = 400
    sentence = _("This request cannot be read.")


class BadAttributes(Refusal):
    """fields: each key that cannot be kept, and why."""

    code = "bad_attributes"
    sentence = _("Some attributes cannot be kept.")
