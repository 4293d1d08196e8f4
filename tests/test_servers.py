"""The private servers: each answers inside its block and is gone after it, also when it was frozen."""

import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from redis import Redis

from tests import servers

pytestmark = pytest.mark.full  # where the servers are installed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that PostgreSQL's user may pass through."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path


def deaf(url: str) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) != 0


def test_postgres_is_empty_unprivileged_durable_and_gone_afterwards(home: Path) -> None:
    with servers.postgres(home) as server, psycopg.connect(server.url) as database:
        assert database.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)
        assert database.execute("SHOW fsync").fetchone() == ("on",)
        assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0
        url, process = server.url, server.process
    assert process.poll() is not None
    assert deaf(url)


def test_postgres_lets_nobody_in_without_the_password(home: Path) -> None:
    with servers.postgres(home) as server:
        stranger = urlsplit(server.url)._replace(netloc=f"helpdesk:guess@127.0.0.1:{urlsplit(server.url).port}")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(stranger.geturl())


def test_a_frozen_redis_is_gone_afterwards_and_leaves_no_file(tmp_path: Path) -> None:
    with servers.redis(tmp_path) as server:
        assert Redis.from_url(server.url).set("key", "value")
        server.process.send_signal(signal.SIGSTOP)
    assert server.process.poll() is not None
    assert deaf(server.url)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["redis.conf", "redis.log"]


def test_two_servers_live_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with servers.redis(tmp_path / "a") as one, servers.redis(tmp_path / "b") as other:
        Redis.from_url(one.url).set("key", "value")
        assert Redis.from_url(other.url).get("key") is None


def test_a_worker_that_cannot_start_says_why(tmp_path: Path) -> None:
    broken = {**os.environ, "DJANGO_SETTINGS_MODULE": "nowhere.settings"}
    with pytest.raises(RuntimeError, match="Unable to load celery application"), servers.worker(tmp_path, broken):
        pytest.fail("it started")
