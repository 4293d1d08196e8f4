"""Plan, apply, undo: an agent sees what will happen, decides on that and nothing else, and can take it back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from helpdesk.cases.models import Case
from helpdesk.channels.models import Level
from helpdesk.events.models import Event
from helpdesk.users import errors
from helpdesk.users.models import Agent, Conflict, Link, Operation, Person, Plan, Profile, Value
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import Method
from helpdesk.users.services import blocking, identity, judged, plans, profiles, values
from tests import world
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return world.messenger()


@pytest.fixture
def ann(channel):
    """Ann may judge, and sees the messenger."""
    ann = world.agent("Ann", sees=[channel.channel_ptr])
    ann.may_merge = True
    ann.save(update_fields=["may_merge"])
    return ann


@pytest.fixture
def bob(channel) -> Profile:
    return world.customer(channel, "bob")


@pytest.fixture
def work(channel) -> Profile:
    return world.customer(channel, "bob-at-work")


def fresh(profile: Profile) -> Profile:
    return Profile.objects.select_related("person").get(pk=profile.pk)


def merge_plan(one: Profile, other: Profile, by, **more) -> Plan:
    return plans.merge_plan([fresh(one).person_id, fresh(other).person_id], by=by, **more)


def codes(plan: Plan) -> list[str]:
    return [warning["code"] for warning in plan.body["warnings"]]


def outcomes(plan: Plan) -> set[tuple[str, str, str]]:
    return {(field["key"], field["text"], field["outcome"]) for field in plan.body["fields"]}


def picture() -> list[object]:
    """All that a merge could change."""
    return [
        list(Profile.objects.order_by("pk").values_list("pk", "person_id", "level", "identified_at")),
        list(
            Person.objects.filter(profiles__isnull=False)
            .distinct()
            .order_by("pk")
            .values_list("pk", "name", "position", "values", "metadata", "blocked", "company_id")
        ),
        list(
            Link.objects.filter(until=None)
            .order_by("profile_id")
            .values_list("profile_id", "person_id", "method", "level", "operation_id")
        ),
    ]


# --- the plan ---


def test_a_plan_shows_both_sides_and_changes_nothing(ann, bob, work):
    world.says(bob, "hello")
    before, events = picture(), Event.objects.count()
    plan = merge_plan(bob, work, ann)
    assert [side["user_ids"] for side in plan.body["before"]] == [[bob.pk], [work.pk]]
    (after,) = plan.body["after"]
    assert (after["person_id"], after["user_ids"], after["cases"]) == (
        bob.person_id,
        [bob.pk, work.pk],
        {"count": 1, "more": False},
    )
    moves = {one["user_id"]: (one["moves"], one["address"], one["level"]) for one in plan.body["profiles"]}
    assert moves == {bob.pk: (False, "bob", 1), work.pk: (True, "bob-at-work", 1)}
    assert (picture(), Event.objects.count()) == (before, events)


def test_the_surest_person_stays_unless_another_is_chosen(ann, bob, work):
    account = profiles.meet("external", "7", level=Level.PROVEN)
    identity.prove(work, account, method=Method.CODE, level=3, evidence={}, by=None)
    assert merge_plan(bob, work, ann).asked["into"] == account.person_id
    assert merge_plan(bob, work, ann, into=bob.person_id).asked["into"] == bob.person_id


def test_each_value_is_kept_adopted_or_shadowed_as_the_merge_will_have_it(ann, bob, work):
    world.tariff()
    values.say(bob, Source.CHANNEL, {"name": "Bobby", "position": "Buyer"}, by=None)
    values.say(work, Source.API, {"name": "Bob Kern", "company": "Kern GmbH", "tariff": "VIP"}, by=None)
    plan = merge_plan(bob, work, ann, into=bob.person_id)
    assert outcomes(plan) == {
        ("name", "Bobby", "shadowed"),
        ("name", "Bob Kern", "adopted"),
        ("position", "Buyer", "kept"),
        ("company", "Kern GmbH", "adopted"),
        ("tariff", "VIP", "adopted"),
    }
    plans.apply(plan.hash, reason="same voice", by=ann)
    person = fresh(work).person
    shown = (person.name, person.position, person.company and person.company.name, person.values)
    assert shown == ("Bob Kern", "Buyer", "Kern GmbH", {"tariff": "2"})


def test_a_split_says_what_comes_to_light_and_what_goes_away(ann, bob, work):
    identity.merge(work.person, bob.person, by=None)
    values.say(bob, Source.CHANNEL, {"name": "Bobby"}, by=None)
    values.say(work, Source.API, {"name": "Carol", "position": "Boss"}, by=None)
    plan = plans.split_plan([work.pk], by=ann)
    told = {(field["key"], field["text"], field["outcome"], field["to_person_id"]) for field in plan.body["fields"]}
    assert told == {
        ("name", "Bobby", "adopted", bob.person_id),
        ("position", "Boss", "lost", bob.person_id),
        ("name", "Carol", "kept", None),
        ("position", "Boss", "kept", None),
    }
    operation = plans.apply(plan.hash, reason="two people share it", by=ann)
    assert (fresh(bob).person.name, fresh(work).person.name) == ("Bobby", "Carol")
    assert (operation.kind, operation.reason) == ("split", "two people share it")


def test_a_link_takes_one_profile_along_and_leaves_it_as_sure_as_it_was(ann, bob, work):
    mail = profiles.meet("email", "bob@example.com")
    identity.merge(mail.person, work.person, by=None)
    operation = plans.apply(plans.link_plan(mail.pk, bob.pk, by=ann).hash, reason="his address", by=ann)
    assert fresh(mail).person_id == bob.person_id
    assert fresh(work).person_id == work.person_id
    assert (fresh(mail).level, operation.kind) == (Level.ANONYMOUS, "link")
    assert Link.objects.get(profile=mail, until=None).evidence == {"reason": "his address"}


def test_warnings_name_what_an_agent_should_look_at_first(ann, bob, work):
    for profile, name in ((bob, "7"), (work, "8")):
        identity.prove(
            profile, profiles.meet("external", name), method=Method.CODE, level=Level.PROVEN, evidence={}, by=None
        )
    judged.keep(bob, work, by=ann, reason="they are twins")
    Conflict.objects.create(kind=Conflict.Kind.CODE, profile=bob, account=work)
    blocking.block(fresh(work).person, by=None)
    plan = merge_plan(bob, work, ann)
    assert codes(plan) == ["kept_apart", "open_conflict", "two_external_ids", "blocked_spreads"]
    assert "they are twins" in plan.body["warnings"][0]["text"]
    assert plan.body["after"][0]["blocked"] is True


def test_two_external_ids_may_be_joined_by_an_agent_and_by_nobody_else(ann, bob, work):
    one, other = profiles.meet("external", "7", by=ann), profiles.meet("external", "8", by=ann)
    with pytest.raises(errors.AlreadySomeoneElse):
        identity.prove(one, other, method=Method.API, level=3, evidence={}, by=None)
    plans.apply(merge_plan(one, other, ann).hash, reason="opened a second account", by=ann)
    assert fresh(one).person_id == fresh(other).person_id


def test_agents_who_will_see_more_or_less_are_named(ann, bob):
    forum = world.messenger(title="Forum")
    ann.channels.add(forum.channel_ptr)
    world.agent("Frank", sees=[forum.channel_ptr])
    there = world.customer(forum, "bob-in-the-forum")
    plan = merge_plan(bob, there, ann)
    assert [one["name"] for one in plan.body["history"]["agents_gain"]] == ["Frank"]
    assert codes(plan) == ["history_seen"]
    plans.apply(plan.hash, reason="the same", by=ann)
    back = plans.split_plan([there.pk], by=ann)
    assert [one["name"] for one in back.body["history"]["agents_lose"]] == ["Frank"]
    assert back.body["history"]["agents_gain_count"] == 0


# --- who may, and what is refused ---


def test_only_agents_who_may_judge_get_a_plan_or_apply_or_undo_one(ann, bob, work, channel):
    eve = world.agent("Eve", sees=[channel.channel_ptr])
    plan = merge_plan(bob, work, ann)
    operation = plans.apply(plan.hash, reason="the same", by=ann)
    for attempt in (
        lambda: merge_plan(bob, work, eve),
        lambda: plans.split_plan([bob.pk], by=eve),
        lambda: plans.link_plan(bob.pk, work.pk, by=eve),
        lambda: plans.apply(plan.hash, reason="x", by=eve),
        lambda: plans.undo(operation, by=eve),
    ):
        with pytest.raises(errors.MayNotJudge):
            attempt()
    ann.is_active = False
    with pytest.raises(errors.MayNotJudge):
        plans.undo(operation, by=ann)


def test_people_whom_the_agent_does_not_see_do_not_exist(ann, bob):
    dora = world.customer(world.messenger(title="Forum"), "dora")
    for attempt in (
        lambda: plans.merge_plan([bob.person_id, dora.person_id], by=ann),
        lambda: plans.merge_plan([bob.person_id, 987654321], by=ann),
        lambda: plans.split_plan([dora.pk], by=ann),
        lambda: plans.split_plan([bob.pk, dora.pk], by=ann),
        lambda: plans.link_plan(bob.pk, dora.pk, by=ann),
    ):
        with pytest.raises(Person.DoesNotExist):
            attempt()


def test_what_makes_no_sense_is_refused_by_name(ann, bob, work):
    with pytest.raises(errors.SamePerson):
        plans.merge_plan([bob.person_id, bob.person_id], by=ann)
    with pytest.raises(errors.OneProfileLeft):
        plans.split_plan([bob.pk], by=ann)
    with pytest.raises(errors.OneProfileLeft):
        plans.split_plan([], by=ann)
    with pytest.raises(errors.SeveralPeople):
        plans.split_plan([bob.pk, work.pk], by=ann)
    with pytest.raises(errors.SamePerson):
        plans.link_plan(bob.pk, bob.pk, by=ann)
    with pytest.raises(Person.DoesNotExist):
        merge_plan(bob, work, ann, into=987654321)
    Person.objects.filter(pk=work.person_id).update(deleted_at=timezone.now())
    with pytest.raises(errors.PersonDeleted):
        merge_plan(bob, work, ann)


def crowd(channel, person: Person, number: int) -> None:
    """Many profiles of one person, as a shared id would gather them."""
    rows = [
        Profile(kind="custom", channel=channel.channel_ptr, address=f"crowd-{person.pk}-{n}", person=person, level=1)
        for n in range(number)
    ]
    made = Profile.objects.bulk_create(rows)
    Link.objects.bulk_create([Link(profile=one, person=person, method=Method.FIRST, level=1) for one in made])


@pytest.mark.slow
def test_five_hundred_profiles_change_hands_at_once_and_no_more(ann, bob, work, channel):
    crowd(channel, work.person, 499)
    before = picture()
    operation = plans.apply(merge_plan(bob, work, ann, into=bob.person_id).hash, reason="a kiosk", by=ann)
    assert Profile.objects.filter(person=bob.person_id).count() == 501
    plans.undo(operation, by=ann)
    assert picture() == before
    crowd(channel, Person.objects.get(pk=work.person_id), 0)
    extra = world.customer(channel, "one-too-many")
    identity.merge(extra.person, work.person, by=None)
    with pytest.raises(errors.TooManyProfiles, match="500"):
        merge_plan(bob, work, ann, into=bob.person_id)


@pytest.mark.parametrize("reason", ["", "  ", "\u200b"])
def test_a_reason_is_asked_for_at_its_field(ann, bob, work, reason):
    with pytest.raises(errors.NoReason) as refused:
        plans.apply(merge_plan(bob, work, ann).hash, reason=reason, by=ann)
    assert list(refused.value.fields) == ["reason"]
    assert not Operation.objects.exists()


def test_a_reason_has_at_most_300_characters(ann, bob, work):
    with pytest.raises(errors.NoReason) as refused:
        plans.apply(merge_plan(bob, work, ann).hash, reason="x" * 301, by=ann)
    assert "300" in refused.value.fields["reason"][0]
    assert plans.apply(merge_plan(bob, work, ann).hash, reason="x" * 300, by=ann).reason == "x" * 300


# --- applying ---


@pytest.mark.promise("P28")
def test_applying_twice_is_one_operation(ann, bob, work):
    plan = merge_plan(bob, work, ann)
    first = plans.apply(plan.hash, reason="the same", by=ann)
    events = Event.objects.count()
    assert plans.apply(plan.hash, reason="again", by=ann) == first
    assert (Operation.objects.count(), Event.objects.count()) == (1, events)
    first.refresh_from_db()
    assert (first.plan_hash, first.reason, first.plan["shown"]) == (plan.hash, "the same", plan.body)


def change_value(bob, work, ann):
    values.say(bob, Source.API, {"name": "Bob"}, by=None)


def change_link(bob, work, ann):
    identity.merge(profiles.meet("email", "bob@example.com").person, fresh(bob).person, by=None)


def change_block(bob, work, ann):
    blocking.block(fresh(work).person, by=None)


def change_level(bob, work, ann):
    identity.link(fresh(bob), fresh(bob).person, method=Method.AGENT, level=2, by=None)


def change_apart(bob, work, ann):
    judged.keep(bob, work, by=ann)


def change_rights(bob, work, ann):
    ann.channels.clear()


def change_people(bob, work, ann):
    identity.merge(work.person, bob.person, by=None)


def change_hour(bob, work, ann):
    Plan.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    "change",
    [
        change_value,
        change_link,
        change_block,
        change_level,
        change_apart,
        change_rights,
        change_people,
        change_hour,
    ],
)
def test_a_plan_is_stale_the_moment_anything_changes(ann, bob, work, change):
    plan = merge_plan(bob, work, ann)
    change(bob, work, ann)
    before = picture()
    with pytest.raises(errors.PlanStale):
        plans.apply(plan.hash, reason="the same", by=ann)
    assert picture() == before


def test_a_new_message_makes_no_plan_stale(ann, bob, work):
    plan = merge_plan(bob, work, ann)
    world.says(bob, "are you there?")
    assert plans.apply(plan.hash, reason="the same", by=ann).kind == "merge"


def test_a_plan_is_its_agents_own(ann, bob, work):
    plan = merge_plan(bob, work, ann)
    with pytest.raises(errors.PlanStale):
        plans.apply(plan.hash, reason="the same", by=world.admin())
    with pytest.raises(errors.PlanStale):
        plans.apply("0" * 64, reason="the same", by=ann)


def test_the_same_question_is_the_same_plan_until_something_changes(ann, bob, work):
    first = merge_plan(bob, work, ann)
    assert merge_plan(work, bob, ann).hash == first.hash
    operation = plans.apply(first.hash, reason="the same", by=ann)
    plans.undo(operation, by=ann)
    assert merge_plan(bob, work, ann).hash != first.hash


def test_plans_are_forgotten_after_their_hour_and_operations_keep_what_was_shown(ann, bob, work):
    plan = merge_plan(bob, work, ann)
    operation = plans.apply(plan.hash, reason="the same", by=ann)
    kept = plans.split_plan([work.pk], by=ann)
    assert plans.forget_old() == 0
    Plan.objects.filter(pk=plan.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert plans.forget_old() == 1
    assert list(Plan.objects.all()) == [kept]
    operation.refresh_from_db()
    assert operation.plan["shown"]["kind"] == "merge"


def test_several_people_become_one_in_one_operation(ann, bob, work, channel):
    third = world.customer(channel, "bob-at-home")
    before = picture()
    plan = plans.merge_plan([bob.person_id, work.person_id, third.person_id], by=ann)
    operation = plans.apply(plan.hash, reason="one man", by=ann)
    assert {fresh(one).person_id for one in (bob, work, third)} == {bob.person_id}
    assert Operation.objects.count() == 1
    plans.undo(operation, by=ann)
    assert picture() == before


def test_an_agents_merge_takes_back_that_they_are_apart_and_its_undo_restores_it(ann, bob, work):
    judged.keep(bob, work, by=ann, reason="twins")
    with pytest.raises(errors.KeptApart):
        identity.merge(work.person, bob.person, by=None)
    operation = plans.apply(merge_plan(bob, work, ann).hash, reason="one man after all", by=ann)
    assert not judged.between(work.person, bob.person).exists()
    plans.undo(operation, by=ann)
    assert judged.between(fresh(work).person, fresh(bob).person).exists()


# --- undo ---


@pytest.mark.promise("P28")
def test_undo_restores_values_block_level_and_the_time_of_identification(ann, bob, work):
    values.say(bob, Source.CHANNEL, {"name": "Bobby"}, by=None)
    values.say(work, Source.API, {"name": "Bob Kern"}, by=None)
    identity.prove(
        work, profiles.meet("external", "7"), method=Method.CODE, level=Level.PROVEN, evidence={"code": 1}, by=None
    )
    blocking.block(fresh(work).person, by=None)
    before = picture()
    operation = plans.apply(merge_plan(bob, work, ann, into=bob.person_id).hash, reason="the same", by=ann)
    assert fresh(bob).person.blocked
    done = plans.undo(operation, reason="wrong Bob", by=ann)
    assert picture() == before
    operation.refresh_from_db()
    assert operation.undone_by == done
    assert (done.kind, done.reason, done.actor_id) == ("undo", "wrong Bob", ann.pk)


def test_undo_of_an_unlink_restores_since_when_it_was_identified(bob):
    account = profiles.meet("external", "7")
    identity.prove(bob, account, method=Method.CODE, level=Level.PROVEN, evidence={}, by=None)
    since = fresh(bob).identified_at
    identity.unlink(bob, by=None)
    assert fresh(bob).identified_at is None
    identity.undo(Operation.objects.latest("pk"), by=None)
    assert fresh(bob).identified_at == since


def test_a_block_that_the_surviving_person_had_already_stays_after_the_undo(ann, bob, work):
    for one in (bob, work):
        blocking.block(one.person, by=None)
    operation = plans.apply(merge_plan(bob, work, ann).hash, reason="the same", by=ann)
    plans.undo(operation, by=ann)
    assert fresh(bob).person.blocked
    assert fresh(work).person.blocked


def test_whoever_is_split_off_a_blocked_person_stays_blocked(ann, bob, work):
    identity.merge(work.person, bob.person, by=None)
    blocking.block(fresh(bob).person, by=None)
    plan = plans.split_plan([work.pk], by=ann)
    assert [side["blocked"] for side in plan.body["after"]] == [True, True]
    plans.apply(plan.hash, reason="two", by=ann)
    assert fresh(work).person.blocked


def test_what_stands_on_an_operation_is_named_and_has_to_be_undone_first(ann, bob, work, channel):
    third = world.customer(channel, "bob-at-home")
    before = picture()
    first = plans.apply(merge_plan(work, bob, ann, into=bob.person_id).hash, reason="one", by=ann)
    second = plans.apply(merge_plan(bob, third, ann, into=third.person_id).hash, reason="two", by=ann)
    with pytest.raises(errors.NotUndoable) as refused:
        plans.undo(first, by=ann)
    assert refused.value.more == {"undo_first": second.pk}
    for words in (f"merge #{second.pk}", "by Ann", str(second.at.year)):
        assert words in str(refused.value)
    plans.undo(second, by=ann)
    plans.undo(first, by=ann)
    assert picture() == before


def test_the_topmost_of_several_is_named(ann, bob, work, channel):
    first = plans.apply(merge_plan(work, bob, ann, into=bob.person_id).hash, reason="one", by=ann)
    third = world.customer(channel, "bob-at-home")
    plans.apply(merge_plan(bob, third, ann, into=third.person_id).hash, reason="two", by=ann)
    top = plans.apply(plans.split_plan([work.pk], by=ann).hash, reason="three", by=ann)
    with pytest.raises(errors.NotUndoable, match=f"split #{top.pk}") as refused:
        plans.undo(first, by=ann)
    assert refused.value.more == {"undo_first": top.pk}


def test_an_undone_operation_cannot_be_undone_and_says_who_did_it(ann, bob, work):
    operation = plans.apply(merge_plan(bob, work, ann).hash, reason="one", by=ann)
    plans.undo(operation, by=ann)
    events = Event.objects.count()
    with pytest.raises(errors.NotUndoable, match=r"undone already.*by Ann"):
        plans.undo(operation, by=ann)
    with pytest.raises(errors.NotUndoable, match="anew"):
        plans.undo(Operation.objects.get(kind="undo"), by=ann)
    assert Event.objects.count() == events


def test_nested_merges_with_blocks_are_undone_to_the_letter(ann, bob, work, channel):
    third = world.customer(channel, "bob-at-home")
    blocking.block(work.person, by=None)
    values.say(third, Source.API, {"name": "Third"}, by=None)
    pictures, done = [picture()], []
    for one, into in ((work, bob), (bob, third)):
        done.append(plans.apply(merge_plan(one, into, ann, into=into.person_id).hash, reason="x", by=ann))
        pictures.append(picture())
    pictures.pop()
    for operation in reversed(done):
        plans.undo(operation, by=ann)
        assert picture() == pictures.pop()


# --- what it costs ---


def many_cases(profile: Profile, number: int) -> None:
    numbers = range(number)
    Case.objects.bulk_create(
        [
            Case(number=f"{profile.pk % 900 + 100}-{n:06d}", profile=profile, channel=profile.channel, active=False)
            for n in numbers
        ]
    )


@pytest.mark.both
@pytest.mark.once
@pytest.mark.slow
def test_ten_thousand_cases_cost_what_ten_do(ann, bob, work, channel):
    asked = {}
    for number in (1, 10, 10_000):  # the first time rules are read into memory
        one, other = world.customer(channel, f"one-{number}"), world.customer(channel, f"other-{number}")
        many_cases(one, number)
        many_cases(other, number)
        with CaptureQueriesContext(connection) as planned:
            plan = merge_plan(one, other, ann)
        with CaptureQueriesContext(connection) as applied:
            operation = plans.apply(plan.hash, reason="the same", by=ann)
        with CaptureQueriesContext(connection) as undone:
            plans.undo(operation, by=ann)
        asked[number] = (len(planned), len(applied), len(undone))
        writes = [one["sql"] for one in applied if one["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]
        assert not [sql for sql in writes if '"cases_' in sql]
        counts = [side["cases"] for side in plan.body["before"]]
        assert counts == [{"count": min(number, 1000), "more": number > 1000}] * 2
    assert asked[10] == asked[10_000]
    assert asked[10][0] <= 20


def test_values_of_no_profile_of_theirs_do_not_matter(ann, bob, work, channel):
    plan = merge_plan(bob, work, ann)
    values.say(world.customer(channel, "carol"), Source.API, {"name": "Carol"}, by=None)
    assert Value.objects.exists()
    assert plans.apply(plan.hash, reason="the same", by=ann).plan_hash == plan.hash


@pytest.mark.both
@pytest.mark.promise("P23")
@pytest.mark.django_db(transaction=True)
def test_a_plan_that_is_applied_six_times_at_the_same_moment_is_one_operation(ann, bob, work):
    plan = merge_plan(bob, work, ann)
    done = at_once(lambda _: plans.apply(plan.hash, reason="the same", by=ann).pk, range(6), limit=60)
    assert set(done) == {Operation.objects.get().pk}
    assert Event.objects.filter(kind="person.merged").count() == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_two_plans_that_contradict_each_other_one_is_stale(ann, bob, work, channel):
    ada, third = world.admin(), world.customer(channel, "third")
    two = [(merge_plan(bob, work, ann), ann), (merge_plan(work, third, ada), ada)]

    def apply(one: tuple[Plan, Agent]) -> str:
        try:
            return plans.apply(one[0].hash, reason="the same", by=one[1]).kind
        except errors.PlanStale:
            return "stale"

    assert sorted(at_once(apply, two, limit=60)) == ["merge", "stale"]
    assert Operation.objects.count() == 1
