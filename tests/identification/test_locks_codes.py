"""Many at the same moment: one code, one proposal, one link to be undone."""

from collections import Counter
from typing import Any

import pytest

from channels_custom.models import CustomChannel
from helpdesk.cases.models import Author, Message
from helpdesk.channels.models import Level, Widget
from helpdesk.events.models import Event
from helpdesk.users.models import Link, Operation, Profile
from identification import services
from identification.models import Proposal
from identification.services import deciding, notices, undoing
from identification.services.deciding import ProposalOver
from tests import world
from tests.identification.asking import BOB
from tests.identification.test_brakes import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def careful(transactional_db: None) -> Widget:
    return Widget.objects.create(title="Account page", trust_page_data=True, confirm_codes=True)


def make(widget: Widget | None = None) -> str:
    more: dict[str, Any] = {"widget": widget, "method": "page", "level": Level.VOUCHED} if widget else {}
    return services.make_code(BOB, by=None, **more)[0]


@pytest.mark.promise("P25", "A37")
def test_of_twenty_who_send_a_code_that_asks_one_is_asked_about(messenger: CustomChannel, careful: Widget) -> None:
    text = make(careful)
    writers = [world.customer(messenger, f"writer-{number}") for number in range(20)]
    in_parallel(lambda number: world.says(writers[number], text), 20)
    outcomes = Counter(event.data["outcome"] for event in Event.objects.filter(kind="code.checked"))
    assert outcomes == {"proposed": 1, "invalid": 19}
    assert Proposal.objects.count() == 1
    assert not Profile.objects.filter(kind="custom", level__gt=1).exists()


@pytest.mark.promise("P25")
def test_of_twenty_decisions_of_both_kinds_one_counts(messenger: CustomChannel, careful: Widget) -> None:
    bob = world.customer(messenger, "bob")
    world.says(bob, make(careful))
    number = Proposal.objects.get().pk

    def decide(turn: int) -> str:
        try:
            done = deciding.decide(careful, BOB, number, accept=turn % 2 == 0, visitor=f"visitor-{turn}")
        except ProposalOver:
            return "over"
        return str(done.state)

    said = Counter(in_parallel(decide, 20))
    state = Proposal.objects.get().state
    assert said == {"over": 19, state: 1}
    accepted = int(state == "accepted")
    assert Link.objects.filter(method="code").count() == accepted
    assert Event.objects.filter(kind="code.accepted").count() == accepted
    assert Event.objects.filter(kind="code.declined").count() == 1 - accepted


def test_of_ten_who_undo_one_does_and_the_others_read_that_it_was_done(messenger: CustomChannel) -> None:
    CustomChannel.objects.update(tells_links=True)
    bob = world.customer(messenger, "bob")
    case = world.says(bob, make()).case
    token = notices.address(Operation.objects.get(kind="link").pk, case).split("/")[-2]
    said = Counter(in_parallel(lambda _turn: undoing.undo(undoing.read(token)), 10))
    assert said == {"undo_done": 1, "undo_used": 9}
    assert Operation.objects.filter(kind="undo").count() == 1
    assert Message.objects.filter(author=Author.DESK).count() == 2, "the notice, and that it was undone"
