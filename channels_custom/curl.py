"""A delivery as a command line, for those who look for a fault in their receiver."""

import json
import shlex

from channels_custom import bodies, headers
from channels_custom.models import CustomChannel
from helpdesk.outbox.models import Job

MASK = "***"


def command(job: Job, channel: CustomChannel) -> str:
    """What would be sent now, quoted for a POSIX shell; without anything secret: no signature, no header values."""
    sent = {
        "content-type": job.body.get("content_type", bodies.JSON),
        **dict.fromkeys(headers.parsed(channel.headers), MASK),
        "webhook-id": job.public_id,
    }
    lines = [f"curl -X POST {shlex.quote(channel.webhook_url)}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in sent.items()]
    lines += ['-H "webhook-timestamp: $(date +%s)"', "-H 'webhook-signature: v1,SIGNATURE'"]
    # Not --data, which would read a file where the body begins with @.
    lines.append(f"--data-raw {shlex.quote(_body(job))}")
    return " \\\n  ".join(lines)


def _body(job: Job) -> str:
    """The frozen body. What a terminal would obey when it is pasted is written as JSON writes it."""
    text = bytes(job.payload or b"").decode(errors="replace")
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
