"""What the tests need from the operating system, and how it is installed on Debian.

No system cluster is made, no system service is started or left enabled, and both files that see to it are put
back as they were.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import servers

SERVERS = frozenset({"full", "pump", "browser"})
TESTS = SERVERS | {"sqlite"}
NO_CLUSTER = "etc/postgresql-common/createcluster.d/helpdesk-tests.conf"
NO_SERVICE = "usr/sbin/policy-rc.d"
FONTS = ("NotoSans-Regular", "NotoColorEmoji")


@dataclass(frozen=True)
class Tool:
    """`phases`: the parts of the test run that need it. `service`: what its package starts at boot."""

    name: str
    packages: tuple[str, ...]
    there: Callable[[], object]
    phases: frozenset[str]
    service: str = ""


TOOLS = (
    Tool("PostgreSQL 15 or newer", ("postgresql",), servers.postgres_programs, SERVERS, "postgresql"),
    Tool("Redis", ("redis-server",), lambda: shutil.which("redis-server"), SERVERS, "redis-server"),
    Tool("Node", ("nodejs",), lambda: shutil.which("node"), TESTS),
    Tool("Chromium", ("chromium",), lambda: shutil.which("chromium"), frozenset({"browser"})),
    Tool(
        "the Noto fonts",
        ("fonts-noto-core", "fonts-noto-color-emoji"),
        lambda: all(any(Path("/usr/share/fonts").rglob(f"{name}.*")) for name in FONTS),
        frozenset({"browser"}),
    ),
)


def provide(phases: Iterable[str], tools: Iterable[Tool] = TOOLS, system: "Debian | None" = None) -> None:
    """Installs what `phases` need and this machine lacks. Raises SystemExit with a sentence if it cannot."""
    missing = [tool for tool in tools if tool.phases & set(phases) and not tool.there()]
    if not missing:
        return
    names = " and ".join(tool.name for tool in missing)
    system = system or Debian()
    if not system.is_debian():
        sys.exit(f"The tests need {names}; this command installs them on Debian only.")
    if not system.may_install():
        packages = " ".join(package for tool in missing for package in tool.packages)
        sys.exit(f"The tests need {names}; run this as root or with sudo, or: apt-get install {packages}")
    print(f"Installing {names}", flush=True)
    system.install(missing)
    if still := [tool.name for tool in missing if not tool.there()]:
        sys.exit(f"Debian's packages were installed, but {' and '.join(still)} cannot be found.")


class Debian:
    """The machine below `root`, changed by root or through sudo."""

    def __init__(self, root: Path = Path("/"), sudo: tuple[str, ...] | None = None) -> None:
        self.root = root
        self.sudo = ("sudo", *(() if sys.stdin.isatty() else ("-n",))) if sudo is None else sudo
        if os.geteuid() == 0:
            self.sudo = ()

    def is_debian(self) -> bool:
        release = self.root / "etc/os-release"
        return release.exists() and "ID=debian" in release.read_text().splitlines()

    def may_install(self) -> bool:
        if not self.sudo:
            return True
        if not shutil.which(self.sudo[0]):
            return False
        return subprocess.run([*self.sudo, "true"], check=False).returncode == 0

    def install(self, tools: Iterable[Tool]) -> None:
        """apt-get install, with no cluster made and no service started."""
        packages = [package for tool in tools for package in tool.packages]
        with (
            self.file(NO_SERVICE, "#!/bin/sh\nexit 101\n", mode="755"),
            self.file(NO_CLUSTER, "create_main_cluster = false\n", mode="644"),
        ):
            apt = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes")
            self.run(*apt, "update")
            self.run(*apt, "install", "--no-install-recommends", *packages)
        services = [tool.service for tool in tools if tool.service]
        if services and shutil.which("systemctl"):
            self.run("systemctl", "--quiet", "disable", *services)

    @contextlib.contextmanager
    def file(self, name: str, text: str, *, mode: str) -> Iterator[None]:
        """`text` stands in the file `name` for the length of the block; what stood there before returns."""
        path = self.root / name
        kept = path.with_name(path.name + ".before-helpdesk-tests")
        if path.exists():
            self.run("mv", str(path), str(kept))
        try:
            self.run("install", "-D", "-m", mode, "/dev/stdin", str(path), text=text)
            yield
        finally:
            self.run("rm", "-f", str(path))
            if kept.exists():
                self.run("mv", str(kept), str(path))

    def run(self, *command: str, text: str = "") -> None:
        """Raises SystemExit with the command that failed; its output has been shown."""
        call = [*self.sudo, *command]
        if subprocess.run(call, input=text.encode(), check=False).returncode:
            sys.exit(f"This command failed: {' '.join(call)}")
