"""What `make test` runs: the checks of the code, the phases of the tests, the narrower and longer runs."""

import base64
import re
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path

PYTHON = (sys.executable, "-m")
SETTINGS = Path(__file__).resolve().parent.parent / "helpdesk/settings.py"
# All that the settings read: what a person has set for a helpdesk of their own must not reach the tests.
FOREIGN = sorted(set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', SETTINGS.read_text())) - {"DATA_DIR"})
STRAYS = ("DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS")


@dataclass(frozen=True)
class Phase:
    """Tests that run together. `select`: a marker expression. `environment`: what the tests are told."""

    name: str
    vendor: str
    select: str
    title: str
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    servers: bool = True


# PUMP is the product's own setting, the others tell the tests.
FULL = {"HELPDESK_PROFILE": "full", "HELPDESK_WORKER": "on", "HELPDESK_PUMP": "off", "PUMP": "off"}
PUMP = {**FULL, "HELPDESK_WORKER": "off", "HELPDESK_PUMP": "on", "PUMP": "on"}
EMBEDDED = {**PUMP, "HELPDESK_PROFILE": "embedded"}
BOTH = "(both or full) and not embedded and not browser"
PHASES = (
    Phase(
        "sqlite",
        "sqlite",
        "not full and not browser",
        "everything on an SQLite file",
        EMBEDDED,
        ("-n", "2"),
        servers=False,
    ),
    Phase("full", "postgresql", BOTH, "PostgreSQL, Redis and a real worker; the pump is off", FULL),
    Phase("pump", "postgresql", f"{BOTH} and not once", "PostgreSQL, Redis and the pump; the worker is off", PUMP),
    Phase(
        "browser",
        "postgresql",
        "browser",
        "Chromium, on PostgreSQL, Redis and a real worker",
        {**FULL, "DJANGO_ALLOW_ASYNC_UNSAFE": "true"},  # Playwright's event loop lives in the tests' thread
    ),
)
NAMES = ("lint", *(phase.name for phase in PHASES))

CHECKS = {
    "ruff check": (*PYTHON, "ruff", "check", "."),
    "ruff format": (*PYTHON, "ruff", "format", "--check", "."),
    "mypy": (*PYTHON, "mypy"),
    "import contracts": (
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c(['--no-logo'])",
    ),
    "migrations": (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"),
    "deployment": (sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
}
DEPLOYED = {  # a desk in earnest; nothing connects to the addresses
    "ALLOWED_HOSTS": "desk.example.com",
    "BASE_URL": "https://desk.example.com",
    "DATABASE_URL": "postgres://helpdesk@127.0.0.1:1/helpdesk",
    "DEFAULT_FROM_EMAIL": "desk@example.com",
    "EMAIL_URL": "smtp+tls://desk:secret@127.0.0.1:1",
    "FIELD_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": secrets.token_urlsafe(64),
}

# Which tests a longer or narrower run takes, in which phases, and what it tells pytest.
NARROWED = {
    "promises": ("(promise or seed) and not soak", NAMES[1:], ()),
    "soak": ("soak", ("sqlite", "full"), ()),
    "fuzz": ("hypothesis and not soak", ("sqlite",), ("--hypothesis-profile=fuzz",)),
    "": ("not soak", NAMES, ()),
}
