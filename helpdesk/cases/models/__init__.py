from helpdesk.cases.models.attention import Mention, Notification, Reason, Turn
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
    "Reason",
    "Status",
    "Turn",
    "Via",
    "View",
)
