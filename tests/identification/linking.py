"""What a customer was told of a new link, and where it leads."""

import re
from typing import Any

from helpdesk.cases.models import Author, Case, Message
from helpdesk.users.models import Profile
from identification import services
from tests.identification.asking import BOB


def make(user: Any = BOB, **more: Any) -> str:
    return services.make_code(user, by=None, **more)[0]


def said(case: Case) -> list[str]:
    """What the desk itself wrote there."""
    return list(Message.objects.filter(case=case, author=Author.DESK).order_by("pk").values_list("text", flat=True))


def address(text: str) -> str:
    """The path of the page that undoes it."""
    found = re.search(r"https?://[^/]+(/links/undo/\S+/)", text)
    assert found, text
    return found[1]


def again(profile: Profile) -> Profile:
    return Profile.objects.select_related("person").get(pk=profile.pk)
