from helpdesk.outbox.timing import timer
from helpdesk.widget.services import sessions


@timer("widget.sessions")
def forget_sessions() -> None:
    """Sessions of visitors who have not come back for long."""
    sessions.forget_old()
