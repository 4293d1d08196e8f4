"""Codes in the wrong hands, in the wrong place, or guessed."""

from collections import Counter
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.conf import settings as desk_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_custom.models import CustomChannel
from helpdesk.cases import files
from helpdesk.cases.models import Message
from helpdesk.events.models import Event
from helpdesk.inbox import timeline
from helpdesk.users.models import Profile
from helpdesk.users.services import profiles
from identification import codes, services
from identification.models import Brake, Code
from identification.services import brakes, redeeming
from tests import world
from tests.identification.asking import BOB

pytestmark = pytest.mark.django_db


def make(user: Any = BOB) -> str:
    return services.make_code(user, by=None)[0]


def reasons() -> list[str]:
    return [event.data["reason"] for event in Event.objects.filter(kind="code.checked").order_by("pk")]


def red(kind: str) -> list[int | None]:
    """The cases that this red line stands in."""
    return list(Event.objects.filter(kind=kind, red=True).order_by("pk").values_list("case_id", flat=True))


# --- where a code stands ---


@pytest.mark.parametrize(
    "text",
    [
        "/start {}",
        "Hello! My code is {}.",
        "/start@acme_bot {}",
        "> you wrote: {}",
        ">> {}\nyes, this one",
        "„{}“",
        "#{}",
        "https://t.me/acme?text={}",
    ],
)
def test_it_is_found_where_apps_and_people_put_it(bob: Profile, text: str) -> None:
    """Behind a bot's start command, in a prefilled text, in a quoted reply."""
    code = make()
    said = world.says(bob, text.format(code))
    assert reasons() == [""]
    assert code not in Message.objects.get(pk=said.message.pk).text


def test_a_quoted_reply_of_the_same_one_is_plainly_invalid_and_no_alarm(bob: Profile) -> None:
    code = make()
    world.says(bob, code)
    world.says(bob, f"> {code}\nI sent that")
    assert reasons() == ["", "used"]
    assert red("code.repeated") == []


def test_in_the_name_of_a_file_it_identifies_nobody(bob: Profile, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    code = make()
    stored = files.store(SimpleUploadedFile(f"{code}.txt", b"hello"))
    world.says(bob, "see the file", stored=(stored,))
    assert reasons() == []
    assert Code.objects.get().used_at is None


def test_the_code_of_another_desk_is_unknown(bob: Profile, settings: Any) -> None:
    """Two desks that were set up from one copy of a database still have keys of their own."""
    code, ours = make(), desk_settings.FIELD_KEYS
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    world.says(bob, code)
    assert reasons() == ["unknown"]
    settings.FIELD_KEYS = ours
    assert Code.objects.get().used_at is None


# --- sent again ---


@pytest.mark.promise("P25")
def test_a_used_code_in_other_hands_warns_both_conversations_and_nobody_who_writes(
    bob: Profile, messenger: CustomChannel
) -> None:
    code, eve = make(), world.customer(messenger, "eve")
    first = world.says(bob, code).case
    second = world.says(eve, code).case
    assert (red("code.repeated"), red("code.seen_again")) == ([second.pk], [first.pk])
    assert not Message.objects.exclude(author="profile").exists()
    assert Brake.objects.get(key="desk").failures == 1
    shown = [timeline.sentence(event, "Eve") for event in Event.objects.filter(kind__startswith="code.", red=True)]
    assert all("code" in sentence for sentence in shown)
    assert len(shown) == 2


def test_one_that_was_only_proposed_counts_as_used_too(bob: Profile, messenger: CustomChannel, trusting: Any) -> None:
    trusting.confirm_codes = True
    trusting.save()
    code = services.make_code(BOB, by=None, widget=trusting, method="page", level=2)[0]
    world.says(bob, code)
    world.says(world.customer(messenger, "eve"), code)
    assert reasons() == ["", "used"]
    assert len(red("code.seen_again")) == 1


# --- guessing ---


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[codes.Candidate]:
    """The guesses that were weighed: a brake had refused none of them before it was asked what the code is worth."""
    seen: list[codes.Candidate] = []
    fault = redeeming._fault

    def counted(candidate: codes.Candidate, *more: Any) -> str:
        seen.append(candidate)
        return fault(candidate, *more)

    monkeypatch.setattr(redeeming, "_fault", counted)
    return seen


@pytest.mark.promise("P25", "A37")
def test_a_hundred_thousand_guesses_look_at_a_handful_of_codes(
    messenger: CustomChannel, compared: list[codes.Candidate]
) -> None:
    """One guesser, one moment, 333 texts of 300 codes each, given to the verb itself.

    Three of each text are tried, 999 in all, and the other 98,901 never; of those tried the lock lets a handful count.
    """
    guesser = world.customer(messenger, "guesser")
    candidates = codes.find(" ".join(codes.make() for _ in range(1000)))
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(100_000 // 300):
            services.redeem(candidates[number % 700 :][:300], guesser, by=guesser)
    assert len(compared) <= 3 * 5
    assert Brake.objects.get(key="desk").failures <= 3 * 5


@pytest.mark.promise("P25", "A37")
def test_a_hundred_thousand_guesses_from_everywhere_meet_the_desks_brake(
    messenger: CustomChannel, compared: list[codes.Candidate]
) -> None:
    """The same 333 texts in turn from forty guessers: sixty codes count, the desk pauses, and people are told."""
    guessers = [world.customer(messenger, f"guesser-{number}") for number in range(40)]
    candidates = codes.find(" ".join(codes.make() for _ in range(1000)))
    world.admin()
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(100_000 // 300):
            services.redeem(candidates[number % 700 :][:300], guessers[number % 40], by=None)
    assert 60 <= len(compared) <= 62
    assert Event.objects.filter(kind="code.braked").count() == 1


@pytest.mark.promise("P25", "A37")
@pytest.mark.both
@pytest.mark.once
@pytest.mark.slow
def test_of_a_thousand_messages_with_a_guess_each_sixty_are_weighed(
    messenger: CustomChannel, compared: list[codes.Candidate]
) -> None:
    """As they really come in: a message each, forty guessers, one moment. Then not even a right code is taken."""
    guessers = [world.customer(messenger, f"guesser-{number}") for number in range(40)]
    world.admin()
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(1000):
            world.says(guessers[number % 40], codes.make())
        assert len(compared) == brakes.DESK.most == 60
        world.says(world.customer(messenger, "bob"), make())
    assert len(compared) == 60
    assert Counter(reasons()) == {"unknown": 60, "paused": 941}
    assert Code.objects.get().used_at is None
    assert Event.objects.filter(kind="code.braked", red=True).count() == 1


@pytest.mark.promise("P25")
def test_failures_of_all_kinds_take_the_same_number_of_queries(bob: Profile, messenger: CustomChannel) -> None:
    used, voided, expired = make({"external_id": "7"}), make(), make({"external_id": "8"})
    make()
    world.says(world.customer(messenger, "other"), used)
    Code.objects.filter(profile__address="8").update(expires_at=timezone.now())
    right = codes.make()
    slip = right[:-1] + ("2" if right[-1] != "2" else "3")
    took = {}
    for name, text in {
        "unknown": codes.make(),
        "check": slip,
        "used": used,
        "voided": voided,
        "expired": expired,
    }.items():
        # Each of them a customer who has written before.
        writer = world.customer(messenger, f"writer-{name}")
        world.says(writer, "hello")
        world.says(writer, codes.make())
        with CaptureQueriesContext(connection) as captured:
            world.says(writer, text)
        took[name] = len([query for query in captured if "SAVEPOINT" not in query["sql"]])
        assert reasons()[-1] == name
    assert len(set(took.values())) == 1, took


@pytest.mark.promise("P25")
def test_a_hundred_wrong_ones_in_a_row_lock_a_person_until_an_agent_lifts_it(
    bob: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brakes, "CONVERSATION", brakes.Limit(10**6, *[brakes.PERSON.window] * 3))
    monkeypatch.setattr(brakes, "DESK", brakes.Limit(10**6, *[brakes.PERSON.window] * 3))
    wrong = codes.find(" ".join(codes.make() for _ in range(3)))
    for _ in range(33):
        services.redeem(wrong, bob, by=bob)
    case = world.says(bob, codes.make()).case
    assert Event.objects.filter(kind="person.codes_locked", red=True, person_id=again(bob).person_id).exists()
    with time_machine.travel(timezone.now() + brakes.timedelta(days=300), tick=False):
        world.says(bob, make())
        assert reasons()[-1] == "locked"
    ann = world.agent("Ann", sees=[bob.channel])
    client = Client()
    client.force_login(ann)
    assert "Identification codes are locked" in client.get(f"/cases/{case.number}/").content.decode()
    client.post(f"/cases/{case.number}/unlock-codes/")
    assert Event.objects.get(kind="person.codes_unlocked").actor_id == ann.pk
    assert "Identification codes are locked" not in client.get(f"/cases/{case.number}/").content.decode()
    world.says(bob, make())
    assert reasons()[-1] == ""


def test_a_right_one_between_them_begins_the_count_anew(bob: Profile) -> None:
    world.says(bob, codes.make())
    world.says(bob, make())
    assert not Brake.objects.filter(key__startswith="person:").exists()


def again(profile: Profile) -> Profile:
    return Profile.objects.get(pk=profile.pk)


def test_a_code_made_by_the_api_is_braked_as_one_of_a_widget(db: None) -> None:
    ann = world.agent("Ann")
    client = Client(headers={"Authorization": f"Bearer {world.api_key(ann)}"})

    def ask(user: Any) -> Any:
        return client.post("/api/v1/identification_codes/", {"user": user}, content_type="application/json")

    with time_machine.travel(timezone.now(), tick=False):
        assert [ask(BOB).status_code for _ in range(10)] == [201] * 10
        refused = ask(BOB)
        assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
        assert 0 < int(refused["Retry-After"]) <= 61
        assert ask({"user_email": "carol@example.com"}).status_code == 201
    assert profiles.find("email", "bob@example.com") is not None
