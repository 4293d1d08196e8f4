"""Secrets at rest, hashes to find them by, tokens."""

import re
from collections.abc import Iterator
from typing import ClassVar

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection, models
from django.db.migrations.writer import MigrationWriter
from pytest_django import Settings

from helpdesk.lib import crypto
from helpdesk.lib.crypto import EncryptedTextField

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
CANARY = "whsec_canary-ü-日本"


class Note(models.Model):
    """A row with a secret; its table lives as long as a test."""

    secret = EncryptedTextField(null=True, blank=True)

    objects: ClassVar[models.Manager["Note"]] = models.Manager()

    class Meta:
        app_label = "lib_tests"
        db_table = "lib_tests_note"

    def __str__(self) -> str:
        return f"note {self.pk}"


@pytest.fixture(autouse=True)
def _keys(settings: Settings) -> None:
    settings.FIELD_KEYS = [NEW, OLD]


@pytest.fixture
def table(db: None) -> Iterator[None]:
    number = "bigserial" if connection.vendor == "postgresql" else "integer"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE lib_tests_note (id {number} PRIMARY KEY, secret text)")
        yield
        cursor.execute("DROP TABLE lib_tests_note")


def stored() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM lib_tests_note ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_what_was_encrypted_comes_back_and_looks_different_each_time() -> None:
    first, second = crypto.encrypt(CANARY), crypto.encrypt(CANARY)
    assert first != second
    assert CANARY not in first
    assert crypto.decrypt(first) == crypto.decrypt(second) == CANARY


def test_an_older_key_still_decrypts_and_rotation_frees_from_it(settings: Settings) -> None:
    settings.FIELD_KEYS = [OLD]
    token = crypto.encrypt(CANARY)
    settings.FIELD_KEYS = [NEW, OLD]
    assert crypto.decrypt(token) == CANARY
    rotated = crypto.rotate(token)
    settings.FIELD_KEYS = [NEW]
    assert crypto.decrypt(rotated) == CANARY
    with pytest.raises(crypto.CannotDecrypt):
        crypto.decrypt(token)


@pytest.mark.parametrize("spoil", ["", "x", "gAAAAA", "ü", "\0"])
def test_a_text_that_is_not_ours_is_not_decrypted(spoil: str) -> None:
    with pytest.raises(crypto.CannotDecrypt):
        crypto.decrypt(spoil)
    with pytest.raises(crypto.CannotDecrypt):
        crypto.rotate(spoil)


def test_a_flipped_character_is_noticed() -> None:
    token = crypto.encrypt(CANARY)
    at = len(token) // 2
    with pytest.raises(crypto.CannotDecrypt):
        crypto.decrypt(token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :])


@pytest.mark.promise("P31")
def test_a_field_is_clear_in_python_and_encrypted_in_the_database(table: None) -> None:
    note = Note.objects.create(secret=CANARY)
    assert Note.objects.get(pk=note.pk).secret == CANARY
    assert Note.objects.values_list("secret", flat=True).get() == CANARY
    (cipher,) = stored()
    assert CANARY not in cipher
    assert crypto.decrypt(cipher) == CANARY


@pytest.mark.promise("P31")
def test_every_way_of_writing_a_field_encrypts(table: None) -> None:
    one, two = Note.objects.bulk_create([Note(secret="a"), Note(secret="b")])
    Note.objects.filter(pk=one.pk).update(secret=CANARY)
    two.secret = CANARY
    Note.objects.bulk_update([two], ["secret"])
    assert [crypto.decrypt(cipher) for cipher in stored()] == [CANARY, CANARY]


def test_an_empty_field_stays_empty(table: None) -> None:
    Note.objects.create(secret="")
    Note.objects.create(secret=None)
    assert stored() == ["", None]
    assert list(Note.objects.order_by("id").values_list("secret", flat=True)) == ["", None]
    assert Note.objects.filter(secret__isnull=True).count() == 1


@pytest.mark.parametrize("lookup", ["secret", "secret__exact", "secret__in", "secret__contains"])
def test_a_field_cannot_be_searched(lookup: str) -> None:
    with pytest.raises(FieldError):
        Note.objects.filter(**{lookup: ["x"] if lookup.endswith("in") else "x"})


@pytest.mark.promise("P31")
def test_a_field_is_never_dumped() -> None:
    with pytest.raises(FieldError, match="secret"):
        serializers.serialize("json", [Note(pk=1, secret=CANARY)])


@pytest.mark.promise("P31")
def test_a_migration_of_the_field_holds_no_key() -> None:
    text, imports = MigrationWriter.serialize(Note._meta.get_field("secret"))
    assert text == "helpdesk.lib.crypto.EncryptedTextField(blank=True, null=True)"
    assert imports == {"import helpdesk.lib.crypto"}


def test_a_digest_depends_on_key_purpose_and_text(settings: Settings) -> None:
    seen = {crypto.digest(purpose, text) for purpose in ("code", "key") for text in ("a", "b")}
    settings.FIELD_KEYS = [OLD]
    seen.add(crypto.digest("code", "a"))
    assert len(seen) == 5
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in seen)
    assert crypto.digest("code", "a") == crypto.digest("code", "a")


def test_a_digest_made_with_an_older_key_is_still_found(settings: Settings) -> None:
    settings.FIELD_KEYS = [OLD]
    before = crypto.digest("code", "a")
    settings.FIELD_KEYS = [NEW, OLD]
    assert crypto.digests("code", "a") == [crypto.digest("code", "a"), before]


def test_purpose_and_text_cannot_be_shifted_into_each_other() -> None:
    assert crypto.digest("ab", "c") != crypto.digest("a", "bc")


def test_a_token_has_its_prefix_and_enough_randomness() -> None:
    tokens = {crypto.token("hd_") for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch(r"hd_[A-Za-z0-9_-]{43}", token) for token in tokens)
    assert len(crypto.token("", 24)) == 32
