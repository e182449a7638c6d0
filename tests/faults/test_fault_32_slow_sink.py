"""Fault 32: a sink that stands still and is a hundred times slower then, and a worker that is ten times slower."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from sinks.reader import open_lake_reader
from streams.topics import topics_of
from tests.faults.harness import events_of, installation, oracle, outcome, publish, running, world

SEED = 3232
SESSION_SECONDS = 12
TURN_SECONDS = 0.5
MOST_GROWTH_BYTES = 300 * 1024 * 1024


@contextmanager
def slowed(pid: int, times: int) -> Iterator[None]:
    """Let a process run a part of the time only."""
    over, runs_seconds = threading.Event(), TURN_SECONDS / times

    def slow() -> None:
        while not over.is_set():
            os.kill(pid, signal.SIGSTOP)
            over.wait(TURN_SECONDS - runs_seconds)
            os.kill(pid, signal.SIGCONT)
            time.sleep(runs_seconds)

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_fault_32_a_slow_sink_is_waited_for_and_its_lag_is_told(broker: str, tmp_path: Path) -> None:
    """The worker goes on beside it, then is slowed down itself and keeps its session."""
    records = world(200, 1_500, SEED)
    settings = installation(broker, tmp_path, session_timeout_seconds=SESSION_SECONDS)
    touchpoints = topics_of(settings).touchpoints
    with running(settings) as engine:
        sink = engine.start("sink", "sink")
        worker = engine.start("worker", "worker")
        publish(settings, records[:300])
        engine.until_drained()
        before = psutil.Process(sink).memory_info().rss
        os.kill(sink, signal.SIGSTOP)
        publish(settings, records[300:1_200])
        engine.until_drained(("ingest", "gather", "graph"))
        lag = {part.topic: part.waiting for part in engine.reader.read().stages if part.stage == "lake"}
        with open_lake_reader(settings.home) as reader:
            rows = len(reader.execute("SELECT event_id FROM touchpoints").fetchall())
        with slowed(sink, times=100), slowed(worker, times=10):
            publish(settings, records[1_200:])
            time.sleep(SESSION_SECONDS + 1)  # what keeps no session is found out after that
            growth = psutil.Process(sink).memory_info().rss - before
        engine.until_drained()
        log = engine.log("worker")

    found = outcome(settings)
    assert lag[touchpoints] > 0
    assert rows < len(found.events)
    assert growth < MOST_GROWTH_BYTES
    assert log.count("partitions assigned") == 1
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)
