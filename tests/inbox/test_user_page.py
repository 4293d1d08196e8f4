"""The page of one person: what is known, who said it, their cases; and what an agent writes there."""

import pytest
from django.urls import reverse

from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.users.models import CustomField, Person, Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.services import values
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def tariff() -> CustomField:
    choices = [{"key": "1", "title": "Standard"}, {"key": "2", "title": "VIP"}]
    return CustomField.objects.create(key="tariff", title="Tariff", kind="select", choices=choices)


def page_of(case: Case) -> str:
    return reverse("inbox:person", args=[case.profile.person_id])


def person_of(case: Case) -> Person:
    return Profile.objects.get(pk=case.profile_id).person


@pytest.mark.seed("000", "User page")
def test_it_shows_the_fields_that_the_admin_wants_there_and_no_others(case, as_ann, tariff):
    hidden = CustomField.objects.create(key="secret", title="Shoe size", on_user_page=False)
    values.say(case.profile, Source.API, {"tariff": "2", "secret": "44"}, by=None)
    shown = as_ann.get(page_of(case)).content.decode()
    assert "Tariff" in shown
    assert "VIP" in shown
    assert "your server" in shown
    assert hidden.title not in shown


def test_the_name_beside_a_case_leads_to_it_and_it_lists_the_cases(case, as_ann):
    beside = as_ann.get(reverse("inbox:case", args=[case.number])).content.decode()
    assert f'href="{page_of(case)}"' in beside
    assert reverse("inbox:case", args=[case.number]) in as_ann.get(page_of(case)).content.decode()


def test_what_an_agent_writes_counts_and_says_so(case, as_ann, ann, tariff):
    was = {"was_name": "", f"was_cf_{tariff.pk}": "", "was_note": ""}
    sent = {"name": "Bob Miller", f"cf_{tariff.pk}": "2", "note": "Likes tea.\r\nNo calls.", **was}
    assert as_ann.post(reverse("inbox:person_save", args=[case.profile.person_id]), sent).status_code == 302
    person = person_of(case)
    assert (person.name, person.note, person.values) == ("Bob Miller", "Likes tea.\nNo calls.", {"tariff": "2"})
    event = Event.objects.filter(kind="person.changed").latest("pk")
    assert (event.actor_kind, event.actor_id, event.get("source")) == ("agent", ann.pk, "agent")


def test_what_was_not_changed_here_is_not_said_again(case, as_ann):
    values.say(case.profile, Source.API, {"name": "Robert", "position": "Buyer"}, by=None)
    sent = {"name": "Bobby", "was_name": "Bobby", "position": "Boss", "was_position": "Buyer"}
    as_ann.post(reverse("inbox:person_save", args=[case.profile.person_id]), sent)
    person = person_of(case)
    assert (person.name, person.position) == ("Robert", "Boss")


def test_an_emptied_field_is_emptied(case, as_ann):
    values.say(case.profile, Source.AGENT, {"note": "rude"}, by=None)
    as_ann.post(reverse("inbox:person_save", args=[case.profile.person_id]), {"note": "", "was_note": "rude"})
    assert person_of(case).note == ""


def test_what_is_wrong_is_said_at_its_place_and_nothing_typed_is_lost(case, as_ann):
    CustomField.objects.create(key="born", title="Born on", kind="date")
    born = CustomField.objects.get(key="born")
    sent = {"name": "Bob Miller", "was_name": "", f"cf_{born.pk}": "31.31.2020", f"was_cf_{born.pk}": ""}
    answer = as_ann.post(reverse("inbox:person_save", args=[case.profile.person_id]), sent)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert f'aria-describedby="e-cf_{born.pk}"' in shown
    assert 'value="Bob Miller"' in shown
    assert person_of(case).name == ""


def test_a_checkbox_knows_yes_no_and_not_known(case, as_ann):
    field = CustomField.objects.create(key="news", title="Newsletter", kind="checkbox")
    for typed, kept in (("yes", {"news": True}), ("no", {"news": False}), ("", {})):
        was = {True: "yes", False: "no", None: ""}[person_of(case).values.get("news")]
        sent = {f"cf_{field.pk}": typed, f"was_cf_{field.pk}": was}
        as_ann.post(reverse("inbox:person_save", args=[case.profile.person_id]), sent)
        assert person_of(case).values == kept


def test_blocking_and_unblocking(case, as_ann):
    for wanted in ("yes", "no"):
        as_ann.post(reverse("inbox:person_block", args=[case.profile.person_id]), {"blocked": wanted})
        assert person_of(case).blocked is (wanted == "yes")
    assert Event.objects.filter(kind__in=("person.blocked", "person.unblocked"), actor_kind="agent").count() == 2


def test_to_eve_nobody_is_there(case, as_eve):
    person_id = case.profile.person_id
    assert as_eve.get(page_of(case)).status_code == 404
    assert as_eve.post(reverse("inbox:person_save", args=[person_id]), {"name": "x"}).status_code == 404
    assert as_eve.post(reverse("inbox:person_block", args=[person_id]), {"blocked": "yes"}).status_code == 404
    assert not person_of(case).blocked


def test_the_number_of_queries_does_not_grow_with_profiles_and_cases(
    case, as_ann, channel, django_assert_max_num_queries
):
    for number in range(12):
        other = world.customer(channel, f"other {number}")
        Profile.objects.filter(pk=other.pk).update(person=case.profile.person)
        other.links.update(person=case.profile.person)
        world.says(Profile.objects.get(pk=other.pk), "hello")
    with django_assert_max_num_queries(14):
        as_ann.get(page_of(case))
