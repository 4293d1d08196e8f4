"""Processes of the product that work on the database of the tests."""

import os
from pathlib import Path

from django.db import connection

from tests import servers

ROOT = Path(__file__).resolve().parent.parent


def environment(**more: str) -> dict[str, str]:
    """What a process needs to stand on the same database, data and Redis; it may call loopback."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        url = servers.with_database(os.environ["DATABASE_URL"], name)
    own = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "helpdesk.settings", "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **own, "EGRESS_ALLOW_NETWORKS": "127.0.0.0/8", **more}
