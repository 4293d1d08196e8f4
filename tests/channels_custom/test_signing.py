import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import transaction
from django.utils.timezone import now
from standardwebhooks import Webhook, WebhookVerificationError

from channels_custom import services as channels
from channels_custom import signing
from channels_custom.models import CustomChannel
from helpdesk.outbox import services as outbox
from tests import world
from tests.channels_custom.conftest import Endpoint

BODIES = {
    "emoji": "😀 Grüße".encode(),
    "NUL": b'{"content": "a\\u0000b"}',
    "CRLF": b"one\r\ntwo\r\n",
    "100 kB": b"x" * 100_000,
    "empty": b"",
}


def send(channel: CustomChannel, payload: bytes) -> None:
    with transaction.atomic():
        outbox.enqueue("webhook", lane=f"webhook:{channel.pk}:1", body={"channel": channel.pk}, payload=payload)


@pytest.mark.both
@pytest.mark.promise("P16")
@pytest.mark.parametrize("name", BODIES)
def test_what_goes_over_the_wire_verifies_and_one_flipped_byte_does_not(
    name: str, channel: CustomChannel, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    send(channel, BODIES[name])
    assert deliver() == 1
    headers, body = endpoint.came[0]
    assert body == BODIES[name]
    receiver = Webhook(channel.secret)
    receiver.verify(body, headers, json_parse=False)
    for forged_headers, forged_body in (
        (headers, body + b" "),
        ({**headers, "webhook-id": headers["webhook-id"][:-1] + "x"}, body),
        ({**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body),
    ):
        with pytest.raises(WebhookVerificationError):
            receiver.verify(forged_body, forged_headers, json_parse=False)


@pytest.mark.both
@pytest.mark.promise("P15")
def test_during_rotation_each_delivery_verifies_with_both_secrets_and_later_with_the_new_one_only(
    channel: CustomChannel, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    old = channel.secret
    send(channel, b"queued before the change")
    new = channels.rotate_secret(channel, by=None)
    assert new != old
    deliver()
    headers, body = endpoint.came[0]
    for secret in (old, new):
        Webhook(secret).verify(body, headers, json_parse=False)
    CustomChannel.objects.update(old_secret_until=now())
    send(channel, b"a day later")
    deliver()
    headers, body = endpoint.came[1]
    Webhook(new).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, headers, json_parse=False)


def test_a_secret_has_32_random_bytes() -> None:
    secrets = {signing.make_secret() for _ in range(100)}
    assert len(secrets) == 100
    for secret in secrets:
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


def test_the_time_is_signed_in_utc_whatever_the_zone() -> None:
    secret = signing.make_secret()
    here = datetime(2026, 11, 21, 12, tzinfo=UTC)
    there = here.astimezone(timezone(timedelta(hours=5)))
    assert signing.headers("msg_1", b"x", [secret], here) == signing.headers("msg_1", b"x", [secret], there)


@pytest.mark.django_db
def test_the_secret_is_not_readable_in_the_database() -> None:
    channel = world.messenger()
    (stored,) = CustomChannel.objects.extra(select={"raw": "secret"}).values_list("raw", flat=True)
    assert channel.secret not in str(stored)
