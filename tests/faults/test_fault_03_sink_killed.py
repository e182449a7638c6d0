"""Fault 3: kill -9 of the lake sink."""

import os
import random
import signal
import time
from pathlib import Path

from sinks.reader import open_lake_reader
from tests.faults.harness import events_of, installation, oracle, outcome, publish, running, world

KILLS = 3
SEED = 303


def test_fault_03_kill_minus_9_of_the_sink_leaves_a_readable_lake_and_no_row_twice(broker: str, tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311  # reproducible moments
    records = world(400, 2_000, SEED)
    step = len(records) // KILLS + 1
    settings = installation(broker, tmp_path)
    rows_seen = [0]
    with running(settings) as engine:
        engine.start("worker", "worker")
        for number in range(KILLS):
            sink = engine.start(f"sink-{number}", "sink")
            engine.until("the sink is ready", lambda number=number: "sink ready" in engine.log(f"sink-{number}"))  # type: ignore[misc]
            publish(settings, records[number * step : (number + 1) * step])
            time.sleep(chance.uniform(0.3, 2.0))
            os.kill(sink, signal.SIGKILL)
            with open_lake_reader(settings.home) as reader:
                rows_seen += reader.execute("SELECT count(*) FROM touchpoints").fetchall()[0]
        engine.start("sink", "sink")
        engine.until_drained()

    found = outcome(settings)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)
    assert rows_seen == sorted(rows_seen)
