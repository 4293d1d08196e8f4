"""What looks like a code is readable nowhere once a customer has sent it; nor is, for strangers, whose code it was."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels_custom.models import CustomChannel
from helpdesk.cases import files
from helpdesk.cases import services as cases
from helpdesk.cases.models import Attachment, Case, Message
from helpdesk.events.models import Event
from helpdesk.outbox.models import Job
from helpdesk.users.models import Profile
from identification import codes
from identification.models import Code
from tests import world
from tests.identification.asking import BOB
from tests.identification.linking import make

pytestmark = pytest.mark.django_db
CAROL = "carol@example.com"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    settings.MEDIA_ROOT = tmp_path


def upload(name: str) -> tuple[files.Stored, ...]:
    return (files.store(SimpleUploadedFile(name, b"hello")),)


def in_subject(bob: Profile, code: str) -> None:
    world.says(bob, "hello", facts=cases.Facts(subject=f"Re: {code}"))


def in_file_name(bob: Profile, code: str) -> None:
    world.says(bob, "", stored=upload(f"scan_{code}.png"))


def in_fetched_name(bob: Profile, code: str) -> None:
    world.says(bob, "see there", stored=(files.to_fetch(f"http://127.0.0.1:9/{code}.png"),))


def shown() -> str:
    """All that lists, pages, other servers and programs get to read, as it stands in the tables."""
    tables: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (Case, ("subject", "last_message_text")),
        (Message, ("text", "html")),
        (Attachment, ("name",)),
        (Event, ("data",)),
        (Job, ("body",)),
    )
    return str([list(model.objects.values_list(*fields)) for model, fields in tables])


@pytest.mark.promise("P31")
@pytest.mark.parametrize("place", [in_subject, in_file_name, in_fetched_name])
def test_a_code_that_stands_in_one_place_only_is_blanked_and_not_redeemed(bob: Profile, place: Any) -> None:
    code = make()
    place(bob, code)
    assert codes.MASK in shown()
    assert code not in shown()
    assert not Event.objects.filter(kind="code.checked").exists()
    assert Code.objects.get().used_at is None
    bob.refresh_from_db()
    assert not bob.is_identified


def test_the_rest_of_subject_and_name_stays(bob: Profile) -> None:
    stored = (*upload(f"scan_{codes.make()}.png"), *upload("bill.pdf"))
    world.says(bob, "hello", stored=stored, facts=cases.Facts(subject=f"Re: {codes.make()}, please"))
    assert Case.objects.get().subject == f"Re: {codes.MASK}, please"
    names = Attachment.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == [f"scan_{codes.MASK}.png", "bill.pdf"]


def test_a_code_in_the_text_is_redeemed_beside_one_that_is_only_blanked(bob: Profile) -> None:
    first = make({"user_email": CAROL})
    world.says(bob, make(), stored=upload(f"{first}.txt"))
    assert [event.data["outcome"] for event in Event.objects.filter(kind="code.checked")] == ["valid"]
    assert Attachment.objects.get().name == f"{codes.MASK}.txt"


@pytest.mark.both
def test_codes_that_grow_under_the_mask_still_fit(bob: Profile) -> None:
    """`ID` and ten symbols are twelve characters, the mask is fourteen."""
    bare = " ".join([codes.make().replace("-", "")] * 40)
    world.says(bob, "hello", stored=upload(bare[:255]), facts=cases.Facts(subject=bare[:300]))
    subject, name = Case.objects.get().subject, Attachment.objects.get().name
    assert (len(subject), len(name)) == (300, 255)
    assert codes.find(subject + name) == []


def test_a_later_file_in_a_chat_that_is_under_way_is_looked_at_too(bob: Profile) -> None:
    world.says(bob, "hello")
    world.says(bob, "and this", stored=upload(f"{make()}.txt"))
    assert Attachment.objects.get().name == f"{codes.MASK}.txt"


def test_subject_and_names_without_a_code_cost_no_query(bob: Profile, messenger: CustomChannel) -> None:
    def asked(name: str, subject: str, stored: tuple[files.Stored, ...]) -> list[str]:
        writer = world.customer(messenger, name)
        with CaptureQueriesContext(connection) as queries:
            world.says(writer, "hello", stored=stored, facts=cases.Facts(subject=subject))
        return [each["sql"] for each in queries.captured_queries if "cases_attachment" in each["sql"]]

    assert asked("one", "", ()) == []
    (only,) = asked("two", "an ID-card, please", upload("id-card.png"))
    assert only.startswith("INSERT")


def conflict(bob: Profile) -> Case:
    """Bob, who is proven to be Bob, sends a code of Carol's."""
    world.says(bob, make(BOB))
    return world.says(bob, make({"user_email": CAROL})).case


@pytest.mark.promise("P31")
def test_whose_code_it_was_is_told_to_nobody_who_may_not_see_that_person(
    client: Client, messenger: CustomChannel, bob: Profile
) -> None:
    case, ann = conflict(bob), world.agent(sees=[messenger.channel_ptr])
    assert Event.objects.filter(kind="code.conflict", red=True, profile_id=bob.pk).count() == 1
    client.force_login(ann)
    page = client.get(reverse("inbox:case", args=[case.number])).content.decode()
    assert "it belongs to somebody else" in page
    read = {"Authorization": f"Bearer {world.api_key(ann, 'read')}"}
    events = client.get("/api/v1/events/", headers=read).content.decode()
    assert "code.conflict" in events
    assert "conflict.found" in events
    assert CAROL not in page + events


def test_who_sees_both_reads_it_on_the_conflicts_card(client: Client, bob: Profile) -> None:
    conflict(bob)
    client.force_login(world.admin())
    assert CAROL in client.get(reverse("inbox:conflicts")).content.decode()
