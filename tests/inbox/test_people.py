"""Who is who, in the inbox: the plan before the deed, the deed once, and back again."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from helpdesk.users.models import Operation, Plan, Profile
from helpdesk.users.services import blocking, identity, judged, profiles, values
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def judge(ann):
    """Ann may say who is who."""
    ann.may_merge = True
    ann.save(update_fields=["may_merge"])
    return ann


@pytest.fixture
def work(channel) -> Profile:
    work = world.customer(channel, "bob-at-work")
    values.say(work, "api", {"name": "Bob Kern", "position": "Buyer"}, by=None)
    return work


def at(name: str, profile: Profile, *more: object, **query: str) -> str:
    address = reverse(f"inbox:person_{name}", args=[Profile.objects.get(pk=profile.pk).person_id, *more])
    return address + "?" + "&".join(f"{key}={value}" for key, value in query.items())


def text(answer, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def hash_in(page: str) -> str:
    (found,) = re.findall(r'name="plan_hash" value="([0-9a-f]{64})"', page)
    return found


def planned(client, bob: Profile, other: Profile, **more: str) -> str:
    person = Profile.objects.get(pk=other.pk).person_id
    return text(client.post(at("merge_plan", bob, **more), {"with": person}))


def decide(client, bob: Profile, plan: str, reason: str = "the same voice", **query: str):
    return client.post(at("decide", bob, **query), {"plan_hash": hash_in(plan), "reason": reason})


def person(profile: Profile) -> int:
    return Profile.objects.values_list("person_id", flat=True).get(pk=profile.pk)


# --- the verbs beside a case ---


def test_the_verbs_stand_beside_a_case_for_those_who_may_judge_alone(as_ann, ann, case):
    page = reverse("inbox:case", args=[case.number])
    assert "Merge with" not in text(as_ann.get(page))
    ann.may_merge = True
    ann.save(update_fields=["may_merge"])
    shown = text(as_ann.get(page))
    assert at("merge", case.profile, case=case.number) in shown.replace("&amp;", "&")
    assert "Split…" not in shown, "there is nothing to split in one profile"
    identity.merge(profiles.meet("email", "bob@example.com").person, case.profile.person, by=None)
    assert "Split…" in text(as_ann.get(page))


@pytest.mark.promise("P26")
def test_without_the_right_there_is_no_page_either(as_ann, ann, bob, work, as_eve):
    operation = identity.merge(profiles.meet("email", "third@example.com").person, bob.person, by=None)
    for client in (as_ann, as_eve):
        assert client.get(at("merge", bob)).status_code == 403
        assert client.post(at("merge_plan", bob), {"with": work.person_id}).status_code == 403
        assert client.get(at("split", bob)).status_code == 403
        assert client.post(at("split_plan", bob), {"user": bob.pk}).status_code == 403
        assert client.post(at("decide", bob), {"plan_hash": "x", "reason": "y"}).status_code == 403
        assert client.get(at("operations", bob)).status_code == 403
        assert client.post(at("undo", bob, operation.pk)).status_code == 403
    assert not Plan.objects.exists()


@pytest.mark.promise("P26")
def test_people_of_other_channels_do_not_exist(as_ann, judge, bob, work):
    forum = world.messenger(title="Forum")
    dora, other = world.customer(forum, "dora"), world.customer(forum, "dora-at-work")
    operation = identity.merge(other.person, dora.person, by=None)
    assert as_ann.get(at("merge", dora)).status_code == 404
    assert as_ann.get(at("split", dora)).status_code == 404
    assert as_ann.get(at("operations", dora)).status_code == 404
    assert as_ann.post(at("merge_plan", bob), {"with": dora.person_id}).status_code == 404
    assert as_ann.post(at("split_plan", bob), {"user": dora.pk}).status_code == 404
    assert as_ann.post(at("undo", bob, operation.pk)).status_code == 404
    for wrong in ("x", "-1", "9" * 30, ""):
        assert as_ann.post(at("merge_plan", bob), {"with": wrong}).status_code == 404
        assert as_ann.post(at("merge_plan", bob), {"with": work.person_id, "into": wrong or "x"}).status_code == 404
        assert as_ann.post(at("split_plan", bob), {"user": wrong}).status_code == 404
    assert as_ann.get("/people/abc/merge/").status_code == 404
    assert as_ann.get(f"/people/{'9' * 30}/merge/").status_code == 404


# --- finding somebody ---


@pytest.mark.parametrize("asked", ["Bob Kern", "kern", "KERN", "bob-at-w", "#{person}", "{user}", "bob-at-work"])
def test_somebody_is_found_by_name_address_and_id(as_ann, judge, bob, work, asked):
    asked = asked.format(person=work.person_id, user=work.pk).replace("#", "%23")
    page = text(as_ann.get(at("merge", bob, q=asked)))
    assert f'name="with" value="{work.person_id}"' in page
    assert "Bob Kern" in page


def test_somebody_is_found_by_e_mail_and_phone_as_people_write_them(as_ann, judge, bob, work):
    for kind, address in (("email", "kern@example.com"), ("phone", "+4930901820")):
        identity.merge(profiles.meet(kind, address).person, Profile.objects.get(pk=work.pk).person, by=None)
    for asked in ("Kern@Example.com", "%2B49 30 90 18 20"):
        assert f'name="with" value="{work.person_id}"' in text(as_ann.get(at("merge", bob, q=asked)))


@pytest.mark.both
@pytest.mark.once
def test_a_name_is_found_in_any_case_of_its_letters(as_ann, judge, bob, work):
    values.say(work, "agent", {"name": "Jörg Müßig-Ärger"}, by=None)
    for asked in ("jörg", "JÖRG", "ärger"):
        assert "Jörg" in text(as_ann.get(at("merge", bob, q=asked)))


def test_a_search_shows_twenty_and_only_people_whom_the_agent_sees(as_ann, judge, bob, channel):
    forum = world.messenger(title="Forum")
    world.customer(forum, "someone-secret")
    for number in range(22):
        world.customer(channel, f"someone-{number}")
    page = text(as_ann.get(at("merge", bob, q="someone")))
    assert page.count('name="with"') == 20
    assert "There may be more" in page
    assert "someone-secret" not in page
    assert "Nobody whom you may see" in text(as_ann.get(at("merge", bob, q="someone-secret")))
    assert 'name="with"' not in text(as_ann.get(at("merge", bob, q="bob"))), "nobody is merged with themselves"


def test_a_search_takes_few_queries(as_ann, judge, bob, channel, django_assert_max_num_queries):
    for number in range(20):
        world.customer(channel, f"someone-{number}")
    as_ann.get(at("merge", bob, q="someone"))
    with django_assert_max_num_queries(10):
        as_ann.get(at("merge", bob, q="someone"))


# --- the plan, and the deed ---


def test_the_plan_shows_both_sides_and_what_becomes_of_what_is_known(as_ann, judge, bob, work, case):
    values.say(bob, "channel", {"name": "Bobby"}, by=None)
    page = planned(as_ann, bob, work)
    seen = words(page)
    for shown in ("Bobby", "Bob Kern", "Buyer", "1 case", "0 cases", "kept, but not shown", "is shown from now on"):
        assert shown in seen
    assert "changes hands: bob-at-work" in seen
    assert person(work) == work.person_id


def test_applying_needs_a_reason_and_leads_back_to_the_case(as_ann, judge, bob, work, case):
    plan = planned(as_ann, bob, work, case=case.number, view="all")
    page = text(decide(as_ann, bob, plan, reason=" ", case=case.number), 422)
    assert "Say why" in page
    assert 'aria-invalid="true"' in page
    assert hash_in(page) == hash_in(plan)
    answer = decide(as_ann, bob, plan, case=case.number, view="all")
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{case.number}/?view=all")
    assert person(work) == person(bob)
    operation = Operation.objects.get()
    assert (operation.kind, operation.reason, operation.actor_id) == ("merge", "the same voice", judge.pk)
    assert "They are one person now." in text(as_ann.get(answer["Location"]))


def test_what_was_typed_is_still_there_where_it_was_too_long(as_ann, judge, bob, work):
    page = text(decide(as_ann, bob, planned(as_ann, bob, work), reason="<b>" + "x" * 300), 422)
    assert "&lt;b&gt;xxx" in page
    assert "At most 300 characters" in page


def test_a_stale_plan_is_shown_anew_and_nothing_is_done(as_ann, judge, bob, work):
    plan = planned(as_ann, bob, work)
    values.say(work, "api", {"position": "Boss"}, by=None)
    page = text(decide(as_ann, bob, plan), 409)
    assert "Something has changed" in page
    assert "Boss" in page
    assert hash_in(page) != hash_in(plan)
    assert not Operation.objects.exists()
    assert decide(as_ann, bob, page).status_code == 302


def test_a_plan_of_nobody_and_one_that_makes_no_sense_any_more_are_told_in_words(as_ann, judge, bob, work):
    page = text(as_ann.post(at("decide", bob), {"plan_hash": "f" * 64, "reason": "x"}), 409)
    assert "Something has changed" in page
    plan = planned(as_ann, bob, work)
    identity.merge(work.person, bob.person, by=None)
    page = text(as_ann.post(at("decide", bob), {"plan_hash": hash_in(plan), "reason": "x"}), 409)
    assert "Something has changed" in page
    assert "plan_hash" not in page


def test_a_person_is_not_merged_with_themselves(as_ann, judge, bob):
    page = text(as_ann.post(at("merge_plan", bob), {"with": bob.person_id}), 422)
    assert "This is one person already." in page


def test_a_plan_can_be_looked_at_the_other_way_round(as_ann, judge, bob, work):
    page = text(as_ann.post(at("merge_plan", work), {"with": bob.person_id}))
    assert f'name="with" value="{bob.person_id}"' in page
    decide(as_ann, work, page)
    assert person(bob) == work.person_id


def test_warnings_stand_above_the_plan(as_ann, judge, bob, work):
    judged.keep(bob, work, by=judge, reason="twins, I asked them")
    blocking.block(work.person, by=judge)
    seen = words(planned(as_ann, bob, work))
    assert "twins, I asked them" in seen
    assert "Afterwards the block holds for all" in seen


def test_profiles_are_split_off_by_ticking_them(as_ann, judge, bob, work):
    identity.merge(work.person, bob.person, by=judge)
    assert 'name="user"' in text(as_ann.get(at("split", bob)))
    page = text(as_ann.post(at("split_plan", bob), {"user": [work.pk]}))
    assert "A new person" in words(page) or "the new person" in words(page) or "Bob Kern" in words(page)
    decide(as_ann, bob, page, reason="two people at one desk")
    assert person(work) not in {person(bob), work.person_id}
    assert Operation.objects.get(kind="split").reason == "two people at one desk"


def test_a_split_of_all_or_of_none_is_told_in_words(as_ann, judge, bob, work):
    identity.merge(work.person, bob.person, by=judge)
    for ticked in ([], [bob.pk, work.pk]):
        page = text(as_ann.post(at("split_plan", bob), {"user": ticked}), 422)
        assert "at least one profile that goes and one that stays" in page


# --- and back ---


def test_what_was_decided_is_listed_and_undone(as_ann, judge, bob, work, case):
    decide(as_ann, bob, planned(as_ann, bob, work))
    operation = Operation.objects.get()
    page = words(text(as_ann.get(at("operations", bob))))
    for shown in ("Merged: bob-at-work", "Ann", "the same voice"):
        assert shown in page
    answer = as_ann.post(at("undo", bob, operation.pk, case=case.number), {"reason": "wrong Bob"})
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{case.number}/")
    assert person(work) == work.person_id
    page = words(text(as_ann.get(at("operations", bob))))
    assert "wrong Bob" in page
    assert "Why? (optional)" not in page


def test_an_undo_that_is_not_possible_says_what_is_in_the_way(as_ann, judge, bob, work, channel):
    first = identity.merge(work.person, bob.person, by=judge)
    second = identity.split([work], by=judge)
    page = text(as_ann.post(at("undo", bob, first.pk)), 409)
    assert f"Undo this first: split #{second.pk}" in page
    as_ann.post(at("undo", work, second.pk))
    assert as_ann.post(at("undo", bob, first.pk)).status_code == 302
    assert "undone already" in text(as_ann.post(at("undo", bob, first.pk)), 409)


def test_a_dialog_is_told_where_to_go_on(as_ann, judge, bob, work, case):
    plan = planned(as_ann, bob, work)
    answer = as_ann.post(
        at("decide", bob, case=case.number),
        {"plan_hash": hash_in(plan), "reason": "x"},
        headers={"HX-Request": "true"},
    )
    assert (answer.status_code, answer["HX-Redirect"]) == (200, f"/cases/{case.number}/")


@pytest.mark.parametrize("case_asked", ["", "//evil.example", "../admin", "javascript:alert(1)", "<script>"])
def test_the_way_back_leads_nowhere_else(as_ann, judge, bob, work, case_asked):
    answer = decide(as_ann, bob, planned(as_ann, bob, work), case=case_asked)
    assert answer["Location"] == "/"


def test_names_and_reasons_are_text_on_each_page(as_ann, judge, bob, work):
    values.say(work, "api", {"name": "<script>alert(1)</script>", "note": '"><img src=x>'}, by=None)
    plan = planned(as_ann, bob, work)
    decide(as_ann, bob, plan, reason='"><script>alert(2)</script>')
    pages = [plan, *(text(as_ann.get(at(name, bob))) for name in ("merge", "split", "operations"))]
    pages.append(text(as_ann.get(at("merge", bob, q='"><script>alert(3)</script>'))))
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_case_page_costs_no_query_more_with_the_verbs(as_ann, ann, case):
    page = reverse("inbox:case", args=[case.number])
    asked = []
    as_ann.get(page)
    for may in (False, True):
        ann.may_merge = may
        ann.save(update_fields=["may_merge"])
        with CaptureQueriesContext(connection) as queries:
            as_ann.get(page)
        asked.append(len(queries))
    # Conflicts, which have a panel of their own, may ask who else could decide.
    assert asked[1] <= asked[0]
