"""Fault 19: the disk is full, below the state, below the lake, and below the broker."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.broker import broker_state, start_local_broker, stop_local_broker
from infra.daemon import check_port_free
from infra.errors import PortInUseError
from streams.topics import topics_of
from tests.faults.harness import committed, events_of, installation, oracle, outcome, publish, running, world

SEED = 1919


class Disk:
    """A file system of its own below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, kibibytes: int) -> None:
        """Make room, or take it away."""
        options = f"remount,size={kibibytes}k"
        subprocess.run(["mount", "-o", options, str(self.folder)], check=True)

    def fill(self) -> None:
        """Take all room that is left."""
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(64 * 1024))
            except OSError:
                return

    def free(self) -> None:
        """Give the room back."""
        (self.folder / "filler").unlink()


@contextmanager
def small_disk(folder: Path, kibibytes: int) -> Iterator[Disk]:
    """Provide a small disk where the tests may mount one."""
    folder.mkdir(parents=True)
    options = f"size={kibibytes}k"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_fault_19_a_full_disk_below_state_and_lake_stops_both_and_they_go_on_when_there_is_room(
    broker: str, tmp_path: Path
) -> None:
    records = world(300, 1_500, SEED)
    settings = installation(broker, tmp_path, session_timeout_seconds=6)
    publish(settings, records)
    with (
        small_disk(tmp_path / "state", 1_024) as state,
        small_disk(tmp_path / "lake", 64 * 1_024) as lake,
        running(settings) as engine,
    ):
        engine.start("sink", "sink")
        engine.until("the sink is ready", lambda: "sink ready" in engine.log("sink"))
        lake.fill()
        engine.start("worker", "worker")
        codes = [engine.until_ended("worker"), engine.until_ended("sink")]
        told = [engine.log("worker"), engine.log("sink")]
        gathered = sum(committed(settings, topics_of(settings).touchpoints).values())
        state.resize(512 * 1_024)
        lake.free()
        engine.start("worker-again", "worker")
        engine.start("sink-again", "sink")
        engine.until_drained()
        found = outcome(settings)

    assert codes == [2, 2]
    assert gathered < len(events_of(records))
    assert "No space left on device" in told[0]
    assert re.search("could not be (written|compacted)", told[1])  # whichever came first
    assert "Traceback" not in "".join(told)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)


def _lasting_port() -> int:
    """Return a free port that no client is given: one that knocks while nobody listens could be answered by itself."""
    for port in range(20_000 + os.getpid() % 5_000, 30_000):
        if _is_free(port):
            return port
    raise AssertionError


def _is_free(port: int) -> bool:
    try:
        check_port_free(port)
    except PortInUseError:
        return False
    return True


def test_fault_19_a_full_disk_below_the_broker_is_waited_for(tmp_path: Path) -> None:
    """Kafka ends itself where it cannot write; what is under way waits until somebody makes room and starts it anew."""
    records = world(100, 500, SEED)
    home, port = tmp_path / "broker", _lasting_port()
    with small_disk(home / "data", 192 * 1_024) as disk:
        try:
            running_broker = start_local_broker(home, port=port)
            settings = installation(running_broker.bootstrap_servers, tmp_path / "home", session_timeout_seconds=6)
            with running(settings) as engine:
                engine.start("worker", "worker")
                engine.start("sink", "sink")
                engine.until_assigned("worker")
                publish(settings, records[:200])
                disk.fill()
                engine.until("the broker ended", lambda: broker_state(home) is None and _is_free(port))
                disk.free()
                start_local_broker(home, port=port)
                publish(settings, records[200:])
                engine.until_drained()
                log = engine.log("worker")
        finally:
            stop_local_broker(home)

    assert "Traceback" not in log
    found = outcome(settings)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)
