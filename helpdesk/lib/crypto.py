"""Secrets at rest, keyed hashes and random tokens, all on `settings.FIELD_KEYS`: Fernet keys, newest first.

The newest key encrypts and hashes; all of them decrypt and are looked up. To change keys put the new one
first, `rotate` what is stored, drop the old one.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class CannotDecrypt(Exception):
    """Not a text of ours, changed, or made with a key that is no longer in `settings.FIELD_KEYS`."""


def encrypt(text: str) -> str:
    """The text as a Fernet token (AES-128-CBC with HMAC-SHA256); each time another one."""
    return _fernet(*settings.FIELD_KEYS).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text of a token made by `encrypt`. Raises CannotDecrypt."""
    return _decrypted(token, tuple(settings.FIELD_KEYS))


# A worker reads the same few secrets hundreds of times a second, and they stand in its memory anyway.
@lru_cache(maxsize=256)
def _decrypted(token: str, keys: tuple[str, ...]) -> str:
    try:
        return _fernet(*keys).decrypt(token).decode()
    except (InvalidToken, ValueError) as error:
        raise CannotDecrypt from error


def rotate(token: str) -> str:
    """The same text under the newest key. Raises CannotDecrypt."""
    try:
        return _fernet(*settings.FIELD_KEYS).rotate(token).decode()
    except (InvalidToken, ValueError) as error:
        raise CannotDecrypt from error


def digest(purpose: str, text: str) -> str:
    """Keyed hash to store and find a secret by: HMAC-SHA256, 64 hex digits, another one for each purpose."""
    return _digest(settings.FIELD_KEYS[0], purpose, text)


def digests(purpose: str, text: str) -> list[str]:
    """`digest` under every key, newest first. Look up with `__in`, or a change of keys loses old rows."""
    return [_digest(key, purpose, text) for key in settings.FIELD_KEYS]


def token(prefix: str, size: int = 32) -> str:
    """`prefix` and `size` random bytes in URL-safe base 64 (43 characters for 32 bytes)."""
    return prefix + secrets.token_urlsafe(size)


@lru_cache(maxsize=8)
def _fernet(*keys: str) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _digest(key: str, purpose: str, text: str) -> str:
    return hmac.new(_hash_key(key, purpose), text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=64)
def _hash_key(key: str, purpose: str) -> bytes:
    """A key of its own for each purpose, so that no hash tells anything about another or the cipher."""
    return hmac.digest(urlsafe_b64decode(key), b"digest\0" + purpose.encode(), "sha256")


class EncryptedTextField(models.TextField):
    """Text that the database holds encrypted and Python sees clear. "" and NULL are stored as they are.

    It cannot be searched, compared or serialised. Reading raises CannotDecrypt when the key is gone.
    """

    description = "Encrypted text"

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def get_lookup(self, lookup_name: str) -> Any:
        """None but `isnull`: each encryption of a text differs, so nothing would ever match."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> Any:
        return None

    def value_to_string(self, obj: models.Model) -> str:
        """Raise FieldError: a dump would hold the clear text."""
        raise FieldError(f"{obj._meta.label}.{self.name} is encrypted and is never dumped")
