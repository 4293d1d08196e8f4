from helpdesk.cases.services import end_silent_chats, wake_due
from helpdesk.outbox.timing import timer


@timer("cases.silence")
def silence() -> None:
    """Ends chats in which nobody wrote for a while."""
    end_silent_chats()


@timer("cases.snoozed")
def snoozed() -> None:
    """Wakes the cases whose time has come."""
    wake_due()
