"""Fault 1: kill -9 of a worker at random points."""

import os
import random
import signal
import time
from pathlib import Path

from tests.faults.harness import events_of, installation, oracle, outcome, publish, running, world

KILLS = 3
SEED = 101


def test_fault_01_kill_minus_9_of_a_worker_at_random_moments_loses_and_doubles_nothing(
    broker: str, tmp_path: Path
) -> None:
    chance = random.Random(SEED)  # noqa: S311  # reproducible moments
    records = world(400, 2_000, SEED)
    step = len(records) // KILLS + 1
    settings = installation(broker, tmp_path, session_timeout_seconds=6)
    with running(settings) as engine:
        engine.start("sink", "sink")
        for number in range(KILLS):
            worker = engine.start(f"worker-{number}", "worker")
            engine.until_assigned(f"worker-{number}")
            publish(settings, records[number * step : (number + 1) * step])
            time.sleep(chance.uniform(0.0, 1.2))
            os.kill(worker, signal.SIGKILL)
        engine.start("worker", "worker")
        engine.until_drained()

    found = outcome(settings)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)
