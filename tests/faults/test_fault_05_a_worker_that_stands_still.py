"""Fault 5: a worker stands still for longer than its session, others take its partitions, then it goes on."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.faults.harness import installation, oracle, outcome, publish, running, world

SESSION_SECONDS = 6.0
SEED = 505


def test_fault_05_a_worker_that_stood_still_on_another_machine_never_overwrites_newer_state(
    broker: str, tmp_path: Path
) -> None:
    """Two homes stand for two machines: neither sees the other's lock. The one that stood still works on alone."""
    records = world(120, 900, SEED)
    random.Random(SEED).shuffle(records)  # noqa: S311  # a reproducible order: every third touches all people
    thirds = [records[:300], records[300:600], records[600:]]
    settings = installation(broker, tmp_path / "one", session_timeout_seconds=SESSION_SECONDS)
    other = settings.model_copy(update={"home": tmp_path / "two", "node_key_file": settings.node_key_path})
    with running(settings) as here, running(other) as there:
        here.start("sink", "sink")
        stopped = here.start("worker", "worker")
        publish(settings, thirds[0])
        here.until_assigned("worker")
        here.until_drained()
        os.kill(stopped, signal.SIGSTOP)
        try:
            there.start("worker", "worker")
            there.until_assigned("worker")
            publish(settings, thirds[1])
            here.until_drained()
        finally:
            os.kill(stopped, signal.SIGCONT)
        there.children.stop()
        publish(settings, thirds[2])
        time.sleep(1)
        if "worker" not in here.log("worker"):
            pytest.fail("the log is empty")
        here.until_drained()

    assert outcome(settings).digest == oracle(records)
