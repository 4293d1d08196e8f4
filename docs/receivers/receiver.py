"""A receiver of a custom channel: answers of the desk come in here, messages of customers go out.

    SECRET=whsec_… python receiver.py                                        takes answers, on PORT (9000)
    DESK=https://desk.example.com CHANNEL=cch1 API_KEY=hd_… python receiver.py login-1 "Hello"      sends a message

It needs Python 3.11 and nothing else. The package `standardwebhooks` verifies signatures, too; `is_genuine` spares you
a dependency, looks at the very bytes that came, and says no to any nonsense, where the package raises errors of many
kinds. Take it all over as it is: what is yours to write is `show`.
"""

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOLERANCE = 300  # seconds between the desk's clock and ours
BIGGEST = 1_000_000  # bytes of a body


def show(message: dict[str, Any]) -> None:
    """Yours: shows an answer to the customer `user_custom_id`. If it raises, it is called again."""
    print(f"{message['user_custom_id']} <- {message['content']}", flush=True)


# Answers of the desk


def is_genuine(secret: str, headers: Any, body: bytes) -> bool:
    """Whether the desk signed these bytes, a short while ago (Standard Webhooks 1.0)."""
    sender_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (sender_id and sent_at.isascii() and sent_at.isdigit() and len(sent_at) < 16):
        return False
    if abs(time.time() - int(sent_at)) > TOLERANCE:
        return False  # somebody may have caught it and send it once more
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{sender_id}.{sent_at}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    # Several signatures while a secret is changed: one right is enough. Compared in constant time.
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(expected, one) for one in given)


class Store:
    """Answers that are safe, each once, and which of them were shown."""

    def __init__(self, path: str) -> None:
        self.news = threading.Event()
        self.lock = threading.Lock()
        self.rows = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.rows.execute(
            "CREATE TABLE IF NOT EXISTS answer "
            "(webhook_id TEXT PRIMARY KEY, case_id INT, sequence INT, message TEXT, shown INT DEFAULT 0)"
        )

    def keep(self, webhook_id: str, body: dict[str, Any]) -> None:
        """On the disk when this returns. The same id again changes nothing: after a lost answer it comes again."""
        message = body["object"]
        row = (webhook_id, message["case_id"], body["sequence"], json.dumps(message))
        with self.lock:
            self.rows.execute("INSERT OR IGNORE INTO answer VALUES (?, ?, ?, ?, 0)", row)
        self.news.set()

    def show_all(self) -> None:
        """Shows what was not shown yet, each case in its order. A number that is missing is not waited for."""
        query = "SELECT case_id, webhook_id, message FROM answer WHERE shown = 0 ORDER BY case_id, sequence"
        with self.lock:
            waiting = self.rows.execute(query).fetchall()
        stuck = set()
        for case_id, webhook_id, message in waiting:
            if case_id in stuck:
                continue  # its next message must not overtake; other cases go on
            try:
                show(json.loads(message))
            except Exception as error:  # noqa: BLE001 (whatever `show` raises: the answer waits for the next round)
                print(f"Not shown yet: {error!r}", file=sys.stderr, flush=True)
                stuck.add(case_id)
                continue
            with self.lock:
                self.rows.execute("UPDATE answer SET shown = 1 WHERE webhook_id = ?", (webhook_id,))

    def show_for_ever(self) -> None:
        """The slow work, far from the desk, which waits 15 seconds for an answer and no longer."""
        while True:
            self.news.wait(timeout=60)
            self.news.clear()
            self.show_all()


class Webhook(BaseHTTPRequestHandler):
    """The address that you enter as Webhook URL."""

    store: Store
    secret: str
    timeout = 20  # seconds of silence, then the connection ends

    def do_POST(self) -> None:
        self.send_response(self.take())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def take(self) -> int:
        """The status to answer with. Never 410: it would switch the channel off."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            return 411
        if int(length) > BIGGEST:
            self.close_connection = True
            return 413
        raw = self.rfile.read(int(length))
        if not is_genuine(self.secret, self.headers, raw):
            return 401
        body = json.loads(raw)  # only now: the desk wrote it
        if body["type"] == "message_new":
            self.store.keep(self.headers["webhook-id"], body)
        return 204  # also to `test`, which nobody is shown, and to types that this program does not know yet

    def log_message(self, *_: Any) -> None:
        """Says nothing: bodies and addresses of customers do not belong into logs."""


# Messages of customers


def send(user: str, text: str) -> dict[str, Any]:
    """One of your customers wrote something. Tries for a minute; the desk takes the same `external_id` once."""
    url = f"{os.environ['DESK']}/api/v1/custom_channels/{os.environ['CHANNEL']}/messages/"
    # If your messages have ids of their own, take these as external_id.
    said = {"user_custom_id": user, "external_id": str(uuid.uuid4()), "content": text}
    headers = {"Authorization": f"Bearer {os.environ['API_KEY']}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(said).encode(), headers)
    for pause in (1, 4, 15, 40, None):
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                receipt: dict[str, Any] = json.load(answer)
                return receipt
        except urllib.error.HTTPError as error:
            # What the desk refuses it refuses again; the reason stands in the body.
            if pause is None or (error.code < 500 and error.code != 429):
                raise SystemExit(f"The desk answered {error.code}: {error.read().decode()}") from error
        except OSError as error:
            if pause is None:
                raise SystemExit(f"The desk cannot be reached: {error}") from error
        time.sleep(pause)
    raise AssertionError("the last pause is None")


def serve() -> None:
    Webhook.secret = os.environ["SECRET"]
    Webhook.store = Store(os.environ.get("STORE", "answers.sqlite3"))
    Webhook.store.news.set()  # what an earlier run did not get to
    threading.Thread(target=Webhook.store.show_for_ever, daemon=True).start()
    # Plain HTTP on this machine only: HTTPS is the work of the web server in front.
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Webhook)
    print(f"Waiting for answers on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(send(*sys.argv[1:])))
    else:
        serve()
