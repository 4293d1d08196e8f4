"""Languages, custom fields, labels and companies, and what is said before something goes that is in use."""

import json

import pytest

from helpdesk.cases.models import Label
from helpdesk.channels.models import Language
from helpdesk.users.admin.fields import renamed
from helpdesk.users.models import BlockedValue, Company, CustomField
from helpdesk.users.services import values
from rules import services as rules
from rules.drafts import Draft, Step, Term
from tests import world


def choices(*titles):
    return [{"key": str(number), "title": title} for number, title in enumerate(titles, 1)]


def rule(title, field, operator, value):
    step = Step("add_note", {"text": "look"})
    draft = Draft("updated", title, all=(Term(field, operator, value),), actions=(step,))
    return rules.save(draft, by=None)


# --- custom fields ---


@pytest.mark.seed("000", "Tariff")
def test_the_tariff_field_is_made_with_its_choices(admin):
    admin.open("users/customfield/add/").send(
        title="Tariff", key="tariff", kind="select", lines="Standard\n VIP \n\nNo account"
    )
    tariff = CustomField.objects.get()
    assert (tariff.key, tariff.level, tariff.kind, tariff.active) == ("tariff", "user", "select", True)
    assert tariff.choices == choices("Standard", "VIP", "No account")
    assert (tariff.on_user_data, tariff.on_user_page) == (True, True)


def test_a_dropdown_needs_choices_and_each_only_once(admin):
    page = admin.open("users/customfield/add/").send(title="Tariff", key="tariff", kind="select", lines=" \n")
    assert page.errors == {"lines": "A dropdown needs at least one choice."}
    page = page.send(lines="VIP\nvip")
    assert page.errors == {"lines": "Each choice may stand here only once."}
    assert page.shows("title", "lines") == ["Tariff", "VIP\nvip"]


def test_a_key_is_there_once_per_level(admin):
    world.tariff()
    page = admin.open("users/customfield/add/").send(title="Another", key="tariff")
    assert page.errors == {"key": "There is a field with this key already."}
    page.send(level="case")
    assert CustomField.objects.filter(key="tariff").count() == 2


def test_a_renamed_choice_keeps_its_key_and_a_new_one_gets_another(admin):
    tariff = world.tariff()
    admin.open(f"users/customfield/{tariff.pk}/change/").send(lines="Basic\nVIP\nNo account\nTrial")
    tariff.refresh_from_db()
    assert tariff.choices[:3] == choices("Basic", "VIP", "No account")
    assert tariff.choices[3]["title"] == "Trial"
    assert tariff.choices[3]["key"] not in {"1", "2", "3"}


@pytest.mark.parametrize(
    ("titles", "keys"),
    [
        (["C", "A", "B"], ["3", "1", "2"]),  # another order
        (["A", "Bee", "C"], ["1", "2", "3"]),  # renamed in its place
        (["Ay", "Bee", "C"], ["1", "2", "3"]),
        (["A", "C"], ["1", "3"]),  # one is gone
        (["B", "C", "New"], ["2", "3", None]),  # one is gone, another is new: not the same
        (["A", "B", "New", "C"], ["1", "2", None, "3"]),
    ],
)
def test_choices_keep_their_keys(titles, keys):
    made = renamed(choices("A", "B", "C"), titles)
    assert [one["title"] for one in made] == titles
    assert [one["key"] if one["key"] in "123" else None for one in made] == keys


def test_the_key_of_a_choice_that_is_gone_does_not_come_back():
    shorter = renamed(choices("A", "B", "C"), ["A", "B"])
    (*_kept, last) = renamed(shorter, ["A", "B", "D"])
    assert last["title"] == "D"
    assert last["key"] != "3"


def test_who_takes_a_choice_away_that_is_in_use_is_asked_first(admin):
    tariff = world.tariff()
    bob = world.customer(world.messenger())
    values.say(bob, "api", {"tariff": "VIP"}, by=None)
    rule("VIPs first", "user.cf.tariff", "is", "2")
    rule("Everybody", "user.identified", "yes", None)
    page = admin.open(f"users/customfield/{tariff.pk}/change/").send(lines="Standard\nNo account")
    assert "“VIP” is stored 1 time." in page.errors["lines"]
    assert "The rule “VIPs first” needs it" in page.errors["lines"]
    assert "Everybody" not in page.errors["lines"]
    assert page.shows("lines") == ["Standard\nNo account"]
    tariff.refresh_from_db()
    assert len(tariff.choices) == 3
    page.send(sure="on")
    tariff.refresh_from_db()
    assert [one["title"] for one in tariff.choices] == ["Standard", "No account"]


def test_a_choice_that_nobody_uses_goes_without_a_question(admin):
    tariff = world.tariff()
    admin.open(f"users/customfield/{tariff.pk}/change/").send(lines="Standard\nVIP")
    tariff.refresh_from_db()
    assert tariff.choices == choices("Standard", "VIP")


def test_choices_of_companies_are_counted_too(admin):
    field = CustomField.objects.create(
        key="size", title="Size", level="company", kind="select", choices=choices("Small", "Large")
    )
    Company.objects.create(name="Acme", values={"size": "2"})
    page = admin.open(f"users/customfield/{field.pk}/change/").send(lines="Small")
    assert "“Large” is stored 1 time." in page.errors["lines"]


def test_cases_in_which_a_field_is_filled_in_are_counted(admin):
    field = CustomField.objects.create(key="room", title="Room", level="case", kind="text")
    for name, stored in (("bob", {"room": "12"}), ("carol", {})):
        case = world.says(world.customer(world.messenger(title=name), name), "hello").case
        type(case).objects.filter(pk=case.pk).update(values=stored)
    assert "It is filled in in 1 case." in admin.open(f"users/customfield/{field.pk}/delete/").text


def test_key_level_and_type_stay_what_they_are(admin):
    tariff = world.tariff()
    page = admin.open(f"users/customfield/{tariff.pk}/change/")
    assert not {"key", "level", "kind"} & set(page.values)
    page.send(key="other", kind="text", title="Plan")
    tariff.refresh_from_db()
    assert (tariff.key, tariff.kind, tariff.title) == ("tariff", "select", "Plan")


def test_a_field_of_another_type_has_no_choices(admin):
    admin.open("users/customfield/add/").send(title="Since", key="since", kind="date", lines="nonsense")
    since = CustomField.objects.get()
    assert since.choices == []
    assert "lines" not in admin.open(f"users/customfield/{since.pk}/change/").values


def test_who_deletes_a_field_reads_first_who_needs_it(admin):
    tariff = world.tariff()
    values.say(world.customer(world.messenger()), "api", {"tariff": "VIP"}, by=None)
    rule("VIPs first", "user.cf.tariff", "is", "2")
    page = admin.open(f"users/customfield/{tariff.pk}/delete/")
    assert "“VIP” is stored 1 time." in page.text
    assert "The rule “VIPs first” needs it" in page.text
    assert CustomField.objects.filter(pk=tariff.pk).exists()


# --- languages ---


def test_a_language_is_added_by_its_code_and_gets_its_own_name(admin):
    admin.open("channels/language/add/").send(code="DE")
    german = Language.objects.get(code="de")
    assert (german.title, german.active, german.is_default) == ("Deutsch", True, False)


def test_another_default_takes_over_from_the_first(admin):
    german = Language.objects.create(code="de", title="Deutsch")
    admin.open(f"channels/language/{german.pk}/change/").send(default="on")
    assert list(Language.objects.filter(is_default=True)) == [german]


def test_there_is_always_an_active_default(admin):
    english = Language.objects.get(is_default=True)
    page = admin.open(f"channels/language/{english.pk}/change/")
    assert "Make another one that instead" in page.send(default=None).errors["default"]
    assert "has to be active" in page.send(active=None).errors["active"]
    assert admin.open(f"channels/language/{english.pk}/delete/").status == 403


@pytest.mark.parametrize("code", ["german", "d", "de_AT", "<b>"])
def test_a_code_that_is_none_is_refused_at_its_field(admin, code):
    page = admin.open("channels/language/add/").send(code=code, title="Odd")
    assert page.errors == {"code": "A code looks like en, de or pt-br."}
    assert page.shows("title") == ["Odd"]


def test_the_code_of_a_language_cannot_be_changed(admin):
    german = Language.objects.create(code="de", title="Deutsch")
    admin.open(f"channels/language/{german.pk}/change/").send(code="fr", title="German")
    german.refresh_from_db()
    assert (german.code, german.title) == ("de", "German")


# --- labels and companies ---


def test_a_label_is_made_renamed_and_deleted_with_a_warning(admin):
    admin.open("cases/label/add/").send(title="refund")
    label = Label.objects.get()
    rule("Refunds", "case.labels", "has_any", [label.pk])
    case = world.says(world.customer(world.messenger()), "hello").case
    case.labels.add(label)
    admin.open(f"cases/label/{label.pk}/change/").send(title="money back")
    page = admin.open(f"cases/label/{label.pk}/delete/")
    assert "money back" in page.text
    assert "1 case loses this label." in page.text
    assert "The rule “Refunds” needs it" in page.text
    admin.client.post(page.address, {"post": "yes"})
    assert not Label.objects.exists()
    assert type(case).objects.filter(pk=case.pk).exists()


def test_a_company_has_the_fields_that_were_made_for_companies(admin):
    CustomField.objects.create(key="size", title="Size", level="company", kind="select", choices=choices("S", "L"))
    CustomField.objects.create(key="since", title="Since", level="company", kind="date")
    CustomField.objects.create(key="partner", title="Partner", level="company", kind="checkbox")
    page = admin.open("users/company/add/").send(name="Acme", cf_size="2", cf_since="2024-04-08", cf_partner="on")
    acme = Company.objects.get()
    assert acme.values == {"size": "2", "since": "2024-04-08", "partner": True}
    page = admin.open(f"users/company/{acme.pk}/change/")
    assert page.shows("cf_size", "cf_since", "cf_partner") == ["2", "2024-04-08", "on"]
    page.send(cf_partner=None, cf_since="")
    acme.refresh_from_db()
    assert acme.values == {"size": "2", "partner": False}


def test_a_value_of_a_field_that_is_switched_off_stays(admin):
    CustomField.objects.create(key="old", title="Old", level="company", active=False)
    acme = Company.objects.create(name="Acme", values={"old": "kept"})
    admin.open(f"users/company/{acme.pk}/change/").send(name="Acme Ltd")
    acme.refresh_from_db()
    assert (acme.name, acme.values) == ("Acme Ltd", {"old": "kept"})


def test_people_outlive_their_company(admin):
    bob = world.customer(world.messenger())
    values.say(bob, "api", {"company": "Acme"}, by=None)
    page = admin.open(f"users/company/{Company.objects.get().pk}/delete/")
    assert "1 person loses it." in page.text
    admin.client.post(page.address, {"post": "yes"})
    bob.person.refresh_from_db()
    assert bob.person.company is None


def test_what_would_be_missed_is_only_tried_out(admin):
    """Asking who needs a row leaves everything as it was."""
    tariff = world.tariff()
    rule("VIPs first", "user.cf.tariff", "is", "2")
    before = json.dumps(tariff.choices)
    admin.open(f"users/customfield/{tariff.pk}/delete/")
    admin.open(f"users/customfield/{tariff.pk}/change/").send(lines="Standard")
    tariff.refresh_from_db()
    assert json.dumps(tariff.choices) == before
    assert rules.now().of("updated")[0].problem == ""


# --- shared addresses ---


def test_a_shared_address_is_kept_in_one_spelling_listed_and_taken_away(admin):
    admin.open("users/blockedvalue/add/").send(pattern=" INFO@* ", note="the shops")
    row = BlockedValue.objects.get()
    assert row.pattern == "info@*"
    page = admin.open("users/blockedvalue/")
    assert "info@*" in page.text
    assert "they never link anybody" in page.text
    admin.open(f"users/blockedvalue/{row.pk}/delete/").client.post(
        f"/admin/users/blockedvalue/{row.pk}/delete/", {"post": "yes"}
    )
    assert not BlockedValue.objects.exists()


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("*", "everybody's address"),
        ("*@*", "everybody's address"),
        ("+*1*", "everybody's number"),
        ("nobody", "not an e-mail address"),
        ("Info@*", "already exists"),
    ],
)
def test_a_pattern_that_is_no_good_is_refused_at_the_field(admin, typed, why):
    BlockedValue.objects.create(pattern="info@*")
    page = admin.open("users/blockedvalue/add/").send(pattern=typed)
    assert why in page.errors["pattern"]
    assert BlockedValue.objects.count() == 1
