"""The page behind the link in a notice: one button. Nobody is signed in here; the address says who asks.

GET never acts, so that programs which look at links in chats undo nothing.
"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from helpdesk.channels.models import Widget
from helpdesk.widget import languages
from identification import phrases
from identification.services import notices, undoing


# The address is the proof, and no cookie is: there is nothing that another site could borrow. In the browsers that
# messengers bring along cookies are often refused.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks; POST undoes."""
    try:
        asked = undoing.read(token)
    except undoing.LinkGone:
        language = languages.choose(Widget(), header=request.headers.get("Accept-Language", ""))
        return _answer(request, Widget(), language, "undo_expired", {}, HTTPStatus.GONE)
    outcome = "undo_used" if asked.is_used else undoing.undo(asked) if request.method == "POST" else ""
    news, language = asked.news, notices.language_of(asked.case)
    with translation.override(language):
        facts = news.facts(asked.case.profile)
    return _answer(request, news.widget, language, outcome, facts, STATUS.get(outcome, HTTPStatus.OK))


STATUS = {"undo_used": HTTPStatus.GONE, "undo_late": HTTPStatus.CONFLICT}


def _answer(
    request: HttpRequest, widget: Widget, language: str, outcome: str, facts: dict[str, str], status: int
) -> HttpResponse:
    """outcome: the phrase that says what became of it; empty: it is asked."""
    with translation.override(language):
        texts = languages.texts(widget, phrases.WORDS, language)
        shown = {
            "title": texts["undo_title"],
            "text": notices.filled(texts[outcome or "undo_intro"], facts),
            "button": "" if outcome else texts["undo_button"],
        }
        answer = render(request, "identification/undo.html", shown, status=status)
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Content-Language"] = language
    return answer
