"""The runner: how results are counted and told, what it ends, and what it does to a Debian machine."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests import conftest, run, servers
from tests.debian import NO_CLUSTER, NO_SERVICE, Debian, Tool, provide
from tests.plugins.promises import pytest_collection_modifyitems
from tests.results import Result, last_line, promises, table
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent
ONE_OF_EACH = """
import pytest

@pytest.mark.promise("P6", "A14")
def test_passes(): pass

@pytest.mark.promise("A14")
def test_fails(): assert False

@pytest.fixture
def broken(): raise RuntimeError

def test_is_in_error(broken): pass

@pytest.mark.skip(reason="lazy")
@pytest.mark.seed("000", "valid for only 5 minutes")
def test_is_skipped(): pass
"""


def pytest_on(folder: Path, text: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Runs a test file by itself, with the marks of the project and without its database."""
    (folder / "test_it.py").write_text(text)
    junit = folder / "junit.xml"
    alone = ["-c", os.devnull, "--rootdir", str(folder), "-p", "no:django", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-p", "tests.plugins.promises", f"--junitxml={junit}", *alone]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "DJANGO"))}
    done = subprocess.run(
        [*command, str(folder)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return done, junit


def test_what_pytest_wrote_is_counted_by_outcome_and_promise(tmp_path: Path) -> None:
    done, junit = pytest_on(tmp_path, ONE_OF_EACH)
    result = Result("sqlite", "sqlite")
    run.judge(result, junit, done.returncode, narrowed=False)
    assert result.counts == Counter(passed=1, failed=1, error=1, skipped=1)
    assert promises([result]) == [
        "P6 passed 1",
        "A14 failed 1 passed 1",
        'seed 000 "valid for only 5 minutes" skipped 1',
    ]


@pytest.mark.parametrize(
    "mark",
    [
        pytest.mark.promise("P37").mark,
        pytest.mark.promise("A41").mark,
        pytest.mark.promise().mark,
        pytest.mark.seed("000").mark,
        pytest.mark.seed("009", "no such document").mark,
        pytest.mark.seed("000", " ").mark,
    ],
    ids=str,
)
def test_a_mark_that_names_nothing_stops_the_run(request: pytest.FixtureRequest, mark: pytest.Mark) -> None:
    request.node.own_markers.append(mark)
    with pytest.raises(pytest.UsageError, match="test_a_mark_that_names_nothing"):
        pytest_collection_modifyitems([request.node])


@pytest.fixture
def journey(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> pytest.Item:
    """This test as if it stood among the journeys, in a run of all tests."""
    monkeypatch.setattr(request.node, "path", ROOT / "tests/journeys/test_story.py")
    monkeypatch.setattr(request.config, "args_source", pytest.Config.ArgsSource.TESTPATHS)
    item: pytest.Item = request.node
    return item


def test_a_journey_runs_in_both_profiles_without_saying_so(journey: pytest.Item) -> None:
    conftest.pytest_collection_modifyitems(journey.config, [journey])
    assert journey.get_closest_marker("both")


def test_journeys_that_all_keep_to_sqlite_stop_the_run(journey: pytest.Item) -> None:
    journey.add_marker("embedded")
    with pytest.raises(pytest.UsageError, match="no test of journeys runs on PostgreSQL"):
        conftest.pytest_collection_modifyitems(journey.config, [journey])


def judged(folder: Path, cases: str, code: int, *, narrowed: bool = False) -> list[str]:
    junit = folder / "junit.xml"
    junit.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    result = Result("sqlite", "sqlite")
    run.judge(result, junit, code, narrowed=narrowed)
    return result.troubles


def test_a_skipped_test_is_a_failure(tmp_path: Path) -> None:
    cases = "<testcase/><testcase><skipped/></testcase>"
    assert judged(tmp_path, cases, 0) == ["1 skipped: nothing may be skipped"]


def test_a_phase_without_tests_is_a_failure_unless_few_were_asked_for(tmp_path: Path) -> None:
    assert judged(tmp_path, "", run.FOUND_NOTHING) == ["no test ran"]
    assert judged(tmp_path, "", run.FOUND_NOTHING, narrowed=True) == []


def test_a_pytest_that_breaks_is_a_failure(tmp_path: Path) -> None:
    assert judged(tmp_path, "<testcase/>", 3) == ["pytest ended with code 3"]
    result = Result("sqlite", "sqlite")
    run.judge(result, tmp_path / "nowhere.xml", 2, narrowed=True)
    assert "could not be read" in result.troubles[0]


def phases() -> list[Result]:
    lint = Result("lint", "-", Counter(passed=6))
    few = Result("sqlite", "sqlite", Counter(passed=3), seconds=2.04)
    many = Result("full", "postgresql", Counter(passed=409), seconds=800)
    return [lint, few, many]


def test_the_last_line_is_in_the_words_of_pytest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.tell(phases(), 831.2, kind="") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "=================== 412 passed in 831.20s (0:13:51) ===================".center(80, "=")


def test_a_failed_check_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    results = phases()
    results[0].troubles += ["mypy failed", "ruff check failed"]
    results[1].counts["failed"] += 1
    assert run.tell(results, 5, kind="") == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[-1].strip("= ") == "1 failed, 412 passed, 2 errors in 5.00s"
    assert {"lint: mypy failed", "failed: lint, sqlite"} <= set(shown)


def test_a_run_without_a_test_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.tell([Result("sqlite", "sqlite")], 1, kind="") == 1
    assert "no tests ran in 1.00s" in capsys.readouterr().out
    assert "passed" not in last_line([Result("sqlite", "sqlite")], 1)


def test_the_table_tells_how_many_ran_in_each_profile() -> None:
    rows = [line.split() for line in table(phases()).splitlines()]
    assert rows[2:] == [["sqlite", "sqlite", "3", "0", "2.0"], ["full", "postgresql", "409", "0", "800.0"]]


def test_a_process_that_will_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 60 & echo $! > child; wait; wait"
    process = servers.start(["sh", "-c", script], log=tmp_path / "log", cwd=tmp_path)
    child = int(wait_for(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text()))
    servers.end(process, patience=0.2)
    assert process.returncode == -signal.SIGKILL
    wait_for(lambda: not running(child))


def test_a_runner_that_is_ended_ends_what_it_started(tmp_path: Path) -> None:
    work = "sh -c 'echo $$ > pid; exec sleep 60'"
    begin = "import shlex, sys; from tests import run; run.obey()"
    script = f"{begin}; run.call(shlex.split({work!r}), {{}}, {str(tmp_path)!r})"
    runner = servers.start([sys.executable, "-c", script], log=tmp_path / "log")
    try:
        child = int(wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), 60))
        runner.send_signal(signal.SIGTERM)
        assert runner.wait(60) != 0
        wait_for(lambda: not running(child), 60)
    finally:
        servers.end(runner)


def test_what_a_phase_leaves_running_is_named_and_ended() -> None:
    with run.home() as folder:
        process = subprocess.Popen(["sleep", "60"], env={run.MARK: str(folder)}, start_new_session=True)
        assert run.lingering(folder, limit=0.2) == ["sleep 60"]
    assert process.wait(5) == -signal.SIGKILL
    assert not folder.exists()


def test_no_setting_of_a_person_reaches_the_tests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    theirs = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "EGRESS_ALLOW_NETWORKS", "DATA_DIR", "HELPDESK_PUMP")
    for name in (*theirs, "PYTEST_ADDOPTS"):
        monkeypatch.setenv(name, "theirs")
    environment = run.clean(tmp_path)
    assert "theirs" not in environment.values()
    assert environment["DATABASE_URL"] == ""  # empty and not absent: a .env file would fill it


def running(pid: int) -> bool:
    """Also false for a process that has ended and that nobody has asked about yet."""
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def tool(name: str, *, there: bool = False, phases: frozenset[str] = frozenset({"full"})) -> Tool:
    return Tool(name, (f"{name}-package",), lambda: there, phases)


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Debian:
    """A Debian below a folder, whose apt-get writes down how it finds the machine."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('NAME="Debian"\nID=debian\n')
    programs = tmp_path / "programs"
    programs.mkdir()
    look = f"cat {tmp_path / NO_SERVICE} {tmp_path / NO_CLUSTER} >> {tmp_path}/found"
    script = f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n{look}\nexit ${{APT_CODE:-0}}\n'
    (programs / "apt-get").write_text(script)
    (programs / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return Debian(tmp_path, sudo=())


def test_packages_come_without_a_cluster_and_without_a_service(debian: Debian) -> None:
    debian.install([tool("redis")])
    asked = (debian.root / "asked").read_text().splitlines()
    assert asked[0].endswith("update")
    assert asked[1].endswith("install --no-install-recommends redis-package")
    assert (debian.root / "found").read_text() == "#!/bin/sh\nexit 101\ncreate_main_cluster = false\n" * 2


@pytest.mark.parametrize("code", ["0", "100"])
def test_the_machine_is_left_as_it_was(debian: Debian, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    theirs = debian.root / NO_SERVICE
    theirs.parent.mkdir(parents=True)
    theirs.write_text("#!/bin/sh\nexit 0\n")
    theirs.chmod(0o700)
    monkeypatch.setenv("APT_CODE", code)
    if code == "0":
        debian.install([tool("redis")])
    else:
        with pytest.raises(SystemExit, match=r"This command failed: env .*apt-get .*update"):
            debian.install([tool("redis")])
    assert (theirs.read_text(), theirs.stat().st_mode & 0o777) == ("#!/bin/sh\nexit 0\n", 0o700)
    assert not (debian.root / NO_CLUSTER).exists()


def test_only_what_lacks_and_is_needed_is_installed(debian: Debian, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    tools = [
        Tool("redis", ("redis-package",), lambda: installed, frozenset({"full"})),
        tool("node", there=True),
        tool("chromium", phases=frozenset({"browser"})),
    ]
    monkeypatch.setattr(debian, "install", lambda missing: installed.extend(t.name for t in missing))
    provide(["lint", "sqlite"], tools, debian)
    assert installed == []
    provide(["lint", "full"], tools, debian)
    assert installed == ["redis"]


def test_elsewhere_than_on_debian_one_sentence_says_what_is_missing(debian: Debian) -> None:
    (debian.root / "etc/os-release").write_text("ID=fedora\n")
    with pytest.raises(SystemExit) as refused:
        provide(["full"], [tool("PostgreSQL"), tool("Redis")], debian)
    sentence = "The tests need PostgreSQL and Redis; this command installs them on Debian only."
    assert refused.value.code == sentence


def test_an_installation_that_brings_nothing_is_named(debian: Debian) -> None:
    with pytest.raises(SystemExit, match="redis cannot be found"):
        provide(["full"], [tool("redis")], debian)
