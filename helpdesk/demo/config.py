"""What an integrator gets from the helpdesk's administrator: addresses, keys and ids.

Here `manage.py demo` has written them to a file; a company of its own would keep them with its other secrets.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

FILE = "demo.json"


class NotConnected(Exception):
    """The demo data was not made yet."""

    def __str__(self) -> str:
        return "The demo data is missing: run manage.py demo."


@dataclass(frozen=True, slots=True)
class Config:
    """url: the helpdesk, without a slash at the end. channel: `cch1`, the name of our channel in the API."""

    url: str
    api_key: str
    channel_id: int
    channel: str
    webhook_secret: str
    widget: str
    kid: str
    signing_secret: str


def read() -> Config:
    """The values as they are now: they change when `manage.py demo` runs again. Raises NotConnected."""
    try:
        said = json.loads((Path(settings.DATA_DIR) / FILE).read_text())
        channel = said["custom_channels"][0]
        return Config(
            url=said["url"],
            api_key=said["api_key"],
            channel_id=channel["channel_id"],
            channel=channel["channel_api_key"],
            webhook_secret=channel["secret"],
            widget=said["widgets"]["identification"],
            kid=said["signing_key"]["kid"],
            signing_secret=said["signing_key"]["secret"],
        )
    except (OSError, ValueError, LookupError) as error:
        raise NotConnected from error
