"""What a widget's script needs to know before anybody has written: the same for everybody, so it can be kept."""

from typing import Any

from django.utils import timezone

from helpdesk.channels.services import schedules
from helpdesk.widget import languages, phrases
from helpdesk.widget.colors import ink
from helpdesk.widget.models import Chat


def look(chat: Chat, language: str) -> dict[str, Any]:
    """Phrases, colours and switches in one language; whether anybody is there now."""
    return {
        "id": chat.widget.public_id,
        "lang": language,
        "dir": languages.direction(language),
        "texts": languages.texts(chat.widget, phrases.WORDS, language),
        "color": chat.color,
        "ink": ink(chat.color),
        "side": chat.side,
        "mode": chat.mode,
        "asks": {"name": chat.asks_name, "email": chat.asks_email, "consent": chat.asks_consent},
        "files": chat.uploads,
        "rating": chat.rating,
        "transcript": chat.transcript,
        "greets": _greets(chat),
        "faces": chat.faces,
        "days": chat.days,
        **_hours(chat),
    }


def _greets(chat: Chat) -> dict[str, Any] | None:
    if not chat.greets:
        return None
    pages = [line.strip() for line in chat.greet_on.splitlines() if line.strip()]
    return {"on": pages, "after": chat.greet_after}


def _hours(chat: Chat) -> dict[str, Any]:
    """there: None where there are no business hours. back_at: when they begin again."""
    calendar = schedules.calendars().get(chat.schedule_id) if chat.schedule_id else None
    if calendar is None:
        return {"there": None, "back_at": None}
    now = timezone.now()
    there = calendar.is_open(now)
    back = None if there else calendar.opens_at(now)
    return {"there": there, "back_at": back.isoformat() if back else None}
