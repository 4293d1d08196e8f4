"""A custom channel from the admin: made, tested, its secret changed, switched on again."""

import pytest
from django.utils import timezone

from channels_custom import services as channels
from channels_custom import trying
from channels_custom.models import CustomChannel
from helpdesk.events.models import Event
from helpdesk.outbox.models import Job
from tests import world
from tests.admin.pages import Admin
from tests.receiver import receiving

LIST = "/admin/channels_custom/customchannel/"


@pytest.fixture
def open_network(settings):
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"


@pytest.mark.seed("001", "You can add a custom channel along the path: section Channels, subsection Custom channels")
def test_a_channel_is_made_and_shows_its_name_always_and_its_secret_once(admin, ada, open_network):
    ann = world.agent()
    made = admin.open(f"{LIST}add/").send(
        title="Messenger", webhook_url="http://127.0.0.1:9/hook", sender_level="2", silence="5", agents=[ann.pk]
    )
    assert made.errors == {}
    channel = CustomChannel.objects.get()
    assert (channel.title, channel.sync, channel.sender_level, channel.silence) == ("Messenger", True, 2, 5)
    assert (channel.webhook_url, channel.body_format, channel.active) == ("http://127.0.0.1:9/hook", "json", True)
    assert list(ann.channels.all()) == [channel.channel_ptr]
    assert made.secret == channel.secret
    again = admin.open(f"{LIST}{channel.pk}/change/")
    assert f"cch{channel.pk}" in made.text
    assert f"cch{channel.pk}" in again.text
    assert f"/api/v1/custom_channels/cch{channel.pk}/messages/" in again.text
    assert channel.secret not in again.html
    assert Event.objects.get(kind="channel.made").actor_id == ada.pk


def test_everything_about_a_channel_can_be_changed(admin, open_network):
    channel = world.messenger("http://127.0.0.1:9/hook")
    ann = world.agent(sees=[channel.channel_ptr])
    page = admin.open(f"{LIST}{channel.pk}/change/")
    assert page.shows("title", "type", "body_format", "sender_level", "agents", "active") == [
        "Messenger", "sync", "json", "1", str(ann.pk), "on"
    ]  # fmt: skip
    page.send(
        title="Portal", type="async", icon="globe", body_format="form", sender_level="3", agents=None, active=None
    )
    changed = CustomChannel.objects.get()
    assert (changed.title, changed.sync, changed.icon, changed.body_format) == ("Portal", False, "globe", "form")
    assert (changed.sender_level, changed.active, changed.agents.count()) == (3, False, 0)
    assert changed.secret == channel.secret
    assert Event.objects.filter(kind="agent.changed").latest("pk").data["agent"] == ann.pk


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1/hook", "it does not lead to the public internet"),
        ("http://169.254.169.254/latest/meta-data", "it does not lead to the public internet"),
        ("http://[::ffff:10.0.0.1]/", "it does not lead to the public internet"),
        ("ftp://example.com/", "must begin with http:// or https://"),
        ("https://bob:secret@example.com/", "must not contain a user name or a password"),
        ("https://example.com:8443/", "Port 8443 is not allowed"),
        ("hook", "must begin with http:// or https://"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_at_its_field_and_what_was_typed_stays(admin, url, why):
    page = admin.open(f"{LIST}add/").send(title="Messenger", webhook_url=url, silence="7", type="async")
    assert why in page.errors["webhook_url"]
    assert page.shows("title", "webhook_url", "silence", "type") == ["Messenger", url, "7", "async"]
    assert not CustomChannel.objects.exists()


def test_a_stored_address_is_checked_again_when_it_is_saved(admin):
    channel = world.messenger("http://127.0.0.1/hook")
    page = admin.open(f"{LIST}{channel.pk}/change/").send(title="Portal")
    assert "it does not lead to the public internet" in page.errors["webhook_url"]
    assert CustomChannel.objects.get().title == "Messenger"


def test_an_icon_that_the_api_has_set_stays_to_be_chosen(admin):
    channel = world.messenger(icon="rocket")
    admin.open(f"{LIST}{channel.pk}/change/").send(title="Portal")
    changed = CustomChannel.objects.get()
    assert (changed.title, changed.icon) == ("Portal", "rocket")


def test_a_new_secret_is_shown_once_and_both_sign_for_a_day(admin):
    channel = world.messenger()
    old = channel.secret
    page = admin.open(f"{LIST}{channel.pk}/change/").send("_rotate")
    new = page.secret
    channel.refresh_from_db()
    assert new != old
    assert channel.valid_secrets(timezone.now()) == [new, old]
    assert new not in admin.open(f"{LIST}{channel.pk}/change/").html


def test_a_channel_that_was_switched_off_says_why_and_is_switched_on_again(admin, open_network):
    channel = world.messenger("http://127.0.0.1:9/hook")
    channels.switch_off(channel, "The server answered 410 Gone.", by=None)
    page = admin.open(f"{LIST}{channel.pk}/change/")
    assert "Answers do not leave: The server answered 410 Gone." in page.text
    assert "The server answered 410 Gone." in admin.open(LIST).text
    page = page.send("_switch_on")
    channel.refresh_from_db()
    assert channel.off == ""
    assert "Answers do not leave" not in page.text


def test_another_address_is_tried_again(admin, open_network):
    channel = world.messenger("http://127.0.0.1:9/hook")
    channels.switch_off(channel, "The server answered 410 Gone.", by=None)
    admin.open(f"{LIST}{channel.pk}/change/").send(title="Portal")
    channel.refresh_from_db()
    assert channel.off == "The server answered 410 Gone."
    admin.open(f"{LIST}{channel.pk}/change/").send(webhook_url="http://127.0.0.1:9/other")
    channel.refresh_from_db()
    assert channel.off == ""


def test_without_an_address_there_is_no_test_to_send(admin):
    channel = world.messenger()
    page = admin.open(f"{LIST}{channel.pk}/change/")
    assert "_test" not in page.read.buttons
    assert "Nowhere yet: give a Webhook URL below." in page.text


def test_a_test_that_nobody_sends_off_is_told_to_be_on_its_way(admin, open_network, monkeypatch):
    monkeypatch.setattr(trying, "PATIENCE", 0.0)
    channel = world.messenger("http://127.0.0.1:9/hook")
    page = admin.open(f"{LIST}{channel.pk}/change/").send("_test", title="Portal")
    assert CustomChannel.objects.get().title == "Portal"
    assert Job.objects.get().kind == "webhook"
    assert "The test is on its way." in page.text


def test_the_number_of_a_test_tells_nothing_about_other_channels(admin, monkeypatch):
    monkeypatch.setattr(trying, "PATIENCE", 0.0)
    one, other = world.messenger("http://127.0.0.1:9/a"), world.messenger("http://127.0.0.1:9/b", title="Other")
    job = channels.send_test(one)
    assert "on its way" in admin.open(f"{LIST}{one.pk}/change/?tested={job.pk}").text
    for number in (job.pk, 10**30, "x", "²"):
        page = admin.open(f"{LIST}{other.pk}/change/?tested={number}")
        assert page.status == 200
        assert "on its way" not in page.text


def test_a_channel_in_which_somebody_wrote_is_not_deleted(admin):
    channel = world.messenger()
    admin.client.post(f"{LIST}{world.messenger(title='Mistake').pk}/delete/", {"post": "yes"})
    assert list(CustomChannel.objects.all()) == [channel]
    world.customer(channel)
    assert admin.open(f"{LIST}{channel.pk}/delete/").status == 403
    assert CustomChannel.objects.filter(pk=channel.pk).exists()


@pytest.mark.both
def test_a_test_arrives_signed_and_the_page_says_so(transactional_db, client, outbox):
    """From the button to the receiver and back to the page."""
    client.force_login(world.admin())
    with receiving() as receiver:
        channel = world.messenger(receiver.url)
        receiver.secret = channel.secret
        page = Admin(client).open(f"{LIST}{channel.pk}/change/").send("_test")
        (came,) = receiver.wait(1)
        assert came["type"] == "test"
        assert "Your server took the test: 200" in page.text
        receiver.status = 500
        page = page.send("_test")
        assert "The test did not arrive: The server answered 500 Internal Server Error." in page.text
