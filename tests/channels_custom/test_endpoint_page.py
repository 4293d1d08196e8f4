"""The deliveries of a channel in the admin: what is said about its address, and what the buttons do."""

import re
import shlex
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from werkzeug import Response

from channels_custom import curl, health, tries
from channels_custom import services as channels
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Message
from helpdesk.events.models import Event
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Endpoint, Job
from helpdesk.outbox.services.line import EndpointPaused
from tests import world
from tests.admin.pages import Admin
from tests.channels_custom.conftest import state

MOST_QUERIES = 20
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada():
    return world.admin()


@pytest.fixture
def admin(client, ada) -> Admin:
    client.force_login(ada)
    return Admin(client)


@pytest.fixture
def answer(channel, ann):
    """Ann answers Bob; gives the message."""
    bob = world.customer(channel)
    world.says(bob, "hello")

    def write(text: str = "good morning", profile=bob) -> Message:
        return cases.reply(profile.cases.latest("pk"), text, by=ann)

    return write


def address(channel) -> str:
    return f"/admin/channels_custom/customchannel/{channel.pk}/deliveries/"


def press(admin, channel, do, **more):
    return admin.client.post(address(channel), {"do": do, **more}, follow=True).content.decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def tried(channel, number: int, failed: int, ago: timedelta = timedelta(minutes=1), seconds: float = 0.1) -> None:
    """So many tries, the first of them failed, as the log would have them."""
    job = channels.send_test(channel)
    outbox.cancel(job)
    at = timezone.now() - ago
    Attempt.objects.bulk_create(
        Attempt(
            job=job, group=channel.lane_group, number=n, started_at=at + timedelta(milliseconds=n), seconds=seconds,
            ok=n >= failed, status=503 if n < failed else 200, error="down" if n < failed else "",
        )
        for n in range(number)
    )  # fmt: skip


@pytest.mark.both
def test_the_last_24_hours_stand_in_figures_and_what_is_older_does_not(admin, channel):
    tried(channel, 8, 2, seconds=0.25)
    tried(channel, 2, 0, ago=timedelta(hours=5), seconds=4.0)
    tried(channel, 5, 5, ago=timedelta(hours=25))
    figures = health.figures(channel)
    assert (figures.tries, figures.share, figures.median, figures.p95) == (10, 80.0, 0.25, 4.0)
    assert sum(hour.failed for hour in figures.hours) == 2
    assert len(figures.hours) == 25
    said = words(admin.open(address(channel)).html)
    assert "Tries in 24 hours 10" in said
    assert "80.0 %" in said
    assert "0.25 s median" in said


def test_the_chart_shows_each_hour_and_a_table_says_the_same(admin, channel):
    tried(channel, 8, 2)
    html = admin.open(address(channel)).html
    drawing = html[html.index("<svg viewBox") : html.index("</svg>", html.index("<svg viewBox"))]
    assert drawing.count('<rect class="failed"') == 1
    assert 'height="25"' in drawing  # two of eight
    assert 'height="75"' in drawing
    table = html[html.index("The same as a table") :]
    assert re.search(r"</th><td>8</td><td>2</td>", table)
    assert "style=" not in drawing


def test_an_address_that_works_says_so(admin, channel, endpoint, answer, deliver):
    message = answer()
    deliver()
    said = words(admin.open(address(channel)).html)
    assert "The address Works" in said
    assert "✓ 200" in said
    assert Job.objects.get(message_id=message.pk).public_id in said
    assert message.case.number in said
    assert endpoint.url in said


def test_what_failed_says_why_when_it_is_tried_again_and_what_the_server_said(
    admin, channel, endpoint, answer, deliver
):
    endpoint.answer = lambda body: Response("<b>out of memory</b>", 500)
    answer()
    deliver()
    html = admin.open(address(channel)).html
    assert "Tries again" in words(html)
    assert "Nothing has got through since" in html
    assert "The server answered 500 Internal Server Error." in html
    assert "&lt;b&gt;out of memory&lt;/b&gt;" in html
    assert "<b>out of memory" not in html
    assert "1 waits" in words(html)
    assert "will be tried again at" in words(html)


def test_an_open_breaker_says_since_when_why_and_when_it_is_tried_again(admin, channel):
    now = timezone.now()
    tried(channel, 14, 12)
    Endpoint.objects.create(
        key=channel.lane_group,
        open_since=now,
        failing_since=now - timedelta(minutes=4),
        failed_at=now,
        not_before=now + timedelta(minutes=5),
    )
    said = words(admin.open(address(channel)).html)
    assert "Left alone for a while" in said
    assert f"Open since {health.moment(now)}: 12 of 14 tries failed." in said
    assert f"The next try is at {health.moment(now + timedelta(minutes=5))}." in said


def test_a_server_that_asked_for_time_is_given_it_and_the_page_says_until_when(
    admin, channel, endpoint, answer, deliver
):
    endpoint.says(503, Retry_After="3600")
    answer()
    deliver()
    until = outbox.endpoint(channel.lane_group).not_before
    assert until
    assert f"Its server asked us to wait until {health.moment(until)}." in words(admin.open(address(channel)).html)


@pytest.mark.promise("P13")
def test_retry_now_really_sends_the_same_message_under_the_same_id(admin, channel, endpoint, answer, deliver, ada):
    endpoint.says(503)
    message = answer("good morning")
    deliver()
    assert state(message) == "retrying"
    endpoint.answer = lambda body: Response("")
    assert "It is sent again now." in press(admin, channel, "retry", message=message.pk)
    deliver()
    assert state(message) == "delivered"
    (first, body), (second, again) = endpoint.came
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    assert Event.objects.get(kind="message.queued_again").actor_id == ada.pk
    assert "Delivered, at try 2" in words(
        admin.open(f"{address(channel)}{Job.objects.get(message_id=message.pk).pk}/").html
    )


@pytest.mark.promise("P13")
def test_retry_in_the_inbox_really_sends_too(client, channel, endpoint, answer, deliver, ann):
    endpoint.says(410)
    message = answer("good morning")
    deliver()
    assert state(message) == "off"
    channels.switch_on(CustomChannel.objects.get(), by=None)
    endpoint.answer = lambda body: Response("")
    client.force_login(ann)
    page = client.get(f"/cases/{message.case.number}/").content.decode()
    again = reverse("inbox:again", args=[message.case.number, message.pk])
    assert again in page
    client.post(again)
    deliver()
    assert state(message) == "delivered"
    assert len(endpoint.came) == 2
    assert "Delivered, at try" not in client.get(f"/cases/{message.case.number}/").content.decode()


def test_what_waits_can_be_cancelled_and_those_behind_it_go_on(admin, channel, endpoint, answer, deliver):
    endpoint.says(503)
    first, second = answer("one"), answer("two")
    deliver()
    endpoint.answer = lambda body: Response("")
    assert "It is not sent." in press(admin, channel, "cancel", message=first.pk)
    deliver()
    assert (state(first), state(second)) == ("cancelled", "delivered")
    assert "there is nothing to send again" in press(admin, channel, "cancel", message=first.pk)


def test_retry_does_not_wait_for_the_time_that_a_server_asked_for(admin, channel, endpoint, answer, deliver):
    endpoint.says(503, Retry_After="3600")
    message = answer()
    deliver()
    endpoint.answer = lambda body: Response("")
    press(admin, channel, "retry", message=message.pk)
    deliver()
    assert state(message) == "delivered"


def test_retry_while_a_channel_is_paused_says_so(admin, channel, endpoint, answer, deliver):
    message = answer()
    press(admin, channel, "pause")
    cases.retrying(message.pk, attempts=1, at=timezone.now(), problem="timeout")
    assert str(EndpointPaused()) in press(admin, channel, "retry", message=message.pk)
    assert deliver() == 0


@pytest.mark.both
def test_all_that_failed_since_a_time_is_sent_again(admin, channel, endpoint, answer, deliver):
    endpoint.says(410)
    early = answer("one")
    deliver()
    assert state(early) == "off"
    channels.switch_on(CustomChannel.objects.get(pk=channel.pk), by=None)
    endpoint.answer = lambda body: Response("")
    tomorrow = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert "Nothing was given up on since then." in press(admin, channel, "resend", since=tomorrow)
    page = admin.open(address(channel))
    since = re.search(r'name="since" value="([^"]+)"', page.html)
    assert since
    assert "1 answer is sent again." in press(admin, channel, "resend", since=since[1])
    deliver()
    deliver()
    assert state(early) == "delivered"


@pytest.mark.parametrize("since", ["", "yesterday", "2026-13-45T99:99", "0001-01-01T00:00"])
def test_a_time_that_is_none_is_not_guessed(admin, channel, since):
    html = press(admin, channel, "resend", since=since)
    assert "Say since when" in html or "Nothing was given up on" in html


def test_a_channel_that_was_switched_off_goes_on_with_what_could_not_leave(admin, channel, endpoint, answer, deliver):
    endpoint.says(410)
    message = answer()
    deliver()
    html = admin.open(address(channel)).html
    assert "Switched off since" in html
    assert "The server answered 410 Gone." in html
    endpoint.answer = lambda body: Response("")
    assert "1 answer is sent again." in press(admin, channel, "switch_on", send="1")
    deliver()
    deliver()
    assert state(message) == "delivered"


def test_pause_keeps_what_is_to_leave_and_going_on_sends_it(admin, channel, endpoint, answer, deliver):
    press(admin, channel, "pause")
    message = answer()
    assert deliver() == 0
    page = admin.open(address(channel))
    assert "Paused since" in page.html
    assert "1 waits" in words(page.html)
    press(admin, channel, "resume")
    deliver()
    assert state(message) == "delivered"
    assert len(endpoint.came) == 1


@pytest.mark.parametrize("do", ["", "explode", "retry", "cancel"])
def test_a_button_that_does_not_exist_or_names_no_message_does_nothing(admin, channel, do):
    assert "This page is out of date." in press(admin, channel, do, message="²")
    assert not Job.objects.exists()


def test_a_message_of_another_channel_is_none_of_this_page(admin, channel, endpoint, answer, deliver):
    endpoint.says(503)
    message = answer()
    deliver()
    other = world.messenger(endpoint.url, title="Other")
    assert "This page is out of date." in press(admin, other, "retry", message=message.pk)
    number = Job.objects.get(message_id=message.pk).pk
    assert admin.open(f"{address(other)}{number}/").status == 404
    assert admin.open(f"{address(channel)}{number}/").status == 200


@pytest.mark.both
def test_the_log_is_paged_and_can_show_failures_only(admin, channel):
    tried(channel, tries.PAGE + 5, 3)
    first = admin.open(address(channel))
    older = next(link for link in first.read.links if "after=" in link)
    second = admin.open(address(channel) + older.split("#")[0])
    assert (first.html.count("<td><time"), second.html.count("<td><time")) == (tries.PAGE, 5)
    failed = admin.open(f"{address(channel)}?failed=1")
    assert failed.html.count("✗ 503") == 3
    assert "✓" not in failed.html


@pytest.mark.parametrize("after", ["x", "1-", "-1", "9" * 30 + "-1", "²-²"])
def test_a_place_in_the_log_that_nobody_gave_shows_the_newest(admin, channel, after):
    tried(channel, 1, 0)
    assert "✓ 200" in words(admin.open(f"{address(channel)}?after={after}").html)


def test_as_curl_the_body_is_there_and_nothing_secret(admin, channel, endpoint, answer, deliver):
    channels.change(channel, headers="X-Token: open sesame\nX-Env: live", by=None)
    text = 'it\'s $(rm -rf /) `here` "there" \u009b2J @file'
    message = answer(text)
    job = Job.objects.get(message_id=message.pk)
    html = admin.open(f"{address(channel)}{job.pk}/").html
    command = curl.command(job, CustomChannel.objects.get())
    assert "open sesame" not in command + html
    assert channel.secret not in command + html
    assert command.isprintable() or command.replace("\n", "").isprintable()
    parts = shlex.split(command.replace("\\\n", ""))
    assert parts[:4] == ["curl", "-X", "POST", endpoint.url]
    assert "X-Token: ***" in parts
    assert f"webhook-id: {job.public_id}" in parts
    body = parts[parts.index("--data-raw") + 1]
    assert body.replace("\\u009b", "\u009b").encode() == bytes(job.payload or b"")


def test_extra_headers_are_set_replaced_and_dropped_and_their_values_never_shown(admin, channel):
    settings = f"/admin/channels_custom/customchannel/{channel.pk}/change/"
    admin.open(settings).send(new_headers="X-Token: open sesame")
    page = admin.open(settings)
    assert "Set: X-Token." in page.text
    assert "open sesame" not in page.html
    page.send(title="Portal")
    assert CustomChannel.objects.get().headers == "X-Token: open sesame"
    page = admin.open(settings).send(new_headers="webhook-id: 1")
    assert "is set by the helpdesk itself" in page.errors["new_headers"]
    admin.open(settings).send(new_headers="X-Env: live")
    assert CustomChannel.objects.get().headers == "X-Env: live"
    admin.open(settings).send(drop_headers="on")
    assert CustomChannel.objects.get().headers == ""
    assert "drop_headers" not in admin.open(settings).html


def test_what_else_a_channel_is_told_is_ticked(admin, channel):
    settings = f"/admin/channels_custom/customchannel/{channel.pk}/change/"
    assert admin.open(settings).shows("also_sends") == [[]]
    admin.open(settings).send(also_sends=["case_closed", "user_merged"])
    assert CustomChannel.objects.get().also_sends == ["case_closed", "user_merged"]
    page = admin.open(settings)
    assert page.shows("also_sends") == [["case_closed", "user_merged"]]
    case = world.says(world.customer(channel), "hello").case
    cases.set_status(case, "closed", by=None)
    assert "Told besides answers: case_closed" in words(admin.open(address(channel)).html)
    page.send(also_sends=None)
    assert CustomChannel.objects.get().also_sends == []


def test_the_pages_of_a_channel_lead_to_each_other(admin, channel):
    settings = f"/admin/channels_custom/customchannel/{channel.pk}/"
    for page in ("change/", "deliveries/"):
        links = admin.open(settings + page).read.links
        assert f"{settings}check/" in links
        assert settings + ("deliveries/" if page == "change/" else "change/") in links


def test_the_number_of_deliveries_at_a_time_is_the_endpoint_s(admin, channel):
    settings = f"/admin/channels_custom/customchannel/{channel.pk}/change/"
    assert admin.open(settings).shows("cap") == ["2"]
    admin.open(settings).send(cap="7")
    assert outbox.endpoint(channel.lane_group).cap == 7
    assert admin.open(settings).shows("cap") == ["7"]
    for wrong in ("0", "21", "many"):
        assert admin.open(settings).send(cap=wrong).errors["cap"]
    assert outbox.endpoint(channel.lane_group).cap == 7


def test_the_old_secret_signs_until_a_time_that_is_told_or_until_it_is_ended(admin, channel):
    settings = f"/admin/channels_custom/customchannel/{channel.pk}/change/"
    page = admin.open(settings).send("_rotate")
    assert "It signs until" in page.text
    page.send("_end_overlap")
    changed = CustomChannel.objects.get()
    assert changed.valid_secrets(timezone.now()) == [changed.secret]
    assert "It signs until" not in admin.open(settings).text


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        ({}, "Works"),
        ({"failing_since": timezone.now()}, "Tries again"),
        ({"open_since": timezone.now(), "failing_since": timezone.now()}, "Left alone for a while"),
        ({"paused_at": timezone.now()}, "Paused"),
    ],
)
def test_the_list_says_in_a_word_how_each_address_is(admin, channel, trouble, word, django_assert_max_num_queries):
    Endpoint.objects.create(key=channel.lane_group, **trouble)
    for number in range(5):
        world.messenger("http://127.0.0.1:9/hook", title=f"Channel {number}")
    with django_assert_max_num_queries(12):
        html = admin.open("/admin/channels_custom/customchannel/").html
    row = words(html[html.index("Messenger</a>") :])
    assert word in row
    channels.change(channel, active=False, by=None)
    assert "Off This channel is not active." in words(admin.open("/admin/channels_custom/customchannel/").html)


@pytest.mark.both
@pytest.mark.parametrize("page", ["/", "/admin/", "/admin/users/agent/"])
def test_administrators_read_of_a_channel_in_trouble_above_every_page(admin, channel, page):
    assert "Look at it" not in admin.open(page).html
    ended = timezone.now() - timedelta(minutes=61)
    row = Endpoint.objects.create(key=channel.lane_group, failing_since=ended, failed_at=timezone.now(), warned=0)
    assert "Look at it" not in admin.open(page).html
    outbox.watching.watch()
    assert "Messenger: no answer has arrived for more than an hour." in words(admin.open(page).html)
    row.delete()
    channels.switch_off(channel, "The server answered 410 Gone.", by=None)
    shown = admin.open(page)
    assert "Messenger: switched off, no answers leave. The server answered 410 Gone." in words(shown.html)
    assert address(channel) in shown.read.links


def test_agents_are_not_bothered_with_it(client, channel, ann, django_assert_max_num_queries):
    channels.switch_off(channel, "The server answered 410 Gone.", by=None)
    client.force_login(ann)
    assert "Look at it" not in client.get("/").content.decode()


@pytest.mark.both
def test_the_page_takes_few_queries_however_much_there_is(
    admin, channel, endpoint, answer, deliver, django_assert_max_num_queries
):
    endpoint.says(503)
    for number in range(12):
        bob = world.customer(channel, f"bob-{number}")
        world.says(bob, "hello")
        answer("one", bob)
        answer("two", bob)
    deliver()
    tried(channel, 40, 10)
    admin.open(address(channel))
    with django_assert_max_num_queries(MOST_QUERIES):
        html = admin.open(address(channel)).html
    assert "24 wait" in words(html)


@pytest.mark.both
def test_the_log_is_read_by_its_index(channel):
    tried(channel, 3, 1)
    log = health._log(channel)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET enable_seqscan = off")  # a small table is read faster without any index
    for query in (
        log.filter(started_at__gt=timezone.now() - health.DAY).order_by("seconds"),
        log.order_by("-started_at", "-pk")[:25],
    ):
        assert "attempt_group" in query.explain(), connection.vendor
    if connection.vendor == "postgresql":
        connection.close()


def test_who_does_not_see_a_channel_is_named_and_given_it_in_one_step(admin, channel, ann, ada):
    bert, carl = world.agent("Bert"), world.agent("Carl")
    sleeping = world.agent("Dora")
    sleeping.is_active = False
    sleeping.save(update_fields=["is_active"])
    settings = f"/admin/channels_custom/customchannel/{channel.pk}/change/"
    page = admin.open(settings)
    assert "Bert, Carl" in page.text
    page = page.send("_everybody")
    assert set(channel.agents.all()) == {ann, bert, carl}
    assert "Who does not see it yet" not in page.text
    assert Event.objects.filter(kind="agent.changed", actor_id=ada.pk).count() == 2


@pytest.mark.seed("001", "we add it to the rules, agent access level, and the agent account's interface")
def test_a_new_channel_is_at_once_in_rules_agents_inbox_and_api(admin, ada, client):
    world.messenger(title="First")
    made = admin.open("/admin/channels_custom/customchannel/add/").send(title="Brand new")
    channel = CustomChannel.objects.get(title="Brand new")
    assert "Brand new" in made.text
    assert "Brand new" in admin.open("/admin/rules/newcasesrule/add/").html
    agent = world.agent("Bert")
    page = admin.open(f"/admin/users/agent/{agent.pk}/change/")
    assert "Brand new" in page.text
    page.send(channels=[channel.pk])
    assert list(agent.channels.all()) == [channel.channel_ptr]
    headers = {"Authorization": f"Bearer {world.api_key(agent, 'read')}"}
    listed = client.get("/api/v1/custom_channels/", headers=headers).json()["results"]
    assert [one["title"] for one in listed] == ["Brand new"]
    assert "Brand new" in admin.open(reverse("inbox:home")).text
    mine = world.says(world.customer(channel), "in the new one").case
    theirs = world.says(world.customer(CustomChannel.objects.get(title="First"), "carl"), "in the other").case
    shown = admin.open(f"/views/all/?channel={channel.pk}").text
    assert "in the new one" in shown
    assert "in the other" not in shown
    assert "in the other" in admin.open("/views/all/").text
    assert mine.pk != theirs.pk


def test_the_filter_by_channel_stays_with_the_case_and_the_live_list(admin, channel):
    world.messenger(title="Second")
    case = world.says(world.customer(channel), "hello").case
    html = admin.open(f"/views/all/?channel={channel.pk}").html
    assert f"/cases/{case.number}/?view=all&amp;channel={channel.pk}" in html
    assert f"/views/all/rows/?view=all&amp;channel={channel.pk}&amp;open=" in html
    for nonsense in ("x", "²", "9" * 30, "987654"):
        assert "hello" in admin.open(f"/views/all/?channel={nonsense}").text


def test_an_agent_filters_only_by_channels_of_her_own(client, channel, ann):
    hidden = world.messenger(title="Hidden")
    ann.channels.add(world.messenger(title="Second").channel_ptr)
    world.says(world.customer(hidden, "carl"), "secret")
    client.force_login(ann)
    html = client.get(f"/views/all/?channel={hidden.pk}").content.decode()
    assert "Second" in html
    assert "Hidden" not in html
    assert "secret" not in html
