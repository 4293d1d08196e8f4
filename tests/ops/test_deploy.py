"""The files of deploy/: they agree with each other, with the settings and with what the tests start."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.deployed import DEPLOY, PROCESSES, ROOT, by_compose, by_systemd, compose, here
from tests.phases import FOREIGN

SETTINGS = {*FOREIGN, "DATA_DIR"}
# Not for an operator of the full profile: for development, for the demo, for the embedded profile, for later.
NOT_OFFERED = {"DEBUG", "DEMO", "PUMP", "FILES_URL"}
LINE = re.compile(r"^#?([A-Z][A-Z_]+)=(.*)$", re.M)
EXAMPLE = (DEPLOY / "env.example").read_text()
COMMON = (DEPLOY / "systemd/helpdesk-.service.d/common.conf").read_text()
OURS = (*PROCESSES, "migrate")


def _service(name: str) -> dict[str, Any]:
    service: dict[str, Any] = compose()["services"][name]
    return service


# Command lines


@pytest.mark.parametrize("name", PROCESSES)
def test_compose_and_systemd_start_the_same(name: str) -> None:
    assert here(by_compose(name)) == here(by_systemd(name))


def test_the_worker_is_the_one_that_the_tests_start() -> None:
    started = servers.worker_command(Path("/home"))
    assert here(by_compose("worker")) == [word for word in started if not word.startswith(("--beat", "--schedule="))]


def test_every_unit_belongs_to_the_target_and_waits_for_the_tables() -> None:
    target = (DEPLOY / "systemd/helpdesk.target").read_text()
    units = sorted(path.stem for path in (DEPLOY / "systemd").glob("helpdesk-*.service"))
    assert units == sorted(f"helpdesk-{name}" for name in OURS)
    for name in PROCESSES:
        unit = (DEPLOY / f"systemd/helpdesk-{name}.service").read_text()
        assert f"helpdesk-{name}.service" in target
        assert "Requires=helpdesk-migrate.service" in unit
        assert "PartOf=helpdesk.target" in unit
        assert "Restart=always" in unit


# The shape of compose.yml


def test_compose_has_all_processes_and_their_engines() -> None:
    assert set(compose()["services"]) == {*OURS, "postgres", "redis"}


def test_images_are_named_by_version() -> None:
    images = {service["image"] for service in compose()["services"].values()}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"helpdesk:{version}" in images
    assert [image for image in images if not re.fullmatch(r"[a-z]+:\d+(\.\d+)+(-[a-z]+)?", image)] == []


@pytest.mark.parametrize("name", OURS)
def test_a_try_under_way_has_time_to_end(name: str) -> None:
    assert _service(name)["stop_grace_period"] == "40s"
    assert "TimeoutStopSec=40" in COMMON


@pytest.mark.parametrize("name", [*PROCESSES, "postgres", "redis"])
def test_a_process_that_ends_is_started_again_and_looked_after(name: str) -> None:
    assert _service(name)["restart"] == "unless-stopped"
    assert _service(name)["healthcheck"]["test"]


def test_redis_throws_nothing_away_and_only_the_proxy_of_this_machine_reaches_us() -> None:
    assert "--maxmemory-policy noeviction" in _service("redis")["command"][-1]
    ports = [port for service in compose()["services"].values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8000:8000", "127.0.0.1:8001:8001"]
    assert compose()["networks"]["back"]["internal"] is True


@pytest.mark.parametrize("name", OURS)
def test_a_process_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = _service(name)
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_image_installs_the_lock_and_runs_as_nobody_in_particular() -> None:
    lines = (DEPLOY / "Dockerfile").read_text()
    assert "--require-hashes -r /run.txt" in lines
    last = lines.rpartition("\nFROM ")[2]
    assert re.search(r"^USER helpdesk$", last, re.M)
    assert last.index("collectstatic") < last.index("USER helpdesk") < last.index("CMD [")
    assert re.search(r"^HEALTHCHECK .* CMD \[\"python\"", last, re.M)


def test_nobodys_settings_get_into_the_image() -> None:
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert "*" in kept
    assert {line[1:] for line in kept if line.startswith("!")} == {
        "manage.py", "LICENSE", "requirements/run.txt", "helpdesk", "channels_custom", "identification", "rules",
        "templates", "static",
    }  # fmt: skip


# Settings


def _offered() -> dict[str, str]:
    return dict(LINE.findall(EXAMPLE))


def _of_compose() -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{(\w+)", (DEPLOY / "compose.yml").read_text()))


def test_every_line_of_the_example_is_a_setting() -> None:
    assert set(_offered()) == (SETTINGS | _of_compose()) - NOT_OFFERED


def test_every_setting_of_the_example_has_its_sentence() -> None:
    for before, after in zip(EXAMPLE.splitlines(), EXAMPLE.splitlines()[1:], strict=False):
        if LINE.match(after):
            assert before.startswith("#"), f"nothing is said about {after}"
            assert not LINE.match(before), f"nothing is said about {after}"


def test_no_secret_is_given_away_with_the_example() -> None:
    secret = {"SECRET_KEY", "FIELD_KEY", "METRICS_TOKEN", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert {name for name, value in _offered().items() if value} & secret == set()


def test_the_environment_of_compose_is_known() -> None:
    assert set(_service("web")["environment"]) <= SETTINGS


# Proxies


def test_both_proxies_send_streams_where_compose_serves_them() -> None:
    nginx, caddy = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    assert re.search(r"helpdesk_live \{\s+server 127.0.0.1:8001;", nginx)
    assert re.search(r"location /live/ \{\s+proxy_pass http://helpdesk_live;\s+proxy_buffering off;", nginx)
    assert re.search(r"handle /live/\* \{\s+reverse_proxy 127.0.0.1:8001 \{\s+flush_interval -1", caddy)


def test_both_proxies_drop_headers_that_only_look_like_theirs() -> None:
    assert "underscores_in_headers off;" in (DEPLOY / "nginx.conf").read_text()
    assert "request_header -*_*" in (DEPLOY / "Caddyfile").read_text()
