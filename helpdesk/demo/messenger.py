"""What the messenger does with a message, from the thumb to the helpdesk and back onto the screen."""

import uuid
from collections.abc import Sequence

from django.db.models import Count, F, Max, Q
from django.utils import timezone

from helpdesk.demo import config, desk
from helpdesk.demo.models import Bubble, Call, Outage, Phone, State

THREAD = 200  # bubbles on a screen
LOG = 30  # calls beside it


def write(phone: Phone, text: str) -> Bubble:
    """Keeps the message first, then sends it: what was typed is never lost."""
    bubble = Bubble.objects.create(phone=phone, key=f"acme-{uuid.uuid4()}", text=text)
    return deliver(bubble)


def deliver(bubble: Bubble) -> Bubble:
    """Sends it, also once more: the key makes sure that it arrives once."""
    try:
        said = desk.send(bubble.phone, key=bubble.key, text=bubble.text)
    except (desk.Refused, config.NotConnected) as error:
        bubble.state, bubble.problem = State.FAILED, str(error)[:200]
    else:
        bubble.state, bubble.problem = State.SENT, ""
        bubble.case_id, bubble.facts = said["case_id"], said
    bubble.save(update_fields=["state", "problem", "case_id", "facts", "changed_at"])
    return bubble


def look(phone: Phone) -> Sequence[Bubble]:
    """The end of the thread, in order; from now on all of it is read."""
    Phone.objects.filter(pk=phone.pk).update(seen_at=timezone.now())
    newest = Bubble.objects.of(phone).reverse()[:THREAD]
    return list(newest)[::-1]


def calls(phone: Phone) -> Sequence[Call]:
    """The newest calls of this phone, and those that belong to none."""
    return list(Call.objects.filter(Q(phone=phone) | Q(phone=None))[:LOG])


def phones() -> Sequence[Phone]:
    """All phones, each with `unread` and `last`, the text that a list shows."""
    fresh = Count("bubbles", filter=Q(bubbles__state=State.RECEIVED, bubbles__at__gt=F("seen_at")))
    found = list(Phone.objects.annotate(unread=fresh, last_id=Max("bubbles__id")).order_by("id"))
    texts = dict(Bubble.objects.filter(pk__in=[p.last_id for p in found]).values_list("pk", "text"))
    for phone in found:
        phone.last = texts.get(phone.last_id, "")  # type: ignore[attr-defined]
    return found


def version(phone: Phone) -> str:
    """Another text each time something changes that this phone's page shows."""
    newest = Bubble.objects.aggregate(at=Max("changed_at"))["at"]
    call = Call.objects.aggregate(id=Max("id"))["id"] or 0
    return f"{phone.pk}.{newest.timestamp() if newest else 0:.6f}.{call}.{int(Outage.left() > 0)}"
