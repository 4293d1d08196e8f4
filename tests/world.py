"""People and places for tests: Ann is an agent, Bob a known customer, Carol a new one, Eve must see nothing."""

from datetime import time
from typing import Any

from channels_custom import services as channels
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.channels.models import Schedule
from helpdesk.channels.services import schedules
from helpdesk.channels.services.hours import Period
from helpdesk.users.models import Agent, CustomField, Group, Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import agents, keys, profiles

PASSWORD = "correct horse battery"


def agent(name: str = "Ann", *, admin: bool = False, sees: Any = (), groups: Any = ()) -> Agent:
    """An agent with e-mail name@example.com, who sees these channels and groups."""
    made = agents.make(f"{name.lower()}@example.com", name=name, password=PASSWORD, is_admin=admin, by=None)
    agents.give_access(made, channels=sees, groups=groups, by=None)
    return made


def admin(name: str = "Ada") -> Agent:
    return agent(name, admin=True)


def api_key(owner: Agent, *scopes: str, channel: Any = None) -> str:
    """The text of a new key."""
    return keys.make(owner, name="test", scopes=list(scopes) or ["write"], channel=channel)[1]


def messenger(url: str = "", *, sync: bool = True, **settings: Any) -> CustomChannel:
    """A custom channel; synchronous, as a messenger is."""
    return channels.create(title=settings.pop("title", "Messenger"), sync=sync, webhook_url=url, by=None, **settings)


def customer(channel: CustomChannel, name: str = "bob") -> Profile:
    return profiles.meet(ProfileKind.CUSTOM, name, channel=channel.channel_ptr)


def says(profile: Profile, text: str, **more: Any) -> cases.Receipt:
    """The customer writes in the channel of the profile."""
    assert profile.channel is not None
    return cases.receive(profile, profile.channel, cases.Draft(text=text, **more))


def hours(title: str = "Office hours", **parts: Any) -> Schedule:
    """Monday to Friday, 9 to 17, in Berlin."""
    week = tuple(Period(day, time(9), time(17)) for day in range(5))
    draft = schedules.Draft(title, **{"timezone": "Europe/Berlin", "periods": week, **parts})
    return schedules.save(draft, by=None)


def group(title: str = "Support") -> Group:
    return Group.objects.get_or_create(title=title)[0]


def tariff() -> CustomField:
    """The seed's field: Standard, VIP, No account."""
    choices = [{"key": str(n), "title": title} for n, title in enumerate(("Standard", "VIP", "No account"), 1)]
    return CustomField.objects.create(key="tariff", title="Tariff", level="user", kind="select", choices=choices)
