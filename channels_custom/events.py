from django.utils.translation import gettext_lazy as _

from helpdesk.events.kinds import Kind, declare

declare(
    Kind("channel.made", _("Channel made")),
    Kind("channel.changed", _("Channel changed")),
    Kind("channel.switched_off", _("Channel switched off")),
    Kind("channel.switched_on", _("Channel switched on")),
    Kind("channel.paused", _("Channel paused")),
    Kind("channel.resumed", _("Channel goes on")),
    Kind("channel.failing", _("Channel's address only fails")),
    Kind("channel.resent", _("Channel's failed answers sent again")),
)
