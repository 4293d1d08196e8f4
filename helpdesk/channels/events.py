from django.utils.translation import gettext_lazy as _

from helpdesk.events.kinds import Kind, declare

declare(
    Kind("widget.made", _("Widget made"), _("{actor} made the widget “{title}”")),
    Kind("widget.changed", _("Widget changed"), _("{actor} changed the widget “{title}”: {changes}")),
    Kind("widget.deleted", _("Widget deleted"), _("{actor} deleted the widget “{title}”")),
    Kind("schedule.saved", _("Business hours saved"), _("{actor} saved the business hours “{title}”")),
    Kind("schedule.deleted", _("Business hours deleted"), _("{actor} deleted the business hours “{title}”")),
)
