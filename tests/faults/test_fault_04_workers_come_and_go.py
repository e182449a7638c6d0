"""Fault 4: a rebalance in the midst of work."""

from collections import defaultdict
from pathlib import Path

from streams.openings import partition_statuses
from tests.faults.harness import Running, installation, running
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


def test_fault_04_nothing_moves_between_workers_that_stay_when_another_joins_and_leaves(
    broker: str, tmp_path: Path
) -> None:
    settings = installation(broker, tmp_path, partitions=6, session_timeout_seconds=6)

    with running(settings) as workers:
        for name in ("one", "two"):
            workers.start(name, "worker")
        before = _shares(workers, 2)
        workers.start("third", "worker")
        among_three = _shares(workers, 3)
        workers.ask_to_stop("third")
        after = _shares(workers, 2)

    assert after.keys() == before.keys()
    for worker, numbers in before.items():
        assert among_three[worker] < numbers
        assert after[worker] > among_three[worker]


def _shares(workers: Running, number: int) -> dict[str, set[int]]:
    """Wait until so many workers have all partitions open, and return which each has."""
    shares: defaultdict[str, set[int]] = defaultdict(set)

    def all_open() -> bool:
        shares.clear()
        statuses = partition_statuses(workers.settings)
        for status in statuses:
            shares[status.worker or ""].add(status.partition)
        return len(shares) == number and all(status.state == "at work" for status in statuses)

    workers.until(f"{number} workers share the partitions", all_open)
    return dict(shares)
