"""Fault 5: a worker stands still for longer than its session, others take its partitions, then it goes on."""

import os
import random
import signal
from pathlib import Path

import psutil
import pytest

from tests.faults.harness import events_of, installation, oracle, outcome, publish, running, world

SEED = 505


@pytest.mark.parametrize("machines", [1, 2], ids=["on the same machine", "on another machine"])
def test_fault_05_a_worker_that_stood_still_never_overwrites_newer_state(
    broker: str, tmp_path: Path, machines: int
) -> None:
    """Two homes stand for two machines: neither sees the state of the other, nor the locks on it."""
    records = world(200, 1_200, SEED)
    random.Random(SEED).shuffle(records)  # noqa: S311  # a reproducible order: every third touches all people
    settings = installation(broker, tmp_path / "one", session_timeout_seconds=6)
    other = settings.model_copy(
        update={"home": tmp_path / ("one" if machines == 1 else "two"), "node_key_file": settings.node_key_path}
    )
    with running(settings) as here, running(other) as there:
        here.start("sink", "sink")
        stopped = here.start("worker", "worker")
        here.until_assigned("worker")
        publish(settings, records[::3])
        here.until_drained()
        os.kill(stopped, signal.SIGSTOP)
        try:
            there.start("other", "worker")
            there.until_assigned("other")
            publish(settings, records[1::3])
            here.until_drained()
        finally:
            os.kill(stopped, signal.SIGCONT)
        there.children.stop()
        publish(settings, records[2::3])
        # It may go on with the newer state, or end itself and be started anew, as a supervisor does.
        here.until("it drained or ended", lambda: not _runs(stopped) or here.reader.read().waiting == 0)
        if not _runs(stopped):
            here.start("worker-again", "worker")
        here.until_drained()

    found = outcome(settings)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)


def _runs(pid: int) -> bool:
    return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
