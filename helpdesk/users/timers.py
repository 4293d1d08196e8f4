from helpdesk.outbox.timing import timer
from helpdesk.users.services import answers, plans, sessions


@timer("users.answers")
def forget_answers() -> None:
    """Stored answers of idempotent calls live for a day."""
    answers.forget_old()


@timer("users.sessions")
def forget_sessions() -> None:
    sessions.forget_old()


@timer("users.plans")
def forget_plans() -> None:
    """Plans hold for an hour."""
    plans.forget_old()
