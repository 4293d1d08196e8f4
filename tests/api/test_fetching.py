"""Files that come as an address: fetched by the outbox, shown as `fetching` until then."""

from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from helpdesk.cases import files
from helpdesk.cases.models import Attachment
from helpdesk.outbox.models import Job
from tests.api.conftest import Api
from tests.api.test_custom_channels import inbound
from tests.api.test_files import HTML, is_download, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def call(channel: Any) -> str:
    return f"custom_channels/{channel.api_key}/messages/"


@pytest.fixture
def remote(httpserver: HTTPServer, transactional_db: None, settings: Any) -> HTTPServer:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    return httpserver


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [("/x.html", HTML, "text/html"), ("/setup.exe", b"MZ" + bytes(100), "image/png"), ("/a.png", HTML, "image/png")],
)
def test_what_was_fetched_is_a_download_too(
    api: Api,
    call: str,
    remote: HTTPServer,
    deliver: Any,
    path: str,
    content: bytes,
    said: str,
) -> None:
    remote.expect_request(path).respond_with_data(content, content_type=said)
    got = api.post(call, inbound(attachment_urls=[remote.url_for(path)]))
    shown = api.get(f"cases/{got['case_id']}/messages/")["results"][0]["attachments"][0]
    assert (shown["state"], shown["url"]) == ("fetching", None)
    deliver()
    shown = api.get(f"cases/{got['case_id']}/messages/")["results"][0]["attachments"][0]
    assert (shown["state"], shown["file_size"], shown["problem"]) == ("ready", len(content), "")
    answer = opened(Attachment.objects.get())
    assert is_download(answer)
    assert answer.getvalue() == content


@pytest.mark.parametrize("told", [True, False], ids=["length told", "length untold"])
def test_a_file_that_is_too_large_is_a_problem_of_the_file_and_the_message_is_kept(
    api: Api,
    call: str,
    remote: HTTPServer,
    deliver: Any,
    monkeypatch: pytest.MonkeyPatch,
    told: bool,
) -> None:
    monkeypatch.setattr(files, "LARGEST", 1000)
    content = b"x" * 2000
    remote.expect_request("/big").respond_with_handler(
        lambda request: Response(content if told else iter([content[:1000], content[1000:]]))
    )
    got = api.post(call, inbound(attachment_urls=[remote.url_for("/big")]))
    deliver()
    (message,) = api.get(f"cases/{got['case_id']}/messages/")["results"]
    assert message["content"] == "hello"
    (file,) = message["attachments"]
    assert (file["state"], file["url"]) == ("failed", None)
    assert "25 MB" in file["problem"]
    assert Job.objects.get(kind="fetch_file").state == "parked"


def test_an_address_that_has_nothing_is_told_on_the_message(
    api: Api,
    call: str,
    remote: HTTPServer,
    deliver: Any,
    time: Any,
) -> None:
    remote.expect_request("/gone").respond_with_data("no", status=404)
    got = api.post(call, inbound(attachment_urls=[remote.url_for("/gone")]))
    for _ in range(6):
        deliver()
        time.pass_by(24 * 3600)
    (file,) = api.get(f"cases/{got['case_id']}/messages/")["results"][0]["attachments"]
    assert (file["state"], file["problem"]) == ("failed", "HTTP 404")
