"""Files that come by the API: by multipart and by address, whatever they are and whatever they are called."""

import resource
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from helpdesk.cases import files
from helpdesk.cases.models import Attachment, Message
from helpdesk.lib import egress
from helpdesk.outbox import services as outbox
from tests import world
from tests.api.conftest import Api
from tests.api.test_custom_channels import inbound

pytestmark = pytest.mark.django_db

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
ELF = b"\x7fELF\x02\x01\x01" + bytes(60)
HTML = b"<!doctype html><html><script>alert(1)</script></html>"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def call(channel: Any) -> str:
    return f"custom_channels/{channel.api_key}/messages/"


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def opened(attachment: Attachment) -> Any:
    """What a browser gets behind a channel's link."""
    return Client().get(files.link(attachment, f"channel:{attachment.message.channel_id}"))


def is_download(answer: Any) -> bool:
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    download = answer["Content-Disposition"].startswith("attachment")
    assert not download or answer["Content-Type"] == "application/octet-stream"
    return bool(download)


# — what they are —

PAGES = {
    "x.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "x.html": HTML,
    "x.xhtml": b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>",
    "x.js": b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)",
    "x.html.gif": HTML,
    "x.pdf": b"%PDF-1.4 1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>",
}


@pytest.mark.promise("A19")
@pytest.mark.parametrize("name", PAGES)
def test_what_could_run_is_kept_and_is_a_download_only(api: Api, call: str, name: str) -> None:
    upload = SimpleUploadedFile(name, PAGES[name], content_type="image/png")
    api.upload(call, inbound(attachments=upload))
    (file,) = Attachment.objects.all()
    answer = opened(file)
    assert is_download(answer)
    assert answer.getvalue() == PAGES[name]


@pytest.mark.promise("A21")
@pytest.mark.parametrize(
    ("name", "content", "mime", "download"),
    [
        ("a.png", PNG, "image/png", False),
        ("photo", PNG, "image/png", False),
        ("a.exe", PNG, "application/octet-stream", True),
        ("a.png", ELF, "application/octet-stream", True),
        ("a.png", b"PK\x03\x04" + bytes(60), None, True),
        ("a.png", HTML, "text/html", True),
    ],
)
def test_what_a_file_is_decides_its_content_and_not_what_is_said_of_it(
    api: Api, call: str, name: str, content: bytes, mime: str | None, download: bool
) -> None:
    api.upload(call, inbound(attachments=SimpleUploadedFile(name, content, content_type="image/png")))
    (file,) = Attachment.objects.all()
    assert file.mime == mime or (mime is None and file.mime != "image/png")
    assert is_download(opened(file)) is download


def bomb() -> bytes:
    """A picture of 50,000 × 50,000 in a few bytes."""
    size = (50_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    rows = zlib.compress(bytes(100_000))

    def part(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", size) + part(b"IDAT", rows) + part(b"IEND", b"")


@pytest.mark.promise("A21")
@pytest.mark.parametrize("content", [bomb(), b"GIF89a" + b"\x21\xf9\x04\0\x0a\0\0\0" * 1000], ids=["large", "long"])
def test_a_picture_that_unfolds_is_never_unfolded_by_us(api: Api, call: str, content: bytes) -> None:
    """We make no small pictures, and look at no more than the beginning of a file."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    api.upload(call, inbound(attachments=SimpleUploadedFile("a.png", content)))
    (file,) = Attachment.objects.all()
    assert opened(file).getvalue() == content
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "kilobytes; unfolded it has 7 GB"


# — what they are called —

NAMES = {
    "../../etc/passwd": "passwd",
    ".htaccess": "htaccess",
    ".ht\u200baccess": "htaccess",
    "con.txt": "con.txt",
    "a.php.jpg": "a.php.jpg",
    "evil\u202egnp.exe": "evilgnp.exe",
    "..\\..\\win.ini": "win.ini",
    "a\r\nSet-Cookie: x=1.txt": "aSet-Cookie: x=1.txt",
    "Rechnung März (1).pdf": "Rechnung März (1).pdf",
    "...": "file",
    "\u200b": "file",
    "x" * 300: "x" * 255,
}


@pytest.mark.promise("A20")
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_file_lies_under_a_random_name_whatever_it_is_called(folder: Path, name: str) -> None:
    upload = ContentFile(b"hello", name=name)  # Django's own uploads would tidy the name up first
    one = files.store(upload)
    assert one.name == NAMES[name]
    (path,) = kept(folder)
    assert path.name == one.token.hex
    assert path.resolve().is_relative_to(folder.resolve())


@pytest.mark.promise("A20")
@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\r\nSet-Cookie: x=1.txt", 'a"; filename="b.html', "März\u202e.png"]
)
def test_a_name_cannot_break_out_of_the_answer(api: Api, call: str, name: str) -> None:
    api.upload(call, inbound(attachments=SimpleUploadedFile("a.txt", b"hello")))
    file = Attachment.objects.get()
    file.name = files._clean_name(name)
    file.save()
    answer = opened(file)
    assert is_download(answer)
    assert "\n" not in answer["Content-Disposition"]
    assert "Set-Cookie" not in answer


# — when they are stored —


def test_an_address_that_may_not_be_called_is_refused_and_nothing_is_kept(api: Api, call: str, folder: Path) -> None:
    upload = {"attachments": SimpleUploadedFile("a.txt", b"x"), "attachment_urls": "http://169.254.169.254/"}
    api.upload(call, inbound(**upload), expect=422)
    assert not Message.objects.exists()
    assert kept(folder) == []


KEY: dict[str, Any] = {"Idempotency-Key": "k"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, KEY], ids=["plain", "with a key"])
def test_files_are_stored_and_addresses_asked_for_before_the_transaction(
    api: Api, call: str, channel: Any, ann: Any, headers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[bool] = []
    real = files.store

    def store(upload: Any) -> files.Stored:
        inside.append(connection.in_atomic_block)
        return real(upload)

    monkeypatch.setattr(files, "store", store)
    monkeypatch.setattr(egress, "check", lambda url: inside.append(connection.in_atomic_block))
    bodies: list[tuple[str, dict[str, Any]]] = [
        (call, inbound()),
        ("cases/", {"channel": channel.api_key, "user_custom_id": "carol"}),
    ]
    for path, body in bodies:
        _both(api, path, body, headers)
    got = api.post(call, inbound(external_id="m-2"))
    _both(api, f"cases/{got['case_id']}/messages/", {"staff_id": ann.pk, "content": "x"}, headers)
    _both(api, f"cases/{got['case_id']}/notes/", {"content": "x"}, headers)
    assert inside == [False] * 8
    assert Attachment.objects.filter(state="ready").count() == 4


def _both(api: Api, path: str, body: dict[str, Any], headers: dict[str, Any]) -> None:
    more = {"attachments": SimpleUploadedFile("a.txt", b"x"), "attachment_urls": "https://files.example.com/b.txt"}
    keys: dict[str, Any] = {name: f"{value}{path}" for name, value in headers.items()}
    api.upload(path, {**body, **more}, **keys)


@pytest.mark.django_db(transaction=True)
def test_where_a_webhook_url_leads_is_asked_before_the_transaction(
    admin_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[bool] = []
    monkeypatch.setattr(egress, "check", lambda url: inside.append(connection.in_atomic_block))
    body = {"title": "Forum", "channel_type": "async", "webhook_url": "https://hook.example.com/"}
    admin_api.post("custom_channels/", body, **KEY)
    assert inside
    assert not any(inside)


@pytest.mark.parametrize("headers", [{}, KEY], ids=["plain", "with a key"])
def test_files_of_a_message_that_was_not_kept_are_thrown_away(
    api: Api, call: str, folder: Path, headers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload(**more: Any) -> dict[str, Any]:
        return inbound(attachments=SimpleUploadedFile("a.txt", b"x"), **more)

    with monkeypatch.context() as patch:
        patch.setattr("helpdesk.cases.services.incoming.wrote", lambda *a, **k: 1 / 0)
        api.upload(call, upload(), expect=500, **headers)
    assert kept(folder) == []
    first = api.upload(call, upload(), **headers)
    assert len(kept(folder)) == 1
    other = {name: f"{value}2" for name, value in headers.items()}
    assert api.upload(call, upload(content="again"), expect=200, **other)["message_id"] == first["message_id"]
    assert len(kept(folder)) == 1, "the file of the first one stays, that of the second goes"
    assert opened(Attachment.objects.get()).getvalue() == b"x"
    api.upload(call, upload(user_email="nobody", external_id="m-2"), expect=422)
    assert len(kept(folder)) == 1


def test_a_file_of_a_message_that_was_kept_stays_whatever_happens_to_the_answer(
    api: Api, call: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.cases.api.writing.receipt", lambda *a, **k: 1 / 0)
    api.upload(call, inbound(attachments=SimpleUploadedFile("a.txt", b"x")), expect=500)
    assert Message.objects.count() == 1
    assert len(kept(folder)) == 1


def test_a_foreign_case_stores_no_file(as_key: Any, channel: Any, api: Api, call: str, folder: Path) -> None:
    got = api.post(call, inbound())
    eve = as_key(world.api_key(world.agent("Eve"), "write"))
    upload = {"user_id": got["user_id"], "attachments": SimpleUploadedFile("a.txt", b"x")}
    eve.upload(f"cases/{got['case_id']}/messages/", upload, expect=404)
    eve.upload(call, inbound(attachments=SimpleUploadedFile("a.txt", b"x")), expect=404)
    assert not folder.exists() or kept(folder) == []


@pytest.mark.promise("A22")
def test_a_file_over_25_mb_is_refused_in_words_and_nothing_is_kept(
    api: Api, call: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST", 1000)
    two = {"attachments": [SimpleUploadedFile("a.txt", b"x"), SimpleUploadedFile("b.txt", b"x" * 1001)]}
    problem = api.upload(call, inbound(**two), expect=422)
    assert "25 MB" in problem["detail"]
    assert not Message.objects.exists()
    assert kept(folder) == []
    assert outbox.due() == []
