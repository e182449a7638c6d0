"""Faults 3 and 21: kill -9 of the lake sink, of workers too; every snapshot against the topics at its offsets."""

from pathlib import Path

from tests.faults.storm.plan import Size
from tests.faults.storm.run import storm

KILLS = 8
SEED = 311


def test_faults_03_and_21_the_lake_is_readable_after_every_kill_and_each_snapshot_is_what_its_offsets_say(
    broker: str, tmp_path: Path
) -> None:
    report = storm(SEED, Size(events=1_500, faults=KILLS, kinds=("kill sink", "kill worker")), tmp_path, broker)

    assert report.differences == []
    assert report.faults["kill sink"] > 1
    assert report.figures["snapshots"] > 1
