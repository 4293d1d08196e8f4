"""Agents and groups: what Ada types is what Ann may do."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from helpdesk.events.models import Event
from helpdesk.users.models import Agent, Group
from tests import world


def changes(agent):
    """What was told about an agent, oldest first: it ends the agent's open streams."""
    rows = Event.objects.filter(kind="agent.changed").order_by("pk")
    return [(event.data["what"], event.actor_id) for event in rows if event.data["agent"] == agent.pk]


def test_an_agent_is_made_with_channels_and_groups(admin, ada):
    channel, vip = world.messenger(), world.group("VIP")
    made = admin.open("users/agent/add/").send(
        name="Ann Archer", email="Ann@Example.com", channels=[channel.pk], groups=[vip.pk]
    )
    ann = Agent.objects.get(email="ann@example.com")
    assert (ann.name, ann.is_admin, ann.is_active) == ("Ann Archer", False, True)
    assert list(ann.channels.all()) == [channel.channel_ptr]
    assert list(ann.groups.all()) == [vip]
    assert made.address == f"/admin/users/agent/{ann.pk}/change/"
    assert changes(ann) == [("made", ada.pk)]


def test_a_new_agent_without_a_password_gets_a_link_that_is_shown_once_and_works_once(admin):
    made = admin.open("users/agent/add/").send(name="Ann", email="ann@example.com")
    link = made.secret
    ann = Agent.objects.get(email="ann@example.com")
    assert not ann.has_usable_password()
    assert "Send it to Ann only" in made.text
    assert link not in admin.open(made.address).html
    path = link.removeprefix("http://localhost:8000")
    newcomer = Client()
    newcomer.post(path)
    assert newcomer.session["_auth_user_id"] == str(ann.pk)
    assert Client().post(path).status_code == 410


def test_a_link_for_somebody_who_has_lost_the_password(admin, ada):
    ann = world.agent()
    page = admin.open(f"users/agent/{ann.pk}/change/").send("_link")
    assert "/sign-in/" in page.html
    assert changes(ann)[-1] == ("sign-in link made", ada.pk)


def test_a_used_link_does_not_come_back_to_life_when_the_agent_is_saved(admin, monkeypatch):
    """The link is used while an administrator saves the agent, as it was read before."""
    ann = world.agent()
    path = admin.open(f"users/agent/{ann.pk}/change/").send("_link").secret.removeprefix("http://localhost:8000")
    original = Agent.save

    def save(self, **more):
        if self.pk == ann.pk and "last_login" not in more.get("update_fields", ()):
            monkeypatch.setattr(Agent, "save", original)
            assert Client().post(path).status_code == 302
        original(self, **more)

    monkeypatch.setattr(Agent, "save", save)
    admin.open(f"users/agent/{ann.pk}/change/").send(name="Ann Archer")
    ann.refresh_from_db()
    assert ann.name == "Ann Archer"
    assert Client().post(path).status_code == 410


def test_there_is_no_link_for_an_agent_who_is_switched_off(admin):
    ann = world.agent()
    Agent.objects.filter(pk=ann.pk).update(is_active=False)
    assert "_link" not in admin.open(f"users/agent/{ann.pk}/change/").read.buttons


def test_the_right_to_say_who_is_who_is_a_tick_that_takes_effect_at_once(admin, ada):
    ann = world.agent()
    assert not ann.judges
    admin.open(f"users/agent/{ann.pk}/change/").send(may_merge="on")
    assert Agent.objects.get(pk=ann.pk).judges
    assert changes(ann)[-1] == ("edited", ada.pk)
    assert "May link and merge people" in admin.open("users/agent/").html
    admin.open(f"users/agent/{ann.pk}/change/").send(may_merge=None)
    assert not Agent.objects.get(pk=ann.pk).judges


def test_an_empty_password_keeps_the_present_one_and_another_replaces_it(admin):
    ann = world.agent()
    page = admin.open(f"users/agent/{ann.pk}/change/")
    page.send(name="Ann Archer")
    ann.refresh_from_db()
    assert ann.check_password(world.PASSWORD)
    page.send(password1="a bicycle of silver")
    ann.refresh_from_db()
    assert ann.check_password("a bicycle of silver")


@pytest.mark.parametrize(
    ("password", "why"), [("short", "at least 10"), ("password123", "too common"), ("ann@example.com", "too similar")]
)
def test_a_weak_password_is_refused_at_its_field(admin, password, why):
    page = admin.open("users/agent/add/").send(name="Ann", email="ann@example.com", password1=password)
    assert why in page.errors["password1"]
    assert not Agent.objects.filter(email="ann@example.com").exists()


def test_who_changes_the_own_password_stays_signed_in(admin, ada):
    admin.open(f"users/agent/{ada.pk}/change/").send(password1="a bicycle of silver")
    assert admin.open("users/agent/").address == "/admin/users/agent/"


def test_changed_rights_are_told_so_that_open_streams_end(admin, ada):
    ann = world.agent()
    before = len(changes(ann))
    admin.open(f"users/agent/{ann.pk}/change/").send(is_active=None)
    ann.refresh_from_db()
    assert not ann.is_active
    assert changes(ann)[before:] == [("edited", ada.pk)]
    event = Event.objects.filter(kind="agent.changed").latest("pk")
    assert event.data["fields"] == ["is_active"]


def test_the_last_administrator_cannot_be_lost(admin, ada):
    page = admin.open(f"users/agent/{ada.pk}/change/").send(is_admin=None)
    assert "last administrator" in page.text
    ada.refresh_from_db()
    assert ada.is_admin
    world.agent("Abe", admin=True)
    admin.open(f"users/agent/{ada.pk}/change/").send(is_admin=None)
    ada.refresh_from_db()
    assert not ada.is_admin


def test_two_agents_cannot_have_the_same_address_in_other_letters(admin):
    world.agent()
    page = admin.open("users/agent/add/").send(name="Another", email="ANN@example.com")
    assert "already exists" in page.errors["email"]
    assert page.shows("name") == ["Another"]


def test_agents_are_not_deleted(admin):
    ann = world.agent()
    page = admin.open(f"users/agent/{ann.pk}/change/")
    assert not [link for link in page.read.links if "delete" in link]
    assert admin.open(f"users/agent/{ann.pk}/delete/").status == 403


def test_a_group_is_made_with_its_agents_and_each_of_them_is_told(admin, ada):
    ann, ben = world.agent(), world.agent("Ben")
    admin.open("users/group/add/").send(title="VIP", agents=[ann.pk, ben.pk])
    vip = Group.objects.get(title="VIP")
    assert set(vip.agents.all()) == {ann, ben}
    admin.open(f"users/group/{vip.pk}/change/").send(agents=[ben.pk])
    assert list(vip.agents.all()) == [ben]
    assert [what for what, by in changes(ann) if by == ada.pk] == ["groups", "groups"]
    assert [what for what, by in changes(ben) if by == ada.pk] == ["groups"]


def test_an_agent_who_is_switched_off_stays_in_the_group(admin):
    ann, ben = world.agent(), world.agent("Ben")
    vip = world.group("VIP")
    vip.agents.set([ann, ben])
    Agent.objects.filter(pk=ann.pk).update(is_active=False)
    admin.open(f"users/group/{vip.pk}/change/").send(title="Important")
    assert set(vip.agents.all()) == {ann, ben}


def test_who_deletes_a_group_reads_first_what_it_means(admin):
    ann, vip = world.agent(), world.group("VIP")
    vip.agents.add(ann)
    channel = world.messenger()
    case = world.says(world.customer(channel), "hello").case
    type(case).objects.filter(pk=case.pk).update(group=vip)
    page = admin.open(f"users/group/{vip.pk}/delete/")
    assert "1 agent leaves it." in page.text
    assert "1 case is then in no group." in page.text
    assert Group.objects.filter(pk=vip.pk).exists()
    admin.client.post(page.address, {"post": "yes"})
    assert not Group.objects.filter(pk=vip.pk).exists()
    assert changes(ann)[-1][0] == "groups"


def test_the_history_names_fields_and_no_values(admin):
    ann = world.agent()
    admin.open(f"users/agent/{ann.pk}/change/").send(password1="a bicycle of silver", name="Ann Archer")
    told = LogEntry.objects.get().get_change_message()
    assert "Full name" in told or "full name" in told.lower()
    assert "bicycle" not in told
