"""Looking for codes in what customers write."""

from collections.abc import Iterable

from helpdesk.cases import services as cases
from helpdesk.cases.models import Attachment, Case, Message
from helpdesk.cases.services.writing import Body
from helpdesk.events.models import Event
from helpdesk.events.services import event, record_all
from helpdesk.users.services import profiles
from identification.codes import blank, find
from identification.services.redeeming import Outcome, foresee, redeem


def check(message_ids: Iterable[int]) -> None:
    """Redeems the codes in the text of these messages, records how it went, and blanks them, right or wrong.

    In the case's subject and the names of files they are blanked only: nobody wrote them there to say who they are.
    """
    messages = Message.objects.filter(pk__in=message_ids).select_related("profile", "case").order_by("pk")
    messages = messages.prefetch_related("attachments")
    sent = [message for message in messages if may_hold_a_code(message, message.attachments.all())]
    _hold(sent)
    for message in sent:
        if find(_text(message)):
            _check(message)
        cases.conceal(message, blank)


def may_hold_a_code(message: Message, files: Iterable[Attachment]) -> bool:
    """Whether anything that is shown of it and its files has the shape of a code."""
    return any(find(text) for text in (_text(message), message.case.subject, *(file.name for file in files)))


def _text(message: Message) -> str:
    return Body(message.text, message.html).all_text


def _hold(messages: list[Message]) -> None:
    """Whoever took the message in has locked all this already; a repetition of what failed has not."""
    writers = {message.profile_id for message in messages} | {message.case.profile_id for message in messages}
    ahead = {pk for message in messages if message.profile for pk in foresee(_text(message), message.profile)}
    ids = {pk for pk in writers if pk} | ahead
    if ahead:
        profiles.hold_people(*ids)
    elif ids:
        profiles.hold(*ids)


def _check(message: Message) -> None:
    if message.profile is None:
        return
    outcome = redeem(find(_text(message)), message.profile, by=message.profile, message=message)
    events = [_checked(message, outcome)]
    if not outcome.right:
        events += _repeated(message, outcome)
    record_all(events)


def _checked(message: Message, outcome: Outcome) -> Event:
    return event(
        "code.checked",
        by=message.profile,
        case=message.case,
        message=message,
        profile=message.profile,
        outcome=outcome.word,
        reason=outcome.reason,
        code=outcome.code.pk if outcome.code else None,
    )


def _repeated(message: Message, outcome: Outcome) -> list[Event]:
    """A used code in the hands of somebody else: both conversations hear of it, their customers do not.

    Asked for every failure, so that none takes a query more than another.
    """
    code, writer = outcome.code, message.profile
    again = code is not None and outcome.reason == "used" and code.used_by_id != message.profile_id
    user = code.used_by_id if code and again else 0
    first = Case.objects.filter(profile=user or 0).select_related("profile").order_by("-pk").first()
    if code is None or not again:
        return []
    here = event("code.repeated", by=writer, case=message.case, message=message, profile=writer, red=True, code=code.pk)
    if first is None:
        return [here]
    return [here, event("code.seen_again", by=None, case=first, profile=first.profile, red=True, code=code.pk)]
