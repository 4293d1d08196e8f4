"""How cases and messages look in the API, and what their bodies may hold."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from helpdesk.cases import files
from helpdesk.cases.models import Attachment, Case, Message, Priority, Status
from helpdesk.lib.api import Strict
from helpdesk.users.api.shapes import Addresses, Exact, Id, Text, UserData

MOST_URLS = files.MOST


class Content(Strict):
    """A message: text or HTML, files by multipart or by address."""

    content = Text(required=False, allow_blank=True, trim_whitespace=False)
    content_html = Text(required=False, allow_blank=True, trim_whitespace=False)
    external_id = Exact(required=False)
    attachments = serializers.ListField(child=serializers.FileField(), required=False, max_length=files.MOST)
    attachment_urls = serializers.ListField(child=Text(max_length=2048), required=False, max_length=MOST_URLS)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        said = (data.get("content") or "").strip() or (data.get("content_html") or "").strip()
        if not said and not data.get("attachments") and not data.get("attachment_urls"):
            raise serializers.ValidationError({"content": [_("Give content, content_html or a file.")]})
        return data


class CaseFacts(Strict):
    subject = Text(required=False, allow_blank=True, max_length=300)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    group_id = Id(required=False)
    staff_id = Id(required=False)
    labels = serializers.ListField(child=Id(), required=False, max_length=50)


class NewCase(Content, CaseFacts, Addresses, UserData):
    """POST cases/."""

    channel = Text(required=False, max_length=40)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        data = super().validate(data)
        if not any(data.get(name) for name in ("user_id", "user_email", "user_phone", "user_custom_id")):
            raise serializers.ValidationError(
                {"user_custom_id": [_("Say who writes: user_custom_id, user_email, user_phone or user_id.")]}
            )
        if data.get("user_custom_id") and not data.get("channel"):
            raise serializers.ValidationError({"channel": [_("user_custom_id needs a channel, such as cch1.")]})
        return data


class NewMessage(Content):
    """POST cases/{id}/messages/: user_id as the customer, staff_id as an agent."""

    user_id = Id(required=False)
    staff_id = Id(required=False)
    if_last_message_id = Id(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        data = super().validate(data)
        if ("user_id" in data) == ("staff_id" in data):
            raise serializers.ValidationError(
                {"user_id": [_("Give either user_id (as the customer) or staff_id (as an agent).")]}
            )
        return data


class Note(Content):
    staff_id = Id(required=False)


class ChangeCase(CaseFacts):
    """PATCH cases/{id}/. null takes the group or the assignee away."""

    status = serializers.ChoiceField(Status.choices, required=False)
    group_id = Id(required=False, allow_null=True)
    staff_id = Id(required=False, allow_null=True)
    custom_fields = serializers.DictField(required=False)


class EndChat(Strict):
    status = serializers.ChoiceField(Status.choices)


class Into(Strict):
    case_id = Id()


class Assign(Strict):
    staff_id = Id(allow_null=True)


class Snooze(Strict):
    until = serializers.DateTimeField()


class RunMacro(Strict):
    macro_id = Id()


class ChangeLabels(Strict):
    add = serializers.ListField(child=Id(), required=False, max_length=50)
    remove = serializers.ListField(child=Id(), required=False, max_length=50)


def show_case(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.pk,
        "case_number": case.number,
        "subject": case.subject,
        "user_id": case.profile_id,
        "person_id": case.profile.person_id,
        "channel": case.channel.api_key,
        "status": case.status,
        "priority": case.priority,
        "group_id": case.group_id,
        "staff_id": case.assignee_id,
        "labels": [label.pk for label in case.labels.all()],
        "custom_fields": case.values,
        "language_id": case.language,
        "active_chat": case.active_chat,
        "snoozed_until": case.snoozed_until.isoformat() if case.snoozed_until else None,
        "rating": case.rating,
        "merged_into": case.merged_into_id,
        "identified": case.profile.is_identified,
        "level": case.profile.level,
        "messages_count": case.messages_count,
        "last_message_id": case.last_message_id,
        "created_at": case.created_at.isoformat(),
        "updated_at": case.last_activity_at.isoformat(),
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
    }


def show_message(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.pk,
        "case_id": message.case_id,
        "author": message.author,
        "user_id": message.profile_id,
        "staff_id": message.agent_id,
        "rule_id": message.rule_id,
        "content": message.text,
        "content_html": message.html,
        "note": message.note,
        "external_id": message.external_id,
        "level": message.level,
        "delivery": {
            "state": message.delivery,
            "attempts": message.attempts,
            "delivered_at": message.delivered_at.isoformat() if message.delivered_at else None,
            "next_try_at": message.next_try_at.isoformat() if message.next_try_at else None,
            "problem": message.problem,
        },
        "attachments": [show_attachment(one) for one in message.attachments.all()],
        "created_at": message.created_at.isoformat(),
    }


def show_attachment(attachment: Attachment) -> dict[str, Any]:
    ready = attachment.state == "ready"
    return {
        "file_id": attachment.pk,
        "file_name": attachment.name,
        "file_size": attachment.size,
        "mime_type": attachment.mime,
        "state": attachment.state,
        "problem": attachment.problem,
        "url": files.link(attachment, "api") if ready else None,
    }
