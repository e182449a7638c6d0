"""Fault 4: a rebalance in the midst of work."""

from pathlib import Path

from tests.faults.storm.plan import Size
from tests.faults.storm.run import storm

TIMES = 3
SEED = 405


def test_fault_04_workers_that_join_and_leave_under_load_leave_no_gap_and_no_double(
    broker: str, tmp_path: Path
) -> None:
    size = Size(events=1_500, workers=1, faults=TIMES, kinds=("start worker", "stop worker"))

    report = storm(SEED, size, tmp_path, broker)

    assert report.differences == []
    assert report.faults.total() == TIMES
