from helpdesk.cases.models.case import Case, Label, Priority, Status
from helpdesk.cases.models.message import Attachment, Author, Delivery, Message
from helpdesk.cases.models.shared import Macro, View

__all__ = (
    "Attachment",
    "Author",
    "Case",
    "Delivery",
    "Label",
    "Macro",
    "Message",
    "Priority",
    "Status",
    "View",
)
