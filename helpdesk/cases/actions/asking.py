"""What the customer is asked for: a rating, an identification code."""

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from helpdesk.cases import services as cases
from helpdesk.cases import texts
from helpdesk.cases.actions.base import ActionKind, Texts, action
from helpdesk.cases.models import Case
from helpdesk.events.services import Actor

OURS = _("a sentence of ours")


@action
class RequestRating(ActionKind):
    key = "request_rating"
    label = _("Request a rating")
    inputs = (Texts("texts", _("Text"), "texts", optional=True, none=OURS, to=texts.RATERS, names="rating.link"),)
    answers = True

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.request_rating(case, words=values["texts"], by=by)


@action
class RequestIdentification(ActionKind):
    """Nothing where we know already who writes."""

    key = "request_identification"
    label = _("Ask for an identification code")
    inputs = (Texts("texts", _("Text"), "texts", optional=True, none=OURS),)
    answers = True

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        if case.profile.is_identified:
            return
        language = texts.language_of(case)
        with texts.spoken(language):
            ours = _now("Please send us an identification code, so that we know who you are. You get one on our site.")
        cases.reply(case, texts.render(texts.pick(values["texts"], language) or ours, case), by=by)
