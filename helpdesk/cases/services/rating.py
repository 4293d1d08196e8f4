"""Asking customers what they think of the help, and what they answer.

The link in the message is the proof, as a letter in the customer's hand: whoever has it can answer. It stands in that
message alone, in no event.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.cases import texts
from helpdesk.cases.errors import LinkGone
from helpdesk.cases.models import Case, Rating
from helpdesk.cases.services import holding
from helpdesk.cases.services.merging import survivor
from helpdesk.cases.services.outgoing import reply
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.text import check_text, excerpt

# How long a rating can be given, and changed.
VALID = timedelta(days=14)
COMMENT = 1000
SCORES = range(1, 6)
# So often one link can be answered: each time runs the rules.
ANSWERS = 20
# From this one down it is bad news.
BAD = 2


@occasion
def request_rating(case: Case, *, by: Actor | None, words: Mapping[str, str] | None = None) -> Rating:
    """Sends the customer a link where to rate the help. Gives the request.

    words: {language: text with `{{ rating.link }}`}; else a sentence of ours. One request at a time: while the link of
    the last one is good nothing is sent, answered or not, so that no rule asks again because of an answer. Raises
    NoTransport.
    """
    case = holding.hold(case.pk)
    open_one = Rating.objects.filter(case=case, expires_at__gt=timezone.now()).first()
    if open_one:
        return open_one
    made = Rating.objects.create(case=case, agent=case.assignee, expires_at=timezone.now() + VALID)
    made.message = reply(case, _text(case, words or {}, made), by=by)
    made.save(update_fields=["message"])
    record("case.rating_requested", by=by, case=case, profile=case.profile)
    return made


def link(rating: Rating) -> str:
    return settings.BASE_URL + reverse("cases:rating", args=[rating.token])


def _text(case: Case, words: Mapping[str, str], rating: Rating) -> str:
    language = texts.language_of(case)
    picked = texts.pick(words, language)
    if not picked:
        with texts.spoken(language):
            picked = _("How did we do? Tell us here: {{ rating.link }}")
    return texts.render(picked, case, to=texts.RATERS, said={"rating.link": link(rating)})


def asked(token: str) -> Rating:
    """The request behind a link. Raises LinkGone: unknown, too old, or not for this customer any more."""
    found = Rating.objects.select_related("case__profile__person").filter(token=token).first()
    if found is None or found.expires_at <= timezone.now() or found.case.profile.person.blocked:
        raise LinkGone
    return found


def rate(token: str, score: int, comment: str = "") -> Rating:
    """The customer answers, or answers anew, ANSWERS times. score: 1 to 5. Raises LinkGone, BadText and ValueError."""
    if score not in SCORES:
        raise ValueError(score)
    return _rate(token, score, check_text(comment, limit=COMMENT).strip())


@occasion
def _rate(token: str, score: int, comment: str) -> Rating:
    case = holding.hold(survivor(asked(token).case))
    # The case is held: what is read from here on nobody else changes.
    rating = asked(token)
    if (rating.score, rating.comment) == (score, comment):
        return rating
    if _answers(rating, case) >= ANSWERS:
        raise LinkGone
    rating.score, rating.comment, rating.rated_at = score, comment, timezone.now()
    rating.save(update_fields=["score", "comment", "rated_at"])
    case.rating = score
    case.save(update_fields=["rating"])
    said = f": “{excerpt(comment, 300)}”" if comment else ""
    facts = {"score": score, "how": str(score), "said": said}
    # Who was asked: the case that goes on may be another customer's.
    rater = rating.case.profile
    record("case.rated", by=rater, case=case, profile=rater, red=score <= BAD, **facts)
    return rating


def _answers(rating: Rating, case: Case) -> int:
    """How often this request was answered."""
    return Event.objects.filter(case_id=case.pk, kind="case.rated", created_at__gte=rating.asked_at).count()
