"""Attachments, and answers that leave as mail."""

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.cases import files
from helpdesk.cases import services as cases
from helpdesk.cases.models import Attachment, Message
from helpdesk.channels.models import Channel
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Job, Lane
from helpdesk.users.services import profiles
from tests import world

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def channel(db):
    return world.messenger("http://127.0.0.1:9/hook")


def send(channel, *uploads):
    stored = tuple(files.store(upload) for upload in uploads)
    return world.says(world.customer(channel), "see the file", stored=stored).message


def test_a_file_lies_under_a_random_name_and_keeps_its_own_as_data(channel):
    message = send(channel, SimpleUploadedFile("../../evil\u202e.png", PNG))
    (kept,) = message.attachments.all()
    assert kept.name == "evil.png"
    assert "evil" not in kept.file.name
    assert kept.mime == "image/png"


def test_a_picture_is_shown_and_everything_else_is_a_download(channel):
    message = send(channel, SimpleUploadedFile("a.png", PNG), SimpleUploadedFile("b.svg", b"<svg onload=alert(1)>"))
    picture, drawing = message.attachments.order_by("pk")
    shown = Client().get(files.link(picture, f"channel:{channel.pk}"))
    assert shown["Content-Type"] == "image/png"
    assert "sandbox" in shown["Content-Security-Policy"]
    taken = Client().get(files.link(drawing, f"channel:{channel.pk}"))
    assert taken["Content-Disposition"].startswith("attachment")
    assert taken["Content-Type"] == "application/octet-stream"
    assert taken["X-Content-Type-Options"] == "nosniff"


def test_a_link_that_was_changed_opens_nothing(channel):
    (kept,) = send(channel, SimpleUploadedFile("a.png", PNG)).attachments.all()
    link = files.link(kept, "channel:1")
    assert Client().get(link[:-3] + "xx/").status_code == 404
    assert Client().get("/files/nonsense/").status_code == 404


def test_a_file_that_is_too_large_is_refused_in_words(channel, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 10)
    with pytest.raises(files.FileRefused):
        files.store(SimpleUploadedFile("a.txt", b"x" * 11))


def test_files_come_by_multipart(channel, tmp_path):
    key = world.api_key(world.admin(), "admin")
    answer = Client().post(
        f"/api/v1/custom_channels/{channel.api_key}/messages/",
        {"user_custom_id": "bob", "external_id": "1", "attachments": SimpleUploadedFile("a.png", PNG)},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 201, answer.content
    assert Attachment.objects.get().name == "a.png"


def test_an_address_that_may_not_be_called_is_refused_at_once(channel):
    with pytest.raises(files.FileRefused):
        files.to_fetch("http://169.254.169.254/latest/meta-data")


@pytest.mark.django_db(transaction=True)
def test_a_file_is_fetched_by_the_outbox_and_shown_as_fetching_until_then(channel, httpserver, settings):
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    httpserver.expect_request("/a.png").respond_with_data(PNG, content_type="text/html")
    stored = (files.to_fetch(httpserver.url_for("/a.png")),)
    message = world.says(world.customer(channel), "see", stored=stored).message
    (kept,) = message.attachments.all()
    assert kept.state == "fetching"
    outbox.drain(Job.objects.get(kind="fetch_file").lane_id)
    kept.refresh_from_db()
    assert (kept.state, kept.mime, kept.size) == ("ready", "image/png", len(PNG))


@pytest.fixture
def by_mail(db):
    bob = profiles.meet("email", "bob@example.com")
    got = cases.receive(bob, Channel.objects.get(kind="email"), cases.Draft(text="hello"))
    return got.case


@pytest.mark.django_db(transaction=True)
def test_an_answer_leaves_as_mail_once(by_mail):
    cases.set_subject(by_mail, "Invoice", by=None)
    answer = cases.reply(by_mail, "here it is", by=world.admin())
    outbox.drain(Lane.objects.get(key=f"mail:{by_mail.pk}").pk)
    outbox.drain(Lane.objects.get(key=f"mail:{by_mail.pk}").pk)
    (sent,) = mail.outbox
    assert sent.to == ["bob@example.com"]
    assert "Invoice" in sent.subject
    assert by_mail.number in sent.subject
    assert Message.objects.get(pk=answer.pk).delivery == "delivered"


@pytest.mark.django_db(transaction=True)
def test_a_subject_with_a_line_break_cannot_add_a_header(by_mail):
    cases.set_subject(by_mail, "Invoice\nBcc: everybody@example.com", by=None)
    answer = cases.reply(by_mail, "here it is", by=world.admin())
    outbox.drain(Lane.objects.get(key=f"mail:{by_mail.pk}").pk)
    (sent,) = mail.outbox
    assert "\n" not in sent.subject
    assert sent.bcc == []
    assert Message.objects.get(pk=answer.pk).delivery == "delivered"
