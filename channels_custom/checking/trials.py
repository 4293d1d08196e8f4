"""The cases that are played against an integrator's address, in their order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_custom import signing
from channels_custom.checking.endpoint import Endpoint, Said, attachments
from channels_custom.checking.findings import Finding, State, failed, not_judged, not_taken, of_forgery, passed, put_off
from helpdesk.lib import egress

NEW = "message_new"
SLOW = 2.0  # seconds; a slower address shares its place with other slow ones
OLD = timedelta(minutes=10)
IN_ORDER = 10
FILES, BIG = 100, 200_000  # bytes
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
ODD = (
    "😀 👩‍👩‍👧 Grüße, 你好, שלום\r\nsecond line\r\n\ttab \"quoted\" 'single' back\\slash "
    "<b>&amp;</b> a+b=c&d 100% [0] \u2028\u202e\ufeff"
)


@dataclass(frozen=True)
class Trial:
    """key: for programs, for ever. title: a sentence. always: judged also where no message was taken."""

    key: str
    title: Any
    play: Callable[[Endpoint], Finding]
    always: bool = False


def right(endpoint: Endpoint) -> Finding:
    said = endpoint.deliver(endpoint.message(_("A right message.")))
    return passed(said.words) if said.taken else not_taken(said)


def flipped(endpoint: Endpoint) -> Finding:
    """The body stays well-formed, so that only the signature can tell."""
    message = endpoint.message(_("A message with a changed byte."))
    at = message.body.index(endpoint.mark.encode())
    forged = message.body[:at] + bytes([message.body[at] ^ 1]) + message.body[at + 1 :]
    return of_forgery(
        endpoint.post(forged, endpoint.signed(message)),
        took=_("It took a message in whose body one byte had been changed."),
        advice=_("Verify the signature over the raw bytes of the body, and answer 401 where it is wrong."),
    )


def wrong_secret(endpoint: Endpoint) -> Finding:
    message = endpoint.message(_("A message of somebody else."))
    return of_forgery(
        endpoint.post(message.body, endpoint.signed(message, [signing.make_secret()])),
        took=_("It took a message that was signed with another secret."),
        advice=_("Verify the signature with the secret of this channel, and answer 401 where it is wrong."),
    )


def old(endpoint: Endpoint) -> Finding:
    message = endpoint.message(_("A message that is ten minutes old."))
    return of_forgery(
        endpoint.post(message.body, endpoint.signed(message, at=timezone.now() - OLD)),
        took=_("It took a message that was signed ten minutes ago."),
        advice=_(
            "Answer 401 where webhook-timestamp is more than 5 minutes from your clock, or a stolen one works again."
        ),
    )


def without_headers(endpoint: Endpoint) -> Finding:
    """First without any of them, then each left out alone; the first that is not refused is told."""
    for left_out in (HEADERS, *((name,) for name in HEADERS)):
        message = endpoint.message(_("A message without all of its headers."))
        kept = {name: value for name, value in endpoint.signed(message).items() if name not in left_out}
        finding = of_forgery(
            endpoint.post(message.body, kept),
            took=_("It took a message without %(names)s.") % {"names": ", ".join(left_out)},
            advice=_("Answer 401 where one of the three headers is missing."),
        )
        if finding.state != State.PASSED:
            return finding
    return finding


def rotation(endpoint: Endpoint) -> Finding:
    """The address knows one of two secrets, and it may be either."""
    other = signing.make_secret()
    for secrets in ([other, *endpoint.secrets], [*endpoint.secrets, other]):
        said = endpoint.deliver(endpoint.message(_("A message with two signatures.")), secrets)
        if said.refused:
            return failed(
                said.words, _("webhook-signature can hold several, with spaces between: one right is enough.")
            )
        if not said.taken:
            return not_taken(said)
    return passed(said.words)


def duplicate(endpoint: Endpoint) -> Finding:
    message = endpoint.message(_("A message that comes twice: show it once."), kind=NEW)
    first, again = endpoint.deliver(message), endpoint.deliver(message)
    if not first.taken:
        return not_taken(first)
    if again.taken:
        facts = {"user": endpoint.user}
        return passed(_("It took the message both times. “%(user)s” should see it once: look there.") % facts)
    if again.refused:
        return failed(
            again.words, _("Remember each webhook-id, and answer 2xx when it comes again: it is taken already.")
        )
    return not_taken(again)


def order(endpoint: Endpoint) -> Finding:
    previous = None
    for number in range(1, IN_ORDER + 1):
        content = _("Message %(number)d of %(all)d.") % {"number": number, "all": IN_ORDER}
        message = endpoint.message(content, kind=NEW, sequence=number, previous_id=previous)
        said, previous = endpoint.deliver(message), message.public_id
        if not said.taken:
            return _out_of_order(said, number)
    facts = {"all": IN_ORDER, "user": endpoint.user}
    return passed(_("It took all %(all)d. “%(user)s” should see them as 1 to %(all)d: look there.") % facts)


def _out_of_order(said: Said, number: int) -> Finding:
    finding = not_taken(said)
    seen = _("It did not take number %(number)d of %(all)d.") % {"number": number, "all": IN_ORDER}
    advice = finding.advice
    if said.refused or said.status >= 500:
        advice = _("They come one by one: take each as it comes, keep them by “sequence”, and wait for none.")
    return Finding(finding.state, f"{seen} {said.words}", advice)


def unknown_type(endpoint: Endpoint) -> Finding:
    said = endpoint.deliver(endpoint.message(_("A message of a type to come."), kind="type_to_come"))
    advice = _("Answer 2xx to types that you do not know, and do nothing: new ones come with new versions of the desk.")
    if said.taken:
        return passed(said.words)
    if said.refused:
        return passed(said.words, advice)
    return put_off(said) if said.later else failed(said.words, advice)


def big(endpoint: Endpoint) -> Finding:
    """Longer than any limit that was forgotten at its default of 100 kB."""
    files = attachments(FILES)
    filler = (BIG - len(endpoint.message("", files=files).body)) * "x"
    said = endpoint.deliver(endpoint.message(filler, files=files))
    if said.refused:
        return failed(
            said.words, _("Allow bodies of at least 1 MB and lists of 100 attachments, in your web server too.")
        )
    return passed(said.words) if said.taken else not_taken(said)


def odd_characters(endpoint: Endpoint) -> Finding:
    said = endpoint.deliver(endpoint.message(ODD))
    if said.refused:
        return failed(
            said.words, _("Verify the bytes as they came, then read them as UTF-8; databases may need utf8mb4.")
        )
    return passed(said.words) if said.taken else not_taken(said)


def speed(endpoint: Endpoint) -> Finding:
    """Of all right messages so far; it needs none of its own."""
    if not endpoint.heard:
        return not_judged(_("No message was answered."))
    slowest = max(endpoint.heard, key=lambda said: said.seconds)
    advice = _(
        "Answer as soon as the message is safe, and do slow work afterwards: slow addresses wait for each other."
    )
    if any(isinstance(said.error, egress.TooSlow) for said in endpoint.heard) or slowest.seconds > endpoint.limit:
        return failed(_("A message was not answered within %(limit)g s.") % {"limit": endpoint.limit}, advice)
    if all(said.error for said in endpoint.heard):
        return not_judged(_("No message was answered."))
    facts = {"count": len(endpoint.heard), "seconds": f"{slowest.seconds:.2f}"}
    return passed(_("The slowest of %(count)d took %(seconds)s s.") % facts, advice if slowest.seconds > SLOW else "")


def gone(endpoint: Endpoint) -> Finding:
    """Of all right messages so far; it needs none of its own."""
    if any(said.status == HTTPStatus.GONE for said in endpoint.heard):
        return failed(
            _("It answered 410 to a right message."),
            _("410 switches the channel off, and no answer leaves until an administrator switches it on again."),
        )
    if all(said.error for said in endpoint.heard):
        return not_judged(_("No message was answered."))
    return passed(_("It answered 410 to none of %(count)d.") % {"count": len(endpoint.heard)})


TRIALS = (
    Trial("right", gettext_lazy("A right message is taken"), right, always=True),
    Trial("flipped_byte", gettext_lazy("A message with a changed byte is refused"), flipped),
    Trial("wrong_secret", gettext_lazy("A message signed with another secret is refused"), wrong_secret),
    Trial("old", gettext_lazy("A message ten minutes old is refused"), old),
    Trial("headers", gettext_lazy("A message without its headers is refused"), without_headers),
    Trial("rotation", gettext_lazy("One right signature of two is enough"), rotation),
    Trial("duplicate", gettext_lazy("A message that comes again is taken again"), duplicate),
    Trial("order", gettext_lazy("Ten messages of a case are taken in order"), order),
    Trial("unknown_type", gettext_lazy("A message of an unknown type does no harm"), unknown_type),
    Trial("big", gettext_lazy("A message of 200 kB with 100 attachments is taken"), big),
    Trial("odd_characters", gettext_lazy("A message with odd characters is taken"), odd_characters),
    Trial("speed", gettext_lazy("Messages are taken quickly"), speed, always=True),
    Trial("gone", gettext_lazy("No right message is answered with 410"), gone, always=True),
)
