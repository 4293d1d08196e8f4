"""What has to be in place before the first request: tables and static files."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from helpdesk.ops.lock import CannotStart

STAMP = "static.stamp"


def migrate() -> bool:
    """Brings the tables up to date; whether there was anything to do. Raises CannotStart."""
    try:
        if not unapplied():
            return False
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    except DatabaseError as error:
        raise CannotStart(f"The database cannot be used: {_line(error)}.") from error
    return True


def unapplied() -> list[str]:
    """Names of the migrations that this database lacks, as `cases.0001_initial`."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def collect() -> bool:
    """Collects the static files where they changed since the last time; whether they did."""
    stamp, now = Path(settings.DATA_DIR) / STAMP, _sources()
    if stamp.exists() and stamp.read_text() == now:
        return False
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0, skip_checks=True)
    stamp.write_text(now)
    return True


def _sources() -> str:
    """A hash over names, sizes and times of all static files, and over where they go and how."""
    seen = hashlib.sha256(f"{settings.STATIC_ROOT} {settings.STORAGES['staticfiles']}".encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            facts = Path(storage.path(name)).stat()
            seen.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def _line(error: Exception) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")
