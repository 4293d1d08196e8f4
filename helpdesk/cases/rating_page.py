"""The page behind the link in a request for a rating. Nobody is signed in here; the address says who answers.

GET never acts, so that programs which look at links in mails and chats rate nothing.
"""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from helpdesk.cases import texts
from helpdesk.cases.errors import LinkGone
from helpdesk.cases.models import Rating
from helpdesk.cases.models.rating import SCORES
from helpdesk.cases.services import rating as ratings
from helpdesk.events.occasion import via
from helpdesk.lib.text import BadText

# The best first: who is content has the shortest way.
SHOWN = tuple(sorted(SCORES, reverse=True))


# The address is the proof, and no cookie is: there is nothing that another site could borrow. In the browsers that
# messengers bring along cookies are often refused.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks; POST answers, and may answer anew. An unknown link and one that is too old look alike."""
    try:
        asked = ratings.asked(token)
        with texts.spoken(texts.language_of(asked.case)):
            if request.method == "POST":
                return _answered(request, token, asked)
            return _form(request, asked)
    except LinkGone as gone:
        return _shown(request, {"gone": str(gone)}, HTTPStatus.GONE)


def _answered(request: HttpRequest, token: str, asked: Rating) -> HttpResponse:
    given, comment = request.POST.get("score", ""), request.POST.get("comment", "").replace("\r\n", "\n")
    if given not in SCORES:
        return _form(request, asked, wrong=_("Choose one of the five."), score="", comment=comment)
    try:
        with via("rating"):
            rated = ratings.rate(token, int(given), comment)
    except BadText as error:
        return _form(request, asked, wrong_comment=str(error), score=given, comment=comment)
    return _form(request, rated, thanks=True)


def _form(request: HttpRequest, asked: Rating, **more: Any) -> HttpResponse:
    """The question with what was answered so far. more: what was sent and is wrong, or that it was taken."""
    shown = {"score": str(asked.score or ""), "comment": asked.comment, "most": ratings.COMMENT, **more}
    shown |= {"scores": [(key, SCORES[key]) for key in SHOWN], "until": asked.expires_at}
    wrong = "wrong" in more or "wrong_comment" in more
    return _shown(request, shown, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK)


def _shown(request: HttpRequest, context: dict[str, Any], status: HTTPStatus) -> HttpResponse:
    answer = render(request, "cases/rating.html", context, status=status)
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer
