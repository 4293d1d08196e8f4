"""API keys: shown once, of one kind each, and they work."""

import pytest
from django.test import Client

from helpdesk.users.models import ApiKey
from tests import world


def works(key: str, path: str = "/api/v1/cases/") -> int:
    return Client().get(path, headers={"Authorization": f"Bearer {key}"}).status_code


def test_a_key_is_shown_once_and_works(admin, ada):
    made = admin.open("users/apikey/add/").send(name="Shop", agent=ada.pk, scope="read")
    key = made.secret
    assert key.startswith("hd_")
    assert works(key) == 200
    row = ApiKey.objects.get()
    assert (row.name, row.agent, row.scopes) == ("Shop", ada, ["read"])
    assert made.address == f"/admin/users/apikey/{row.pk}/change/"
    assert "shown-once-secret" not in admin.open(made.address).read.ids


def test_a_key_does_not_show_on_the_page_of_another(admin, ada):
    """Two tabs: what was made in one must not appear in the other."""
    admin.open("users/apikey/add/").send(name="First", agent=ada.pk)
    first = ApiKey.objects.get()
    admin.client.post("/admin/users/apikey/add/", {"name": "Second", "agent": ada.pk, "scope": "read", "active": "on"})
    assert ApiKey.objects.count() == 2
    assert "shown-once-secret" not in admin.open(f"users/apikey/{first.pk}/change/").read.ids


def test_in_the_session_the_key_is_encrypted(admin, ada):
    admin.client.post("/admin/users/apikey/add/", {"name": "Shop", "agent": ada.pk, "scope": "read", "active": "on"})
    stored = str(dict(admin.client.session))
    assert "shown_once" in stored
    key = admin.open(f"users/apikey/{ApiKey.objects.get().pk}/change/").secret
    assert key[10:] not in stored


def test_a_key_for_one_channel_needs_the_channel_and_only_that(admin, ada):
    channel = world.messenger()
    page = admin.open("users/apikey/add/").send(name="Bridge", agent=ada.pk, scope="channel")
    assert page.errors == {"channel": "Choose the channel that this key is for."}
    page = page.send(scope="write", channel=channel.pk)
    assert "Leave this empty" in page.errors["channel"]
    made = page.send(scope="channel")
    assert ApiKey.objects.get().channel == channel.channel_ptr
    assert works(made.secret) == 403


def test_only_administrators_have_keys_for_everything(admin):
    ann = world.agent()
    page = admin.open("users/apikey/add/").send(name="Shop", agent=ann.pk, scope="admin")
    assert page.errors == {"scope": "Ann is no administrator, so a key of theirs can't be one."}
    assert page.shows("name", "scope") == ["Shop", "admin"]


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
def test_what_a_key_may_do_stands_on_its_page(admin, ada, scope):
    made = admin.open("users/apikey/add/").send(name="Shop", agent=ada.pk, scope=scope)
    assert made.shows("scope") == [scope]


def test_a_key_that_is_switched_off_works_no_more(admin, ada):
    made = admin.open("users/apikey/add/").send(name="Shop", agent=ada.pk, scope="read")
    key = made.secret
    made.send(active=None, name="Old shop")
    assert works(key) == 401
    row = ApiKey.objects.get()
    assert (row.name, row.active, row.agent) == ("Old shop", False, ada)


def test_a_deleted_key_works_no_more(admin, ada):
    made = admin.open("users/apikey/add/").send(name="Shop", agent=ada.pk, scope="read")
    key = made.secret
    admin.client.post(f"/admin/users/apikey/{ApiKey.objects.get().pk}/delete/", {"post": "yes"})
    assert works(key) == 401
