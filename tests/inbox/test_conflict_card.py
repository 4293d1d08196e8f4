"""The conflict card beside a case and on its own page: evidence, verdicts, and who may give them."""

import re
from html import unescape

import pytest
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.cases.models import Case
from helpdesk.users.models import Agent, Conflict, Profile
from helpdesk.users.services import conflicts, identity, told
from tests import world

pytestmark = pytest.mark.django_db

EMAIL = "both@example.com"


@pytest.fixture
def carol(channel: CustomChannel, bob: Profile) -> Profile:
    """Carol has written, too; the company's server says the same address of both."""
    carol = world.customer(channel, "carol")
    for one in (bob, carol):
        told.tell(one, told.Told(email=EMAIL), by=None)
    world.says(carol, "it is me")
    return carol


@pytest.fixture
def hers(carol: Profile) -> Case:
    return Case.objects.get(profile=carol)


@pytest.fixture
def conflict(hers: Case) -> Conflict:
    return Conflict.objects.get()


@pytest.fixture
def judge(ann: Agent, as_ann: Client) -> Client:
    ann.may_merge = True
    ann.save()
    return as_ann


def read(client: Client, path: str, expect: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == expect
    return unescape(answer.content.decode())


def decide(client: Client, conflict: Conflict, verdict: str, reason: str = "we asked", **more: str):
    return client.post(f"/conflicts/{conflict.pk}/decide/", {"verdict": verdict, "reason": reason, **more})


def test_both_sides_and_what_each_verdict_does_stand_beside_the_case(
    judge: Client, hers: Case, case: Case, conflict: Conflict
) -> None:
    for number in (hers.number, case.number):
        page = read(judge, f"/cases/{number}/")
        card = page[page.index('class="conflicts"') :]
        assert f"Your server gave {EMAIL} for carol, but it belongs to another account of this channel." in card
        assert "Proven: told by your server" in card
        assert "bob (Shop messenger)" in card
        assert f"{'carol'} and {EMAIL} become one person" in card
        assert f"Only move {EMAIL}" in card
        assert "Not the same person" in card
    assert case.number in read(judge, f"/conflicts/{conflict.pk}/"), "where to read on"


def test_the_card_stands_above_the_user_data(judge: Client, hers: Case, conflict: Conflict) -> None:
    page = read(judge, f"/cases/{hers.number}/")
    assert page.index('class="conflicts"') < page.index("Profiles</h3>")


def test_who_may_not_judge_reads_whom_to_ask(as_ann: Client, hers: Case, conflict: Conflict) -> None:
    world.admin("Ada")
    for path in (f"/cases/{hers.number}/", f"/conflicts/{conflict.pk}/"):
        page = read(as_ann, path)
        assert "Ask Ada." in page
        assert 'name="verdict"' not in page
    assert decide(as_ann, conflict, "reject").status_code == 403
    conflict.refresh_from_db()
    assert conflict.state == "open"


def test_of_somebody_whom_the_agent_may_not_see_nothing_is_told(as_ann: Client, bob: Profile, case: Case) -> None:
    there = world.messenger(title="Secret forum")
    dora = world.customer(there, "dora-the-secret")
    identity.link(bob, world.profiles.meet("external", "7").person, method="agent", level=1, by=None)
    dora_account = world.profiles.meet("external", "8")
    identity.link(dora, dora_account.person, method="agent", level=1, by=None)
    with pytest.raises(Exception, match="already proven"):
        conflicts.link_as_told(dora, bob, evidence={}, by=None)
    page = read(as_ann, f"/cases/{case.number}/")
    assert "Somebody whom you may not see" in page
    assert "dora" not in page
    assert "Secret forum" not in page
    conflict = Conflict.objects.get()
    assert as_ann.get(f"/conflicts/{conflict.pk}/").status_code == 404
    assert decide(as_ann, conflict, "reject").status_code == 404


@pytest.mark.parametrize("verdict", ["link", "move", "reject"])
def test_a_verdict_beside_the_case_is_folded_with_who_and_why_and_can_be_undone(
    judge: Client, hers: Case, conflict: Conflict, verdict: str
) -> None:
    people = list(Profile.objects.order_by("pk").values_list("person", flat=True))
    answer = decide(judge, conflict, verdict, "they told us on the telephone", case=hers.number)
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{hers.number}/")
    page = read(judge, f"/cases/{hers.number}/")
    (folded,) = re.findall(r'<details class="decided".*?</details>', page, re.DOTALL)
    assert "Ann" in folded
    assert "they told us on the telephone" in folded
    assert "Undo" in folded
    assert 'class="waits"' not in page
    decide(judge, conflict, "reopen", "", case=hers.number)
    assert list(Profile.objects.order_by("pk").values_list("person", flat=True)) == people
    assert 'class="waits"' in read(judge, f"/cases/{hers.number}/")


@pytest.mark.parametrize("beside", [True, False])
def test_without_a_reason_nothing_is_done_and_what_was_chosen_stays(
    judge: Client, hers: Case, conflict: Conflict, beside: bool
) -> None:
    answer = decide(judge, conflict, "move", " ", **({"case": hers.number} if beside else {}))
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "Say why, in a few words" in page
    assert re.search(r'value="move"[^>]* checked', page)
    assert 'aria-invalid="true"' in page
    conflict.refresh_from_db()
    assert conflict.state == "open"


def test_what_a_colleague_has_decided_meanwhile_is_told(judge: Client, hers: Case, conflict: Conflict) -> None:
    decide(judge, conflict, "reject")
    answer = decide(judge, conflict, "link", case=hers.number)
    assert answer.status_code == 409
    assert "decided already" in answer.content.decode()


def test_people_who_are_one_by_now_are_offered_to_close_it(
    judge: Client, ann: Agent, hers: Case, conflict: Conflict, bob: Profile
) -> None:
    identity.merge(hers.profile.person, Profile.objects.get(pk=bob.pk).person, by=ann)
    page = read(judge, f"/conflicts/{conflict.pk}/")
    assert "By now the two are one person" in page
    assert 'value="link"' in page
    assert 'value="reject"' not in page


def test_who_decides_finds_them_in_the_list_and_the_others_do_not(
    as_ann: Client, ann: Agent, as_eve: Client, conflict: Conflict
) -> None:
    assert "/conflicts/" not in read(as_ann, "/")
    ann.may_merge = True
    ann.save()
    assert "Conflicts, 1 to decide" in read(as_ann, "/")
    page = read(as_ann, "/conflicts/")
    assert re.search(rf'href="/conflicts/{conflict.pk}/"', page)
    assert f"/conflicts/{conflict.pk}/" in read(as_ann, "/conflicts/rows/")
    assert f"/conflicts/{conflict.pk}/" not in read(as_ann, "/conflicts/?state=decided")
    decide(as_ann, conflict, "reject")
    assert f"/conflicts/{conflict.pk}/" not in read(as_ann, "/conflicts/")
    assert f"/conflicts/{conflict.pk}/" in read(as_ann, "/conflicts/?state=decided")
    assert "to decide" not in read(as_ann, "/")
    assert f"/conflicts/{conflict.pk}/" not in read(as_eve, "/conflicts/")


def test_a_long_list_is_read_page_by_page(judge: Client, channel: CustomChannel, conflict: Conflict) -> None:
    for number in range(30):
        told.tell(world.customer(channel, f"x{number}"), told.Told(email=EMAIL), by=None)
    first = read(judge, "/conflicts/")
    found = re.findall(r'id="row-(\d+)"', first)
    (older,) = re.findall(r"\?before=(\d+)", first)
    found += re.findall(r'id="row-(\d+)"', read(judge, f"/conflicts/?before={older}"))
    assert found == [str(pk) for pk in Conflict.objects.order_by("-pk").values_list("pk", flat=True)]
    assert read(judge, "/conflicts/?before=x&state=any")


def test_names_that_look_like_pages_are_shown_as_text(judge: Client, channel: CustomChannel, bob: Profile) -> None:
    eve = world.customer(channel, "<script>alert(1)</script>{actor}")
    told.tell(bob, told.Told(email=EMAIL), by=None)
    told.tell(eve, told.Told(email=EMAIL, said={"name": "{value}<img src=x onerror=alert(1)>"}), by=None)
    conflict = Conflict.objects.get()
    decide(judge, conflict, "reject", "<b>{reason}</b>")
    for path in (f"/conflicts/{conflict.pk}/", "/conflicts/?state=decided"):
        page = judge.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>{reason}" not in page
