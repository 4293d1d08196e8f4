"""The demo's pages, connected to a desk that runs in the same tests."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured

from helpdesk.ops import demo_data

if not configured.DEMO:
    raise pytest.UsageError("tests/demo needs the setting DEMO=on, which tests/run.py sets")


@pytest.fixture
def connected(live_server: Any, settings: Any, tmp_path: Path) -> dict[str, Any]:
    """Demo data whose address is the tests' server, for both directions."""
    settings.DATA_DIR = tmp_path
    settings.BASE_URL = live_server.url
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8 [::1/128]"
    return demo_data.make()
