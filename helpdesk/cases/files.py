"""Attachments: stored under random names before the transaction, tied to a message in it, served by signed links."""

import mimetypes
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import puremagic
from django.core import signing
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models import Attachment, Message
from helpdesk.cases.models.message import upload_path
from helpdesk.events.occasion import current
from helpdesk.lib import egress
from helpdesk.lib.errors import Refusal
from helpdesk.outbox import services as outbox
from helpdesk.users.models import Agent

MOST = 10
LARGEST = 25 * 1024 * 1024
LINK_AGE = 14 * 24 * 3600
SALT = "helpdesk.attachment"
UNKNOWN = "application/octet-stream"
# {kind of audience: the files that this one may have, by its number}; apps above add theirs.
AUDIENCES: dict[str, Callable[[int], QuerySet[Attachment]]] = {}
# Shown in the browser; everything else is downloaded.
INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class FileRefused(Refusal):
    code = "file_refused"
    sentence = _("This file cannot be taken.")


@dataclass(frozen=True)
class Stored:
    """A file that lies in the storage already, or an address to fetch it from."""

    token: uuid.UUID
    name: str
    size: int = 0
    mime: str = ""
    path: str = ""
    source_url: str = ""


def store(upload: File) -> Stored:
    """Writes an upload under a random name. size in bytes; mime from the content, never from the sender's header."""
    if (upload.size or 0) > LARGEST:
        raise FileRefused(_("A file may have at most 25 MB."))
    token = uuid.uuid4()
    name = _clean_name(upload.name or "file")
    mime = _mime(upload, name)
    path = default_storage.save(upload_path(Attachment(token=token), name), upload)
    return Stored(token=token, name=name, size=upload.size or 0, mime=mime, path=path)


def discard(stored: Iterable[Stored]) -> None:
    """Throws files away that no message has got."""
    paths = {one.token: one.path for one in stored if one.path}
    if not paths:
        return
    try:
        kept = set(Attachment.objects.filter(token__in=paths).values_list("token", flat=True))
    except DatabaseError:
        return  # a file too many does no harm, one too few would
    for token in paths.keys() - kept:
        default_storage.delete(paths[token])


def _clean_name(name: str) -> str:
    """The last part of the name, without control, direction and zero-width characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:255].strip(". ") or "file"


def _mime(upload: File, name: str) -> str:
    """What the content is. A picture that calls itself something else is neither: it could be both."""
    upload.seek(0)
    head = upload.read(4096)
    upload.seek(0)
    try:
        found = str(puremagic.from_string(head, mime=True)) or UNKNOWN
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    called, _encoding = mimetypes.guess_type(name)
    return UNKNOWN if found in INLINE and called not in {None, found} else found


def attach(message: Message, stored: Iterable[Stored]) -> None:
    """Ties stored files to a message."""
    rows = [
        Attachment(
            message=message,
            token=one.token,
            file=one.path,
            name=one.name,
            size=one.size,
            mime=one.mime,
            state="fetching" if one.source_url else "ready",
            source_url=one.source_url,
        )
        for one in stored
    ]
    for row in Attachment.objects.bulk_create(rows) if rows else ():
        # At hand for the reactors, as the message itself.
        current().hold(row)
        if row.source_url:
            outbox.enqueue("fetch_file", lane=f"file:{row.token.hex}", group="files", body={"attachment": row.pk})


def link(attachment: Attachment, audience: str) -> str:
    """A signed path, good for 14 days, bound to the file and to whom it was given (`channel:5`)."""
    proof = signing.TimestampSigner(salt=SALT).sign_object([attachment.token.hex, audience])
    return reverse("cases:file", args=[proof])


def opened(proof: str, by: Any = None) -> Attachment:
    """The attachment behind a signed link; by: who is signed in. Raises Attachment.DoesNotExist for any other.

    An agent's link is for that agent, as long as the case is theirs to see; a channel's ends with the channel.
    """
    try:
        token, audience = signing.TimestampSigner(salt=SALT).unsign_object(proof, max_age=LINK_AGE)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Attachment.DoesNotExist from error
    kind, _colon, number = str(audience).partition(":")
    attachments = Attachment.objects.all()
    if kind == "agent":
        mine = isinstance(by, Agent) and str(by.pk) == number
        attachments = attachments.filter(message__in=Message.objects.visible_to(by)) if mine else attachments.none()
    elif kind in AUDIENCES:
        attachments = AUDIENCES[kind](int(number))
    elif kind == "channel":
        attachments = attachments.filter(message__channel=int(number), message__channel__active=True)
    return attachments.get(token=uuid.UUID(token), state="ready")


def to_fetch(url: str) -> Stored:
    """A file that the outbox will fetch. Raises FileRefused where the address may not be called."""
    try:
        egress.check(url)
    except egress.EgressError as error:
        raise FileRefused(str(error)) from error
    name = _clean_name(unquote(urlsplit(url).path))
    return Stored(token=uuid.uuid4(), name=name, source_url=url)


def fetched(attachment: Attachment, content: bytes) -> None:
    """Keeps what an address gave."""
    upload = ContentFile(content, name=attachment.name)
    one = store(upload)
    attachment.file.name, attachment.token = one.path, one.token
    attachment.size, attachment.mime, attachment.state = one.size, one.mime, "ready"
    attachment.save(update_fields=["file", "token", "size", "mime", "state"])


def not_fetched(attachment: Attachment, problem: str) -> None:
    attachment.state, attachment.problem = "failed", problem[:200]
    attachment.save(update_fields=["state", "problem"])
