"""How people and agents are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from helpdesk.channels.models import Channel
from helpdesk.users.models import Agent, Profile
from helpdesk.users.models.people import ProfileKind

ICONS = {ProfileKind.EMAIL: "mail", ProfileKind.PHONE: "phone", ProfileKind.EXTERNAL: "id-card"}


def name_of(profile: Profile) -> str:
    """The person's name, or what we have instead of one."""
    if profile.name:
        return profile.name
    if profile.kind == ProfileKind.VISITOR:
        return _("Visitor #%(number)s") % {"number": profile.pk}
    return profile.address


def initials(name: str) -> str:
    """At most two letters for an avatar."""
    words = [word for word in name.replace("@", " ").replace("#", " ").split() if word[0].isalnum()]
    chosen = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper()


def icon_of(profile: Profile) -> str:
    """The Lucide icon of an address."""
    return profile.channel.icon if profile.channel else ICONS.get(ProfileKind(profile.kind), "at-sign")


def place_named(profile: Profile) -> str:
    """Where the address is: the channel, or the kind of a desk-wide one."""
    return profile.channel.title if profile.channel else profile.get_kind_display()


@dataclass
class Names:
    """Who is who in one case. agents: by id; rules: titles by id, as they were when they fired."""

    customer: str
    agents: Mapping[int, Agent]
    rules: dict[int, str] = field(default_factory=dict)

    def of(self, kind: str, number: int | None) -> str:
        """The name of an actor: agent, profile, rule or desk."""
        if kind == "agent":
            return str(self.agents.get(number or 0, _("A former agent")))
        if kind == "rule":
            title = self.rules.get(number or 0)
            return _("Rule “%(title)s”") % {"title": title} if title else _("A rule")
        return self.customer if kind == "profile" else _("The desk")


def everybody(channel: Channel) -> dict[int, tuple[Agent, bool]]:
    """All agents by id, and whether each may be given cases of this channel. One query."""
    access = Agent.channels.through.objects.filter(agent=OuterRef("pk"), channel=channel)
    needed = ("pk", "name", "email", "is_active", "is_admin", "seen_at", "status__available")
    agents = Agent.objects.annotate(has_channel=Exists(access)).select_related("status").only(*needed)
    return {one.pk: (one, one.is_active and (one.is_admin or one.has_channel)) for one in agents}
