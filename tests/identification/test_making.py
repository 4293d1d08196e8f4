"""Making codes: for whom, how many, and what is kept of them."""

import pytest
from django.db import connection

from channels_custom.models import CustomChannel
from helpdesk.channels.models import Channel, Level
from helpdesk.events.models import Event
from helpdesk.users.models import CustomField, Profile
from helpdesk.users.services import blocking, profiles
from identification import codes, services
from identification.errors import BadUser, NobodyNamed, PersonBlocked
from identification.models import Code
from tests import world

pytestmark = pytest.mark.django_db

BOB = {"user_email": "bob@example.com"}


@pytest.mark.seed("000", "generates a code linked to a specific user")
def test_a_code_belongs_to_the_profile_of_the_address() -> None:
    text, code = services.make_code(BOB, by=None)
    assert codes.find(text)[0].adds_up
    assert (code.profile.kind, code.profile.address) == ("email", "bob@example.com")
    assert (code.expires_at - code.created_at).total_seconds() == 300


@pytest.mark.promise("P31")
def test_neither_code_nor_user_data_stand_in_the_database_in_clear_text() -> None:
    text, _code = services.make_code(BOB | {"user_full_name": "Bob the Builder"}, by=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM identification_code")
        row = " ".join(str(value) for value in cursor.fetchone())
    assert codes.normal(text) not in row
    assert text not in row
    assert "Builder" not in row
    assert Code.objects.get().payload == '{"name": "Bob the Builder"}'


@pytest.mark.parametrize(
    ("user", "kind", "address"),
    [
        ({"user_email": "Bob@Example.COM"}, "email", "bob@example.com"),
        ({"user_phone": "+49 881 3705444"}, "phone", "+498813705444"),
        ({"user_whatsapp_phone": "+498813705444"}, "phone", "+498813705444"),
        ({"user_telegram_data": "+498813705444"}, "phone", "+498813705444"),
        ({"user_telegram_data": "@bob"}, "telegram", "@bob"),
        ({"external_id": "Konto 7 "}, "external", "Konto 7 "),
    ],
)
@pytest.mark.seed("000", "It can be their address, phone number, some custom user ID of yours")
def test_every_address_can_name_the_account(user: dict[str, str], kind: str, address: str) -> None:
    _text, code = services.make_code(user, by=None)
    assert (code.profile.kind, code.profile.address) == (kind, address)


@pytest.mark.parametrize("prefix", ["cch", ""])
@pytest.mark.seed("000", "in this case you need to pass the custom channel ID in Deskie as well")
def test_an_id_of_a_custom_channel_is_named_with_the_channel(messenger: CustomChannel, prefix: str) -> None:
    user = {"user_custom_id": "login-1", "user_custom_channel": f"{prefix}{messenger.pk}"}
    _text, code = services.make_code(user, by=None)
    assert code.profile == profiles.find("custom", "login-1", Channel.objects.get(pk=messenger.pk))


@pytest.mark.parametrize("channel", [None, "cch999", "x", "", "cch", 7.5, "１"])
def test_without_a_channel_that_exists_such_an_id_names_nobody(channel: object) -> None:
    with pytest.raises(BadUser) as refusal:
        services.make_code({"user_custom_id": "login-1", "user_custom_channel": channel}, by=None)
    assert list(refusal.value.fields) == ["user_custom_channel"]
    assert not Profile.objects.exists()


@pytest.mark.parametrize("value", ["null", "undefined", "0000000", "NaN", "-1", "YOUR_USER_ID_HERE", "[object Object]"])
def test_what_programs_write_when_they_know_nothing_is_refused(value: str) -> None:
    with pytest.raises(BadUser) as refusal:
        services.make_code({"external_id": value}, by=None)
    assert refusal.value.code == "blocked"
    assert list(refusal.value.fields) == ["external_id"]


@pytest.mark.parametrize(
    ("user", "field"),
    [
        ({"user_email": "not an address"}, "user_email"),
        ({"user_phone": "12"}, "user_phone"),
        ({"external_id": "x" * 256}, "external_id"),
        ({"external_id": "a\x00b"}, "external_id"),
        ({"external_id": ["a"]}, "external_id"),
        ({"external_id": True}, "external_id"),
        (BOB | {"user_full_name": 7}, "user_full_name"),
        (BOB | {"user_full_name": "x" * 201}, "user_full_name"),
        (BOB | {"company_name": []}, "company_name"),
        (BOB | {"custom_fields": "VIP"}, "custom_fields"),
        (BOB | {"custom_fields": {"shoe_size": 44}}, "shoe_size"),
        (BOB | {"custom_fields": {"tariff": "Gold"}}, "tariff"),
        (BOB | {"language_id": "tlh"}, "language_id"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(tariff: CustomField, user: dict[str, object], field: str) -> None:
    with pytest.raises(BadUser) as refusal:
        services.make_code(user, by=None)
    assert list(refusal.value.fields) == [field]
    assert not Code.objects.exists()
    assert not Profile.objects.exists()


@pytest.mark.parametrize("user", [{}, {"user_full_name": "Bob"}, {"user_email": ""}, {"user_email": None}])
def test_somebody_has_to_be_named(user: dict[str, object]) -> None:
    with pytest.raises(NobodyNamed):
        services.make_code(user, by=None)


def test_several_addresses_from_the_server_are_one_person(messenger: CustomChannel) -> None:
    user = BOB | {
        "user_phone": "+498813705444",
        "user_custom_id": "login-1",
        "user_custom_channel": str(messenger.pk),
    }
    _text, code = services.make_code(user, by=None)
    together = Profile.objects.filter(person=code.profile.person)
    assert {profile.kind for profile in together} == {"custom", "email", "phone"}
    assert {profile.level for profile in together.filter(kind__in=["email", "phone"])} == {Level.PROVEN}


def test_several_addresses_that_were_known_before_are_one_person_from_now_on() -> None:
    """Each has a person of its own, with other profiles: all of them are locked before any is linked."""
    email, phone = profiles.meet("email", "bob@example.com"), profiles.meet("phone", "+498813705444")
    external = profiles.meet("external", "42")
    services.make_code({"external_id": "42", "user_phone": phone.address} | BOB, by=None)
    external.refresh_from_db()
    assert set(Profile.objects.filter(person=external.person)) == {email, phone, external}


def test_an_id_that_a_page_named_first_is_proven_once_the_server_names_it() -> None:
    _text, first = services.make_code({"external_id": "42"}, by=None, level=Level.VOUCHED, method="page")
    assert first.profile.level == Level.VOUCHED
    _text, second = services.make_code({"external_id": "42"}, by=None)
    assert Profile.objects.get(pk=second.profile.pk).level == Level.PROVEN


def test_of_page_data_only_the_first_address_counts() -> None:
    _text, code = services.make_code(BOB | {"user_phone": "+498813705444"}, by=None, level=2, method="page")
    assert list(Profile.objects.all()) == [code.profile]


def test_an_address_of_somebody_else_stays_theirs_and_an_agent_is_told() -> None:
    _text, carols = services.make_code({"external_id": "carol", "user_email": "both@example.com"}, by=None)
    _text, bobs = services.make_code({"external_id": "bob", "user_email": "both@example.com"}, by=None)
    assert profiles.find("email", "both@example.com").person == carols.profile.person  # type: ignore[union-attr]
    assert bobs.profile.person != carols.profile.person
    assert Event.objects.get(kind="conflict.found").red


def test_an_address_of_another_id_of_the_same_channel_stays_theirs(messenger: CustomChannel) -> None:
    ids = {"user_custom_channel": f"cch{messenger.pk}", "user_email": "both@example.com"}
    _text, carols = services.make_code(ids | {"user_custom_id": "carol"}, by=None)
    _text, bobs = services.make_code(ids | {"user_custom_id": "bob"}, by=None)
    assert profiles.find("email", "both@example.com").person == carols.profile.person  # type: ignore[union-attr]
    assert bobs.profile.person != carols.profile.person


@pytest.mark.promise("P25")
def test_a_new_code_of_the_same_person_voids_the_old_one_whatever_address_it_was_made_for() -> None:
    _text, first = services.make_code(BOB | {"external_id": "42"}, by=None)
    _text, others = services.make_code({"external_id": "43"}, by=None)
    services.make_code(BOB, by=None)
    first.refresh_from_db()
    others.refresh_from_db()
    assert first.voided_at is not None
    assert first.payload == ""
    assert others.voided_at is None


def test_there_is_no_code_for_a_blocked_person() -> None:
    bob = profiles.meet("email", "bob@example.com")
    blocking.block(bob.person, by=None)
    with pytest.raises(PersonBlocked):
        services.make_code(BOB, by=None)


def test_making_is_on_record_with_the_one_who_made_it() -> None:
    ann = world.agent()
    _text, code = services.make_code(BOB, by=ann)
    event = Event.objects.get(kind="code.made")
    assert (event.actor_kind, event.actor_id, event.profile_id) == ("agent", ann.pk, code.profile_id)
