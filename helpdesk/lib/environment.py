"""Reading settings: each wrong value becomes one sentence that names the setting and says what it takes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from helpdesk.lib.postgres import Limits


class Environment:
    """Typed reading of environment variables. Raises ImproperlyConfigured with one sentence."""

    def __init__(self) -> None:
        self.env = environ.Env()

    def text(self, name: str, default: str = "") -> str:
        return str(self.env.str(name, default=default)).strip()

    def read(self, name: str, default: Any, takes: str, parse: Callable[[str], Any]) -> Any:
        raw = self.text(name)
        if not raw:
            return default
        try:
            return parse(raw)
        except (ValueError, KeyError, OSError, ImproperlyConfigured) as error:
            raise ImproperlyConfigured(f"{name} is {raw!r}, but it takes {takes}.") from error

    def flag(self, name: str, *, default: bool) -> bool:
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }
        return bool(self.read(name, default, "yes or no", lambda raw: words[raw.lower()]))

    def number(self, name: str, *, default: int, least: int) -> int:
        def parse(raw: str) -> int:
            value = int(raw)
            if value < least:
                raise ValueError(raw)
            return value

        return int(self.read(name, default, f"a whole number from {least}", parse))

    def words(self, name: str) -> list[str]:
        return [word for word in self.text(name).replace(",", " ").split() if word]

    def folder(self, name: str, *, default: Path) -> Path:
        path = Path(self.read(name, default, "the path of a folder", Path)).absolute()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(f"{name} is {str(path)!r}, but this folder cannot be made.") from error
        return path

    def url(self, name: str, *, default: str) -> str:
        def parse(raw: str) -> str:
            parts = urlsplit(raw)
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
                raise ValueError(raw)
            return raw

        return str(self.read(name, default, "an address such as https://desk.example.com, without a path", parse))

    def own_hosts(self, base_url: str) -> list[str]:
        """The host of our own address, and the names of this machine."""
        return [urlsplit(base_url).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]

    def fernet_keys(self, name: str) -> list[str]:
        def parse(raw: str) -> list[str]:
            keys = raw.replace(",", " ").split()
            for key in keys:
                Fernet(key)
            return keys

        found: list[str] = self.read(name, [], "one or more Fernet keys (32 bytes in URL-safe base 64)", parse)
        return found

    def redis(self, name: str) -> str:
        def parse(raw: str) -> str:
            if urlsplit(raw).scheme not in {"redis", "rediss", "unix"}:
                raise ValueError(raw)
            return raw

        return str(self.read(name, "", "an address such as redis://localhost:6379/0", parse))

    def checked(self, name: str, check: Callable[[str], Any]) -> str:
        """Text that a parser accepts; the parser's own sentence is shown otherwise."""
        raw = self.text(name)
        try:
            if raw:
                check(raw)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} cannot be used: {error}") from error
        return raw

    def zone(self, name: str, *, default: str) -> str:
        return str(self.read(name, default, "a time zone such as Europe/Berlin", lambda raw: ZoneInfo(raw).key))

    def mail(self, name: str) -> dict[str, Any]:
        """Django's mail settings. Without an address, mail goes to the log."""
        if not self.text(name):
            return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
        parsed: dict[str, Any] = self.read(
            name,
            {},
            "an address such as smtp+tls://user:password@host:587",
            lambda _raw: self.env.email_url(name),
        )
        return parsed

    def database(self, name: str, data_dir: Path, limits: Limits) -> dict[str, Any]:
        """PostgreSQL by DATABASE_URL, whose own options win over our limits; else SQLite in DATA_DIR."""
        config: dict[str, Any] = self.read(name, {}, "postgres://user:password@host:5432/name", self._parse_database)
        if config and "sqlite" not in config["ENGINE"]:
            options = {**limits.options(), **config.get("OPTIONS", {})}
            return {**config, "CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
        return {
            "ENGINE": "helpdesk.lib.sqlite",
            "NAME": config.get("NAME") or data_dir / "helpdesk.sqlite3",
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
            },
            # A file: an in-memory database shared by threads answers "table is locked" at once.
            "TEST": {"NAME": data_dir / "test.sqlite3"},
        }

    def _parse_database(self, raw: str) -> dict[str, Any]:
        if urlsplit(raw).scheme not in {"postgres", "postgresql", "sqlite"}:
            raise ValueError(raw)
        return dict(self.env.db_url_config(raw))
