"""Fault 4: a rebalance in the midst of work."""

import os
import random
import signal
from pathlib import Path

from tests.faults.harness import events_of, installation, oracle, outcome, publish, running, world

SEED = 404


def test_fault_04_workers_that_join_and_leave_under_load_leave_no_gap_and_no_double(
    broker: str, tmp_path: Path
) -> None:
    records = world(400, 2_000, SEED)
    random.Random(SEED).shuffle(records)  # noqa: S311  # a reproducible order: every part touches all people
    parts = [records[start::6] for start in range(6)]
    settings = installation(broker, tmp_path, session_timeout_seconds=6)
    with running(settings) as engine:
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        engine.until_assigned("worker")
        for number in range(2):
            publish(settings, parts.pop())
            guest = engine.start(f"guest-{number}", "worker")
            publish(settings, parts.pop())
            engine.until_assigned(f"guest-{number}")
            publish(settings, parts.pop())
            os.kill(guest, signal.SIGTERM)
        engine.until_drained()

    assert not parts
    found = outcome(settings)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)
