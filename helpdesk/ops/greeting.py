"""What `up` says when the desk is there."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from helpdesk.ops import sign_in
from helpdesk.users.models import Agent

FIRST_ADMIN = "admin@localhost"


def lines(told: Mapping[str, Any] | None, *, ask: bool) -> Iterator[str]:
    """Address, logins and pages. told: what `demo_data.make` gave. ask: whether somebody can answer."""
    yield ""
    yield f"The helpdesk is there: {settings.BASE_URL}"
    yield ""
    if told:
        yield from demo(told)
    elif sign_in.nobody_yet():
        yield from _first(ask=ask)
    else:
        yield f"  Inbox   {settings.BASE_URL}/"
        yield f"  Admin   {settings.BASE_URL}/admin/"
    yield ""
    yield "Ctrl-C ends it."


def demo(told: Mapping[str, Any]) -> Iterator[str]:
    url, admin = settings.BASE_URL, told["admin"]
    yield "Open these three, side by side:"
    yield f"  Messenger          {url}/demo/messenger/"
    yield f"  Customer account   {url}/demo/account/"
    yield f"  Inbox              {url}/"
    for agent in told["agents"]:
        yield f"                     {agent['email']}   {agent['password']}"
    yield ""
    yield f"  Admin              {url}/admin/"
    yield f"                     {admin['email']}   {admin['password']}"


def _first(*, ask: bool) -> Iterator[str]:
    admin = Agent.objects.filter(is_active=True, is_admin=True).order_by("pk").first()
    admin = admin or sign_in.first_admin(_email(ask=ask))
    yield f"Nobody has signed in yet. This link makes you the administrator {admin.email}:"
    yield f"  {sign_in.link(admin)}"
    yield "It works once, for an hour; `manage.py sign_in_link` makes another one."


def _email(*, ask: bool) -> str:
    given = input("The e-mail address of the first administrator: ").strip().lower() if ask else ""
    return given if "@" in given else FIRST_ADMIN
