"""The signed token with which Acme's web site vouches for who is signed in.

It is made on the server: the secret never reaches the browser. What stands in it, the helpdesk believes.
"""

import time

import jwt

from helpdesk.demo import config
from helpdesk.demo.models import Account

VALID = 3600  # seconds


def make(account: Account) -> str:
    """A JSON Web Token for the identification widget (HS256, the key named by `kid`)."""
    desk = config.read()
    now = int(time.time())
    claims = {**about(account), "external_id": account.number, "iat": now, "exp": now + VALID}
    return jwt.encode(claims, desk.signing_secret, algorithm="HS256", headers={"kid": desk.kid})


def about(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "email": account.email,
        "email_verified": True,
        "custom_fields": {"tariff": account.tariff},
    }
