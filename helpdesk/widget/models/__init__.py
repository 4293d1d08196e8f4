from helpdesk.widget.models.chats import Asks, Chat, Face, Mode, Side
from helpdesk.widget.models.sessions import Session, Sessions

__all__ = ("Asks", "Chat", "Face", "Mode", "Session", "Sessions", "Side")
