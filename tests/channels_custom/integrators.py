"""Receivers of integrators: a right one, and one for each way to be wrong."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook, WebhookVerificationError
from werkzeug import Request, Response

from channels_custom import signing

SECRET = signing.make_secret()
FORGED = {"flipped_byte", "wrong_secret", "old", "headers"}

Handler = Callable[[Request], int]


def genuine(request: Request, secret: str = SECRET) -> bool:
    try:
        Webhook(secret).verify(request.get_data(), dict(request.headers), json_parse=False)
    except WebhookVerificationError:
        return False
    return True


def good(request: Request) -> int:
    return 204 if genuine(request) else 401


def kind(request: Request) -> str:
    return str(json.loads(request.get_data())["type"])


def believes_all(request: Request) -> int:
    return 200


def believes_tests(request: Request) -> int:
    return 200 if kind(request) == "test" else good(request)


def believes_where_a_header_is_missing(request: Request) -> int:
    return good(request) if "webhook-signature" in request.headers else 200


def believes_any_time(request: Request) -> int:
    """It compares the signature with its own, and the time with nothing."""
    headers, body = request.headers, request.get_data()
    if "webhook-id" not in headers or "webhook-timestamp" not in headers:
        return 401
    key = Webhook(SECRET)
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    return 204 if key.sign(headers["webhook-id"], at, body.decode()) in headers.get("webhook-signature", "") else 401


def reads_the_first_signature_only(request: Request) -> int:
    request.environ["HTTP_WEBHOOK_SIGNATURE"] = request.headers.get("webhook-signature", "").partition(" ")[0]
    return good(request)


def crashes_at_forgeries(request: Request) -> int:
    return 204 if genuine(request) else 500


def gone_at_forgeries(request: Request) -> int:
    return 204 if genuine(request) else 410


def is_gone(request: Request) -> int:
    return 410


def has_moved(request: Request) -> int:
    return 308


def is_busy(request: Request) -> int:
    return 429


def refuses_what_it_knows() -> Handler:
    known: set[str] = set()

    def take(request: Request) -> int:
        public_id = request.headers.get("webhook-id", "")
        again = public_id in known
        known.add(public_id)
        return 409 if genuine(request) and again else good(request)

    return take


def loses_order() -> Handler:
    """It asks a copy of its database for the message before, and the copy lags behind by one."""
    kept: list[int] = []

    def take(request: Request) -> int:
        if not genuine(request) or kind(request) != "message_new":
            return good(request)
        sequence, copy = json.loads(request.get_data())["sequence"], kept[:-1]
        if sequence > 1 and sequence - 1 not in copy:
            return 409
        kept.append(sequence)
        return 204

    return take


def knows_two_types(request: Request) -> int:
    return good(request) if kind(request) in {"test", "message_new"} else 500


def has_no_room(request: Request) -> int:
    return 413 if len(request.get_data()) > 100_000 else good(request)


def reads_ascii(request: Request) -> int:
    return good(request) if request.get_data().isascii() else 400


# What is wrong → the receiver, the cases that fail, and words of what is said.
WRONG: dict[str, tuple[Handler, set[str], str]] = {
    "verifies nothing": (believes_all, FORGED, "took a message in whose body one byte had been changed"),
    "verifies no tests": (believes_tests, FORGED, "took a message that was signed with another secret"),
    "lets pass what has no signature": (believes_where_a_header_is_missing, {"headers"}, "without webhook-id, webhook"),
    "does not look at the time": (believes_any_time, {"old"}, "signed ten minutes ago"),
    "reads one signature": (reads_the_first_signature_only, {"rotation"}, "one right is enough"),
    "crashes at forgeries": (crashes_at_forgeries, FORGED, "not refused either. Answer 401"),
    "is gone at forgeries": (gone_at_forgeries, FORGED, "a mistyped secret would switch the channel off"),
    "is gone": (is_gone, {"right", "gone"}, "410 switches the channel off"),
    "has moved": (has_moved, {"right"}, "follows no redirects"),
    "refuses what it knows": (refuses_what_it_knows(), {"duplicate"}, "Remember each webhook-id"),
    "loses order": (loses_order(), {"order"}, "It did not take number 3 of 10. It answered 409 Conflict"),
    "crashes at new types": (knows_two_types, {"unknown_type"}, "Answer 2xx to types that you do not know"),
    "has a limit of 100 kB": (has_no_room, {"big"}, "at least 1 MB"),
    "reads ASCII": (reads_ascii, {"odd_characters"}, "read them as UTF-8"),
}


def serve(server: HTTPServer, handler: Handler) -> str:
    """Puts a receiver on its address and gives that."""
    server.expect_request("/hook").respond_with_handler(
        lambda request: Response("", handler(request), {"Location": "/hook"})
    )
    return server.url_for("/hook")
