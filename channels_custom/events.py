from django.utils.translation import gettext_lazy as _

from helpdesk.events.kinds import Kind, declare

declare(
    Kind("channel.made", _("Channel made")),
    Kind("channel.changed", _("Channel changed")),
    Kind("channel.switched_off", _("Channel switched off")),
    Kind("channel.switched_on", _("Channel switched on")),
)
