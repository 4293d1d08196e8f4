from helpdesk.cases.services import end_silent_chats
from helpdesk.outbox.timing import timer


@timer("cases.silence")
def silence() -> None:
    """Ends chats in which nobody wrote for a while."""
    end_silent_chats()
