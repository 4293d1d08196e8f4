from django.utils.translation import gettext_lazy as _

from helpdesk.events.kinds import Kind, declare

declare(
    Kind("chat.changed", _("Live chat changed"), _("{actor} changed the live chat “{title}”: {changes}")),
    Kind("session.begun", _("Visitor's session begun")),
    # data: session, level, account (a profile), widget.
    Kind("session.identified", _("Visitor signed in"), _("The customer signed in on the site")),
    Kind("session.claimed", _("Visitor named an id"), _("The page named an id, without a proof: {claimed}")),
    Kind("session.ended", _("Visitor signed out"), _("The customer signed out on the site")),
    # In a widget with several conversations: what was begun before signing in stays apart.
    Kind(
        "session.overlap",
        _("Two conversations of one customer"),
        _("The customer signed in while writing here and has another conversation, {number}. Is it one?"),
    ),
)
