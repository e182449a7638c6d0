"""Fault 1: kill -9 of a worker at random points."""

from pathlib import Path

from tests.faults.storm.plan import Size
from tests.faults.storm.run import storm

KILLS = 3
SEED = 101


def test_fault_01_kill_minus_9_of_a_worker_at_random_moments_loses_and_doubles_nothing(
    broker: str, tmp_path: Path
) -> None:
    report = storm(SEED, Size(events=1_500, faults=KILLS, kinds=("kill worker",)), tmp_path, broker)

    assert report.differences == []
    assert report.faults["kill worker"] == KILLS
