"""The states of the dialog, and what else people are told, for the preview of a widget's texts."""

from django.utils.translation import gettext_lazy as _

from helpdesk.widget.kinds import Scene

CODE = "ID-7QX2M-4RT8K"
ACCOUNT = {"account": "b…@example.com", "channel": "Telegram", "time": "14:02", "link": "https://…"}
HEAD = (("heading", "title"), ("text", "intro"))
SCENES = (
    Scene(
        _("The code"),
        (*HEAD, ("box", CODE), ("button", "copy"), ("small", "valid_for"), ("small", "open_in")),
        {"time": "4:59", "channel": "Telegram"},
    ),
    Scene(_("Copied"), (*HEAD, ("box", CODE), ("button", "copied"), ("small", "minute_left"))),
    Scene(_("Being made"), (*HEAD, ("box", "creating"), ("button", "copy"))),
    Scene(_("Expired"), (*HEAD, ("box", "expired"), ("button", "new_code"))),
    Scene(_("Failed"), (*HEAD, ("box", "error"), ("button", "retry"))),
    Scene(_("Offline"), (*HEAD, ("box", "offline"), ("button", "retry"))),
    Scene(_("Refused"), (*HEAD, ("box", "unavailable"), ("button", "close"))),
    Scene(
        _("Confirming"),
        (
            *(("heading", "ask_title"), ("text", "ask"), ("box", "Telegram · Bob")),
            *(("small", "ask_at"), ("other", "accept"), ("other", "decline")),
        ),
        {"time": "14:02"},
    ),
    Scene(_("Confirmed"), (("heading", "ask_title"), ("text", "accepted"), ("button", "close"))),
    Scene(_("Declined"), (("heading", "ask_title"), ("text", "declined"), ("button", "close"))),
    Scene(_("Too late to confirm"), (("heading", "ask_title"), ("text", "ask_over"), ("text", "ask_error"))),
    Scene(_("Messages about links"), (("text", "notice"), ("text", "notice_here"), ("text", "notice_undone")), ACCOUNT),
    Scene(
        _("The page that undoes a link"),
        (
            *(("heading", "undo_title"), ("text", "undo_intro"), ("button", "undo_button")),
            *(("small", name) for name in ("undo_done", "undo_used", "undo_expired", "undo_late")),
        ),
        ACCOUNT,
    ),
)
