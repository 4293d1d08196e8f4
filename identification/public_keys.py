"""Public keys as an admin pastes them: PEM, or JWK (RFC 7517). The key decides the algorithm, and has only the one."""

import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from django.utils.translation import gettext as _
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from identification.errors import BadKey, PrivateKeyPasted
from identification.models import Algorithm

LONGEST = 20_000  # characters
RSA_BITS = range(2048, 8192 + 1)  # RFC 7518, section 3.3; above that each token would cost milliseconds
READERS: dict[str, Any] = {"RSA": RSAAlgorithm, "EC": ECAlgorithm, "OKP": OKPAlgorithm}
# Members of a JWK that only the one who signs may know (RFC 7518, section 6).
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True)
class PublicKey:
    """algorithm: the one that this key is for. pem: SubjectPublicKeyInfo. kid: as the JWK names it, else empty."""

    algorithm: str
    pem: str
    kid: str = ""


def read(text: str) -> PublicKey:
    """The public key in this text. Raises BadKey with a sentence, PrivateKeyPasted where it is not the public half."""
    text = text.strip()
    if len(text) > LONGEST:
        raise BadKey(_("This is too long for a public key."))
    if "PRIVATE KEY" in text.upper():
        raise PrivateKeyPasted
    jwk = _jwk(text) if text.startswith(("{", "[")) else None
    key = _of_pem(text) if jwk is None else _of_jwk(jwk)
    marks = jwk or {}
    algorithm = _algorithm(key)
    if marks.get("alg", algorithm) != algorithm:
        raise BadKey(
            _("This key is marked for %(other)s; a key of its kind is taken for %(algorithm)s only.")
            % {"other": str(marks["alg"])[:20], "algorithm": algorithm}
        )
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    kid = marks.get("kid")
    return PublicKey(algorithm, pem, kid if isinstance(kid, str) else "")


def _jwk(text: str) -> dict[str, Any]:
    """The one key of a JWK, or of a set with one key."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadKey(_("This is neither PEM nor a JWK: it cannot be read as JSON.")) from error
    keys = found.get("keys") if isinstance(found, dict) and "keys" in found else [found]
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise BadKey(_("This is no JWK."))
    if any(PRIVATE & set(key) for key in keys):
        raise PrivateKeyPasted
    if len(keys) != 1:
        raise BadKey(_("Paste one key: this set has %(count)d.") % {"count": len(keys)})
    if keys[0].get("use", "sig") != "sig":
        raise BadKey(_("This key is for encrypting, not for signing."))
    return dict(keys[0])


def _of_jwk(jwk: dict[str, Any]) -> Any:
    reader = READERS.get(str(jwk.get("kty")))
    if reader is None:
        raise BadKey(_("A JWK of this kind (kty) is not taken: RSA, EC or OKP is."))
    try:
        return reader.from_jwk(jwk)
    except (InvalidKeyError, ValueError, TypeError, AttributeError) as error:
        raise BadKey(_("The numbers of this JWK are no key.")) from error


def _of_pem(text: str) -> Any:
    if "CERTIFICATE" in text:
        raise BadKey(_("This is a certificate. Take the key out of it: openssl x509 -pubkey -noout -in cert.pem"))
    try:
        return load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadKey(_("This is no public key: -----BEGIN PUBLIC KEY----- or a JWK is expected.")) from error


def _algorithm(key: Any) -> str:
    """The algorithm that this key is for. Raises BadKey where it is too weak, or of a kind that we do not take."""
    match key:
        case RSAPublicKey() if key.key_size < RSA_BITS.start:
            raise BadKey(_("This RSA key has %(bits)d bits; it needs 2048 at least.") % {"bits": key.key_size})
        case RSAPublicKey() if key.key_size not in RSA_BITS:
            raise BadKey(_("This RSA key has %(bits)d bits; 8192 are the most.") % {"bits": key.key_size})
        case RSAPublicKey():
            return Algorithm.RS256
        case EllipticCurvePublicKey() if isinstance(key.curve, SECP256R1):
            return Algorithm.ES256
        case EllipticCurvePublicKey():
            raise BadKey(_("This key is on the curve %(curve)s; ES256 needs P-256.") % {"curve": key.curve.name})
        case Ed25519PublicKey():
            return Algorithm.EDDSA
    raise BadKey(_("A key of this kind is not taken: RSA, EC on P-256 or Ed25519 is."))
