"""What an admin copies: the snippet of a widget with every field the desk knows, and how a server signs a token."""

import json
from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.channels.models import Channel, Language, Widget
from helpdesk.users.models import CustomField, FieldLevel
from helpdesk.users.models.fields import FieldKind
from helpdesk.widget.kinds import Sample
from identification import keys
from identification.models import Algorithm, SigningKey

LINE = tuple[str, str]
SECRET = "HELPDESK_SECRET"  # noqa: S105 (the name of a variable)
PRIVATE_KEY = "HELPDESK_PRIVATE_KEY"
HASH_SECRET = "HELPDESK_HASH_SECRET"  # noqa: S105 (the name of a variable)
NAMES = {Algorithm.CHATWOOT: ("identifier", "identifier_hash"), Algorithm.INTERCOM: ("user_id", "user_hash")}


def samples(widget: Widget) -> list[Sample]:
    """What to put on the site and, where the widget takes tokens only, what its server does."""
    put = Sample(_("The widget"), _("Before </body> on the pages of your customers' account."), snippet(widget))
    opens = Sample(_("What opens it"), _("Any element with this class, also one added later."), openers())
    if widget.trust_page_data:
        return [put, opens]
    key = keys.of_tokens().first()
    hint = _("Your server signs who is signed in; the secret never leaves it.")
    if key is None:
        hint = _("First make a signing key (Settings → Signing keys), then put its kid and secret here.")
    key = key or SigningKey(kid="key_…")
    return [put, opens, Sample(_("The token, in Python"), hint, python(key, fields=True))]


def of_key(key: SigningKey) -> list[Sample]:
    """How a server signs with this key, in languages that have a package for it."""
    if key.is_hash:
        hint = _("Only the id counts; what stands beside it is shown to agents as claimed.")
        return [Sample(_("On the page"), hint, _hash_on_page(key)), Sample(_("On the server, in Python"), "", _hash())]
    hint = _("HELPDESK_SECRET is the secret as it was shown, not decoded.")
    if key.public_key:
        hint = _("HELPDESK_PRIVATE_KEY is the private key, as PEM. It never leaves your server.")
    samples = [Sample("Python", hint, python(key))]
    if key.algorithm != Algorithm.EDDSA:  # which jsonwebtoken does not know
        samples.append(Sample("Node", "", javascript(key)))
    return [*samples, Sample("PHP", "", php(key.kid))] if key.secret else samples


def snippet(widget: Widget) -> str:
    """The script with a commented example of every field; it works as it stands once one line is filled in."""
    data = _page_data() if widget.trust_page_data else _token()
    address = f"{settings.BASE_URL}/widget/v1/identify.js"
    return "\n".join(
        (
            f"<!-- {_('Start of user identification')} -->",
            "<script>",
            "  window.DeskieIdentify = {",
            *(f"    {line}" for line in data),
            "  };",
            "</script>",
            f'<script async src="{address}" data-widget-id="{widget.public_id}"></script>',
            f"<!-- {_('End of user identification')} -->",
        )
    )


def openers() -> str:
    button = _("Account identification")
    link, rest = _("Generate"), _("the code and send it to the chat to pass the verification.")
    return "\n".join(
        (
            f"<!-- {_('A button that opens it')} -->",
            f'<button type="button" class="deskie-identifier-widget">{button}</button>',
            f"<!-- {_('A link that opens it')} -->",
            f'<a class="deskie-identifier-widget" href="">{link}</a> {rest}',
        )
    )


def _token() -> list[str]:
    return [
        f"// {_('The token that your server signed for the customer who is signed in.')}",
        'token: "…",',
    ]


def _page_data() -> list[str]:
    """One address in use, everything else as a comment."""
    return [
        f"// {_('E-mail of the customer who is signed in.')}",
        'user_email: "bob@example.com",',
        *_commented(_addresses()),
        f"// {_('What else the desk should know; leave out what you do not have.')}",
        *_commented(_values()),
        "// custom_fields: {",
        *(f"//   {line}" for line in _custom()),
        "// },",
    ]


def _addresses() -> Iterable[LINE]:
    yield 'user_phone: "+498813705444",', _("or the phone number")
    yield 'user_whatsapp_phone: "+498813705444",', _("or the number in WhatsApp")
    yield 'user_telegram_data: "@bob",', _("or the name in Telegram")
    yield 'external_id: "42",', _("or your own id of the customer")
    for channel in Channel.objects.filter(kind="custom", active=True):
        yield f'user_custom_id: "42", user_custom_channel: "{channel.api_key}",', channel.title


def _values() -> Iterable[LINE]:
    codes = ", ".join(Language.objects.filter(active=True).values_list("code", flat=True))
    yield 'user_full_name: "Bob Builder",', _("full name")
    yield 'company_name: "Builders Ltd",', _("company")
    yield 'company_position: "Foreman",', _("position")
    yield 'user_note: "…",', _("note")
    yield 'language_id: "en",', _("language: one of %(codes)s") % {"codes": codes or "en"}


def _custom() -> list[str]:
    fields = CustomField.objects.filter(level=FieldLevel.USER, active=True)
    return [f"{json.dumps(field.key)}: {_example(field)},  // {_plain(_about(field))}" for field in fields]


def _example(field: CustomField) -> str:
    match field.kind:
        case FieldKind.CHECKBOX:
            return "true"
        case FieldKind.DATE:
            return '"2024-04-08"'
        case FieldKind.DROPDOWN if field.choices:
            return _quoted(field.choices[0]["title"])
    return '"…"'


def _about(field: CustomField) -> str:
    titles = ", ".join(str(choice["title"]) for choice in field.choices)
    return f"{field.title}: {titles}" if titles else field.title


def _commented(lines: Iterable[LINE]) -> list[str]:
    return [f"// {code}  // {_plain(comment)}" for code, comment in lines]


def _plain(comment: str) -> str:
    """One line that cannot end the script it stands in."""
    return " ".join(comment.split()).replace("<", "‹")


def _quoted(text: object) -> str:
    return json.dumps(str(text), ensure_ascii=False).replace("<", "\\u003c")


def python(key: SigningKey, *, fields: bool = False) -> str:
    """Python that makes a token; PyJWT is its only package, and cryptography beside it for a key pair."""
    custom = [f"                {line}" for line in _python_fields()] if fields else []
    more = ['            "custom_fields": {', *custom, "            },"] if custom else []
    return "\n".join(
        (
            "import os",
            "import time",
            "",
            "import jwt  # PyJWT",
            "",
            "",
            "def token(customer):",
            "    return jwt.encode(",
            "        {",
            f'            "external_id": str(customer.id),  # {_("required: your own id of the customer")}',
            f'            "exp": int(time.time()) + 300,  # {_("required: at most 24 hours ahead")}',
            f'            "iat": int(time.time()),  # {_("so that tokens of one person can be revoked")}',
            '            "name": customer.name,',
            '            "email": customer.email,',
            f'            "email_verified": True,  # {_("only if you have verified it")}',
            *more,
            "        },",
            f'        os.environ["{_variable(key)}"],',
            f'        algorithm="{key.algorithm}",',
            f'        headers={{"kid": {_quoted(key.kid)}}},',
            "    )",
        )
    )


def _variable(key: SigningKey) -> str:
    return PRIVATE_KEY if key.public_key else SECRET


def _python_fields() -> Iterable[str]:
    for field in CustomField.objects.filter(level=FieldLevel.USER, active=True):
        example = "True" if field.kind == FieldKind.CHECKBOX else _example(field)
        yield f"{json.dumps(field.key)}: {example},  # {_plain(_about(field))}"


def javascript(key: SigningKey) -> str:
    """The same for Node, with the package jsonwebtoken, which adds `iat` by itself."""
    return "\n".join(
        (
            'import jwt from "jsonwebtoken";',
            "",
            "export const token = customer => jwt.sign(",
            "  { external_id: String(customer.id), name: customer.name, email: customer.email, email_verified: true },",
            f"  process.env.{_variable(key)},",
            f'  {{ algorithm: "{key.algorithm}", keyid: {_quoted(key.kid)}, expiresIn: 300 }},',
            ");",
        )
    )


def php(kid: str) -> str:
    """The same for PHP, without a package."""
    return "\n".join(
        (
            "<?php",
            "function token($customer) {",
            '    $part = fn($data) => rtrim(strtr(base64_encode($data), "+/", "-_"), "=");',
            f'    $head = $part(json_encode(["alg" => "HS256", "typ" => "JWT", "kid" => "{kid}"]));',
            "    $body = $part(json_encode([",
            '        "external_id" => (string) $customer->id, "exp" => time() + 300, "iat" => time(),',
            '        "name" => $customer->name, "email" => $customer->email, "email_verified" => true,',
            "    ]));",
            f'    return "$head.$body." . $part(hash_hmac("sha256", "$head.$body", getenv("{SECRET}"), true));',
            "}",
        )
    )


def _hash_on_page(key: SigningKey) -> str:
    name, signature = NAMES[Algorithm(key.algorithm)]
    return f'window.DeskieIdentify = {{\n  {name}: "42",\n  {signature}: "…",\n}};'


def _hash() -> str:
    """Python that makes the hash of an id; no package."""
    return "\n".join(
        (
            "import hashlib",
            "import hmac",
            "import os",
            "",
            "",
            "def hash_of(customer):",
            f'    secret = os.environ["{HASH_SECRET}"].encode()',
            "    return hmac.new(secret, str(customer.id).encode(), hashlib.sha256).hexdigest()",
        )
    )
