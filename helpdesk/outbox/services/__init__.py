from helpdesk.outbox.alarm import wake
from helpdesk.outbox.services.draining import drain
from helpdesk.outbox.services.line import AlreadyDone, NotWaiting, cancel, enqueue, retry
from helpdesk.outbox.services.sweeping import due, sweep

__all__ = ("AlreadyDone", "NotWaiting", "cancel", "drain", "due", "enqueue", "retry", "sweep", "wake")
