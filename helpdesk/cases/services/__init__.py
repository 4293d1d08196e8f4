from helpdesk.cases.services.concealing import conceal
from helpdesk.cases.services.delivery import (
    Report,
    delivered,
    failed,
    read,
    refused,
    report,
    retrying,
    sending,
    switched_off,
)
from helpdesk.cases.services.giving import Pool, assign_in_turn, assign_least_loaded, fix_chat, fix_chat_in_turn
from helpdesk.cases.services.holding import hold, hold_all
from helpdesk.cases.services.incoming import Draft, Receipt, receive, received
from helpdesk.cases.services.lifecycle import change_status, end_chat, end_silent_chats, take_chat
from helpdesk.cases.services.merging import merge, survivor, unmerge
from helpdesk.cases.services.notifying import notify
from helpdesk.cases.services.opening import Facts, open_case
from helpdesk.cases.services.outgoing import SaidBefore, note, reply, said_before
from helpdesk.cases.services.properties import (
    add_labels,
    assign,
    remove_labels,
    set_group,
    set_priority,
    set_subject,
    set_value,
)
from helpdesk.cases.services.rating import rate, request_rating
from helpdesk.cases.services.resending import cancel_sending, send_again
from helpdesk.cases.services.snoozing import snooze, wake, wake_due
from helpdesk.cases.services.typing import typing

set_status = change_status

__all__ = (
    "Draft",
    "Facts",
    "Pool",
    "Receipt",
    "Report",
    "SaidBefore",
    "add_labels",
    "assign",
    "assign_in_turn",
    "assign_least_loaded",
    "cancel_sending",
    "change_status",
    "conceal",
    "delivered",
    "end_chat",
    "end_silent_chats",
    "failed",
    "fix_chat",
    "fix_chat_in_turn",
    "hold",
    "hold_all",
    "merge",
    "note",
    "notify",
    "open_case",
    "rate",
    "read",
    "receive",
    "received",
    "refused",
    "remove_labels",
    "reply",
    "report",
    "request_rating",
    "retrying",
    "said_before",
    "send_again",
    "sending",
    "set_group",
    "set_priority",
    "set_status",
    "set_subject",
    "set_value",
    "snooze",
    "survivor",
    "switched_off",
    "take_chat",
    "typing",
    "unmerge",
    "wake",
    "wake_due",
)
