from helpdesk.outbox.timers import timer
from helpdesk.users.services.answers import forget_old


@timer("users.answers")
def forget_answers() -> None:
    """Stored answers of idempotent calls live for a day."""
    forget_old()
