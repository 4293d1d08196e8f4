from helpdesk.outbox.alarm import wake
from helpdesk.outbox.services import watching  # its timers
from helpdesk.outbox.services.draining import drain
from helpdesk.outbox.services.endpoints import forget_trouble, pause, resume, set_cap
from helpdesk.outbox.services.endpoints import of as endpoint
from helpdesk.outbox.services.line import AlreadyDone, EndpointPaused, NotWaiting, cancel, enqueue, park, retry
from helpdesk.outbox.services.sweeping import due, sweep

__all__ = (
    "AlreadyDone",
    "EndpointPaused",
    "NotWaiting",
    "cancel",
    "drain",
    "due",
    "endpoint",
    "enqueue",
    "forget_trouble",
    "park",
    "pause",
    "resume",
    "retry",
    "set_cap",
    "sweep",
    "wake",
    "watching",
)
