"""What a rule was before: compared, put back, and never overwritten unseen."""

import pytest

from rules import drafts, services
from rules.drafts import Draft, Step, Term
from rules.models import Rule
from rules.services.versions import RuleChanged
from tests import world

pytestmark = pytest.mark.django_db

NOTE = Step("add_note", {"text": "look here"})


def draft(title: str = "Look", *terms: Term, steps: tuple[Step, ...] = (NOTE,), **more) -> Draft:
    return Draft("updated", title, all=terms, actions=steps, **more)


OPEN = Term("case.status", "is_any", ["open"])
URGENT = Term("case.priority", "is_any", ["high"])


@pytest.fixture
def ann():
    return world.admin("Ann")


def test_each_save_is_a_version_with_its_author(ann):
    rule = services.save(draft(), by=ann)
    services.save(draft("Look closely"), by=ann, rule=rule)
    kept = [(row.number, row.body["title"], row.actor_id) for row in rule.versions.all()]
    assert kept == [(2, "Look closely", ann.pk), (1, "Look", ann.pk)]


def test_a_save_that_changes_nothing_is_none(ann):
    rule = services.save(draft(), by=ann)
    services.save(draft(), by=ann, rule=rule)
    assert rule.versions.count() == 1


def test_a_rule_that_is_older_than_its_versions_keeps_its_first_state(ann):
    rule = services.save(draft(), by=ann)
    rule.versions.all().delete()
    services.save(draft("Look closely"), by=ann, rule=rule)
    assert [row.body["title"] for row in rule.versions.all()] == ["Look closely", "Look"]


def test_two_versions_are_compared_in_words():
    before = draft("Look", URGENT, Term("case.status", "is_any", ["open"]))
    after = draft(
        "See", Term("case.status", "is_any", ["open"]), steps=(NOTE, Step("end_chat", {"status": "closed"})), stop=True
    )
    assert services.difference(before, after) == [
        "Title: “Look” is now “See”",
        "It stops after this rule now",
        "Condition removed: Priority is any of high",
        "Action added: End the chat as closed",
    ]


def test_texts_of_messages_are_part_of_the_difference():
    one, other = (draft(steps=(Step("send_message", {"texts": {"en": text}}),)) for text in ("Hello", "Good day"))
    assert services.difference(one, other) == [
        "Action removed: Send a message to the user “en: Hello”",
        "Action added: Send a message to the user “en: Good day”",
    ]


def test_an_old_version_comes_back_as_the_newest_and_stays_off_if_it_is(ann):
    rule = services.save(draft("Look", URGENT), by=ann)
    services.save(draft("See"), by=ann, rule=rule)
    services.switch(rule, active=False, by=ann)
    services.restore(Rule.objects.get(), 1, by=ann)
    rule = Rule.objects.get()
    assert (rule.title, rule.version, rule.active) == ("Look", 3, False)
    assert drafts.of(rule).all == (URGENT,)


def test_who_saves_second_gets_the_difference_and_nothing_is_lost(ann):
    rule = services.save(draft("Look"), by=ann)
    services.save(draft("Look", URGENT), by=ann, rule=rule, seen=1)
    with pytest.raises(RuleChanged, match="Condition added: Priority is any of high"):
        services.save(draft("See"), by=ann, rule=rule, seen=1)
    assert Rule.objects.get().title == "Look"
    services.save(draft("See", URGENT), by=ann, rule=rule, seen=2)
    assert Rule.objects.get().title == "See"


def test_a_copy_has_a_first_version_of_its_own(ann):
    rule = services.save(draft("Look", URGENT), by=ann)
    copy = services.clone(rule, by=ann)
    (kept,) = copy.versions.all()
    assert kept.number == copy.version
    assert kept.body["all"] == [{"field": "case.priority", "operator": "is_any", "value": ["high"]}]
