from helpdesk.cases.models.attention import Mention, Notification, Turn
from helpdesk.cases.models.case import Case, Label, Priority, Status, Via
from helpdesk.cases.models.message import Attachment, Author, Delivery, Message
from helpdesk.cases.models.rating import Rating
from helpdesk.cases.models.shared import Macro, View

__all__ = (
    "Attachment",
    "Author",
    "Case",
    "Delivery",
    "Label",
    "Macro",
    "Mention",
    "Message",
    "Notification",
    "Priority",
    "Rating",
    "Status",
    "Turn",
    "Via",
    "View",
)
