"""A rule that answers one customer too often: paused for them, told to those who run the desk, let go by hand."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from helpdesk.events.models import Event
from helpdesk.outbox.models import Job
from rules import limits, services
from rules.models import Pause, Run
from tests import world
from tests.rules.desk import do, fired, rule, when

pytestmark = [pytest.mark.django_db, pytest.mark.both]

HOOK = "http://127.0.0.1:9/hook"


@pytest.fixture
def bob():
    return world.customer(world.messenger(HOOK))


@pytest.fixture
def parrot(bob):
    return rule("parrot", actions=[do("send_message", texts={"en": "What did <b>you</b> say?"})])


def chatter(bob, times: int = limits.ANSWERS + 1):
    case = world.says(bob, "hello").case
    for number in range(times):
        world.says(bob, f"machine says {number}")
    return case


@pytest.mark.promise("P27")
def test_a_pause_keeps_what_was_said_and_tells_every_admin_once(bob, parrot):
    world.admin()
    case = chatter(bob, limits.ANSWERS + 3)
    pause = Pause.objects.get()
    assert (pause.rule_id, pause.case_id, pause.profile_id) == (parrot.pk, case.pk, bob.pk)
    said = Event.objects.filter(pk__in=pause.events)
    assert set(said.values_list("actor_kind", flat=True)) == {"profile", "rule"}
    assert len(pause.events) <= limits.CHAIN
    assert pause.events == sorted(pause.events)
    event = Event.objects.get(kind="rule.paused")
    assert event.red
    assert event.data["pause"] == pause.pk
    (mail,) = Job.objects.filter(kind="notice")
    assert "parrot" in mail.body["subject"]
    assert f"/admin/rules/pause/{pause.pk}/" in mail.body["text"]
    lines = services.explain(Run.objects.latest("pk"))
    assert [(line.title, line.outcome) for line in lines] == [("parrot", "paused")]


def test_a_second_customer_within_the_hour_is_paused_without_a_second_mail(bob, parrot):
    world.admin()
    chatter(bob)
    chatter(world.customer(bob.channel.customchannel, "carol"))
    assert Pause.objects.count() == 2
    assert Job.objects.filter(kind="notice").count() == 1


def test_resume_lets_the_rule_answer_again_as_often_as_before(bob, parrot):
    ada = world.admin()
    case = chatter(bob)
    services.resume(Pause.objects.get(), by=ada)
    services.resume(Pause.objects.get(), by=ada)
    assert Event.objects.filter(kind="rule.resumed", actor_id=ada.pk).count() == 1
    before = fired(case).count("parrot")
    for number in range(limits.ANSWERS + 2):
        world.says(bob, f"again {number}")
    assert fired(case).count("parrot") == before + limits.ANSWERS
    assert Pause.objects.count() == 2


def test_after_an_hour_it_answers_again_by_itself(bob, parrot):
    case = chatter(bob)
    with time_machine.travel(timezone.now() + limits.ANSWERS_PAUSE + timedelta(minutes=1)):
        world.says(bob, "an hour later")
    assert fired(case).count("parrot") == limits.ANSWERS + 1


def test_rules_that_take_turns_are_stopped_by_what_they_do_together(bob):
    """Each is below its own limit; the one whose turn it is when all together are over theirs is paused."""
    for number in range(4):
        words = [f"turn-{number}"]
        answer = do("send_message", texts={"en": f"answer {number}"})
        rule(f"r{number}", all=[when("message.text", "contains_any", words)], actions=[answer])
    case = world.says(bob, "hello").case
    for number in range(limits.ANSWERS_OF_ALL + 1):
        world.says(bob, f"turn-{number % 4}")
    assert len(fired(case)) == limits.ANSWERS_OF_ALL
    pause = Pause.objects.get()
    assert pause.rule.title == f"r{limits.ANSWERS_OF_ALL % 4}"


def test_a_rule_that_writes_nothing_to_the_customer_is_never_paused(bob):
    rule("labels", actions=[do("add_note", text="seen")])
    case = chatter(bob, limits.ANSWERS_OF_ALL + 5)
    assert len(fired(case)) == limits.ANSWERS_OF_ALL + 5
    assert not Pause.objects.exists()


def test_the_page_of_a_pause_shows_the_chain_and_resumes(bob, parrot):
    ada = world.admin()
    case = chatter(bob)
    pause = Pause.objects.get()
    client = Client()
    client.force_login(ada)
    assert f'href="{reverse("admin:rules_pause_change", args=[pause.pk])}"' in client.get("/").content.decode()
    page = client.get(reverse("admin:rules_pause_change", args=[pause.pk])).content.decode()
    assert "machine says 3" in page
    assert "What did &lt;b&gt;you&lt;/b&gt; say?" in page
    assert case.number in page
    address = reverse("admin:rules_pause_resume", args=[pause.pk])
    assert client.get(address).status_code == 405
    assert "answers this customer again" in client.post(address, follow=True).content.decode()
    assert not services.present().exists()
    assert client.get(reverse("admin:rules_pause_change", args=[10**9])).status_code == 404
    assert "goes on again" in client.get(reverse("admin:rules_pause_changelist")).content.decode()


def test_agents_see_neither_banner_nor_page(bob, parrot):
    ann = world.agent(sees=[bob.channel])
    chatter(bob)
    client = Client()
    client.force_login(ann)
    assert "pause/" not in client.get("/").content.decode()
    address = reverse("admin:rules_pause_resume", args=[Pause.objects.get().pk])
    assert client.post(address).status_code in (302, 403)
    assert services.present().exists()


def test_old_pauses_are_forgotten(bob, parrot):
    chatter(bob)
    with time_machine.travel(timezone.now() + limits.TRACE_KEPT):
        assert services.forget_old_pauses() == 0
    with time_machine.travel(timezone.now() + limits.TRACE_KEPT + limits.ANSWERS_PAUSE + timedelta(minutes=1)):
        assert services.forget_old_pauses() == 1
