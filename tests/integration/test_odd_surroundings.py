"""Commands in odd surroundings: homes with odd names, small disks, pipes, and Ctrl-C in their midst."""

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.daemon import free_port
from sinks.lake import LakeBatch, open_lake_writer
from sinks.testing import a_node, a_profile, a_touchpoint, an_identifier, an_order
from streams.settings import Settings
from streams.topics import admin, create_topics

LINE = (
    '{"event_id": "%s", "event_time": "2026-03-01T12:00:00Z", "type": "login", "traits": {"first_name": "Ann"}, '
    '"identifiers": [{"type": "email", "value": "ann@example.org"}, {"type": "cookie", "value": "c-1"}]}\n'
)

PRESSING = """
import os, signal, sys
from contextlib import contextmanager
from sinks.limits import Limited

running, times = Limited.running, 0

@contextmanager
def pressed(self, seconds):
    global times
    times += 1
    with running(self, seconds):
        if times == {call}:
            os.kill(os.getpid(), signal.SIGINT)
        yield

Limited.running = pressed
from streams.cli import main
sys.argv = ["onefold", *sys.argv[1:]]
main()
"""
"""A program that presses Ctrl-C at one of its calls of the engine, so that it comes there on any machine."""


def environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ONEFOLD_")}
    return {**kept, "ONEFOLD_HOME": str(home), **settings}


def run(program: list[str], environment: dict[str, str], data: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program],
        env=environment,
        input=data,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def onefold(*arguments: str) -> list[str]:
    return ["-m", "streams", *arguments]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A home with a small lake, and no broker."""
    touches = [a_touchpoint("e-1", a_node("email", "ann@example.com"), order=an_order())]
    with open_lake_writer(tmp_path) as writer:
        profile = a_profile("ann", 1, [an_identifier("email", "ann@example.com")])
        writer.write(LakeBatch(touchpoints=touches, profiles=[profile]), {("t", 0): 1})
    return tmp_path


@pytest.mark.parametrize("call", [1, 4])
@pytest.mark.parametrize("command", ["report", "status", "attribution"])
def test_ctrl_c_in_the_midst_of_a_command_ends_it_with_130_and_no_traceback(
    lake: Path, command: str, call: int
) -> None:
    surroundings = environment(lake, ONEFOLD_KAFKA_PORT=str(free_port()))
    out = ["--out", str(lake / "report.html")] if command == "report" else []
    ended = run(["-c", PRESSING.format(call=call), command, *out], surroundings)
    assert ended.returncode == 130, ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (lake / "report.html").exists()


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An installation with a broker of its own in an oddly named home."""
    surroundings = environment(tmp_path / "a home of ünïcode 🦉", ONEFOLD_KAFKA_PORT=str(free_port()))
    try:
        yield surroundings
    finally:
        run(onefold("down"), surroundings)


@pytest.mark.broker
def test_a_home_with_an_odd_name_is_as_good_as_any_and_all_of_it_is_its_owners_alone(odd: dict[str, str]) -> None:
    before = os.umask(0o022)
    try:
        ended = [run(onefold("up"), odd), run(onefold("publish", "web", "-"), odd, LINE % "1" + LINE % "2")]
        ended.append(run(onefold("drain"), odd))
    finally:
        os.umask(before)
    assert [(one.returncode, one.stderr if one.returncode else "") for one in ended] == [(0, "")] * 3
    told = run(onefold("sql", "SELECT touches FROM customers", "--format", "csv"), odd)
    assert told.stdout.split() == ["touches", "2"], told.stderr

    home = Path(odd["ONEFOLD_HOME"])
    found = [home, *home.rglob("*")]
    names = {path.relative_to(home).parts[0] for path in found[1:]}
    assert {"broker", "keys", "lake", "logs", "state"} <= names
    open_to_others = [
        (str(path.relative_to(home)), stat.filemode(mode))
        for path in found
        if not path.is_symlink() and (mode := path.lstat().st_mode) & 0o077
    ]
    assert open_to_others == []
    assert {path.lstat().st_uid for path in found} == {os.getuid()}


@pytest.mark.broker
def test_publish_reads_a_fifo(settings: Settings, tmp_path: Path) -> None:
    create_topics(admin(settings), settings)
    told = {f"ONEFOLD_{name.upper()}": str(value) for name, value in settings.model_dump(exclude_none=True).items()}
    fifo = tmp_path / "lines"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_text("".join(LINE % at for at in range(1_000)), "utf-8"))
    writer.start()
    ended = run(onefold("publish", "web", str(fifo)), environment(tmp_path) | told)
    writer.join()
    assert (ended.returncode, ended.stdout) == (0, "1,000 published, 0 refused\n"), ended.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no command mount here")
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_up_on_a_disk_that_is_too_small_says_so_and_starts_nothing(small_disk: Path) -> None:
    surroundings = environment(small_disk / "home", ONEFOLD_KAFKA_PORT=str(free_port()), ONEFOLD_BROKER="local")
    ended = run(onefold("up"), surroundings)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert not list(small_disk.rglob("*.pid"))
