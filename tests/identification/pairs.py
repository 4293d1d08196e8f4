"""Key pairs as a company's server has them."""

import json
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from identification import keys, public_keys
from identification.models import SigningKey
from tests.identification.asking import claims

READERS: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}
ALGORITHMS = tuple(READERS)


def private(kind: str, number: int = 0) -> Any:
    """A private key; the same each time for the same kind and number."""
    return _private(kind, number)


@lru_cache(maxsize=32)
def _private(kind: str, _number: int) -> Any:
    makers: dict[str, Any] = {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
        "ed448": ed448.Ed448PrivateKey.generate,
        "dsa": lambda: dsa.generate_private_key(2048),
    }
    return makers[kind]()


def pem(kind: str) -> str:
    """The public half, as openssl writes it."""
    return private(kind).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(kind: str) -> str:
    return private(kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def jwk(kind: str, **more: Any) -> dict[str, Any]:
    """The public half as a JWK."""
    told = READERS[kind].to_jwk(private(kind).public_key())
    return {**json.loads(told), **more}


def private_jwk(kind: str) -> dict[str, Any]:
    return dict(json.loads(READERS[kind].to_jwk(private(kind))))


def added(kind: str, title: str = "Pair") -> SigningKey:
    """The public half, in the list of keys."""
    return keys.add(title, public_keys.read(pem(kind)), by=None)


def signed(key: SigningKey, payload: dict[str, Any] | None = None, number: int = 0) -> str:
    """A token that the company's server signs with its private key. number: another one signs another way."""
    algorithm = key.algorithm
    return jwt.encode(payload or claims(), private(algorithm, number), algorithm=algorithm, headers={"kid": key.kid})
