"""Why a verb about cases was refused."""

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.errors import Refusal


class CaseClosed(Refusal):
    code = "case_closed"
    status = 409
    sentence = _("This case is closed. Write a new one.")


class NewerMessage(Refusal):
    code = "newer_message"
    status = 409
    sentence = _("Somebody wrote in the meantime. Read the new message, then send again.")


class NoTransport(Refusal):
    code = "no_transport"
    sentence = _("There is no way to answer in this channel yet.")


class EmptyMessage(Refusal):
    code = "empty_message"
    sentence = _("A message needs text or a file.")


class Blocked(Refusal):
    code = "blocked"
    status = 403
    sentence = _("This person is blocked.")


class NotTheirs(Refusal):
    code = "not_their_case"
    status = 404
    sentence = _("This person has no such case.")


class NotAChat(Refusal):
    code = "not_a_chat"
    status = 409
    sentence = _("There is no chat under way in this case.")


class CannotSnooze(Refusal):
    code = "cannot_snooze"
    sentence = _("A case that is closed cannot be snoozed.")
    when = _("Choose a time that is still to come, within the next ten years.")
    never = _("These business hours do not begin within the next year.")


class LinkGone(Refusal):
    code = "link_gone"
    status = 410
    sentence = _("This link is not valid any more.")


class CannotMerge(Refusal):
    code = "cannot_merge"
    status = 409
    sentence = _("These cases cannot be merged.")


class NothingToSend(Refusal):
    code = "nothing_to_send"
    status = 409
    sentence = _("This message is on its way or has arrived: there is nothing to send again.")
