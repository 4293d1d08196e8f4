from helpdesk.outbox.timing import timer
from rules import services


@timer("rules.ring")
def ring() -> None:
    """Looks at the time rules whose clocks have run out."""
    services.ring()


@timer("rules.forget")
def forget() -> None:
    """Drops traces and pauses that were kept long enough."""
    services.forget_old()
    services.forget_old_pauses()
