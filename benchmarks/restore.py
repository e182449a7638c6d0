"""Restore: how long a worker with an empty state folder needs to have its state back from the changelog."""

import json
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from schemas.canonical_json import parse_touchpoint
from schemas.contracts import TOUCHPOINT
from streams.errors import WorkerError
from streams.processes import processes
from streams.producer import CheckedProducer
from streams.registry import framing
from streams.settings import Settings
from streams.topics import topics_of

_NAME = "worker-restore"
_TIMEOUT_SECONDS = 1_800.0
_POLL_SECONDS = 0.05
_WAKING_PER_PARTITION = 30
"""So many random keys a partition that one left without any is out of the question."""

_RESTORED = re.compile(r"event=restored partition=(\d+) records=(\d+) seconds=([0-9.]+)")


class Restored(NamedTuple):
    """A partition that is back.

    Attributes:
        partition: which.
        records: read from its changelog.
        seconds: how long that took.
    """

    partition: int
    records: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Restore:
    """The restore of all partitions by one worker.

    Attributes:
        seconds: from the start of the process to the last partition's end.
        ready_seconds: of these, until the worker was ready to be given partitions.
        records: read from the changelog, all partitions.
        records_per_second: by the time of the partition that took longest; they are restored side by side.
        slowest_partition_seconds: that time.
        waking: touchpoints published so that every partition had to be opened.
    """

    seconds: float
    ready_seconds: float
    records: int
    records_per_second: float
    slowest_partition_seconds: float
    waking: int


def measure_restore(settings: Settings) -> Restore:
    """Wipe the local state, start a worker and time it. No worker may be running.

    Raises:
        WorkerError: it ended, or took longer than half an hour.
    """
    waking = _publish_waking(settings)
    shutil.rmtree(settings.home / "state", ignore_errors=True)
    with processes(settings) as children:
        log_file = children.log_file(_NAME)
        started = time.monotonic()
        children.start(_NAME, "worker")
        ready: float | None = None
        found: list[Restored] = []
        while len(found) < settings.partitions:
            children.check()
            elapsed = time.monotonic() - started
            if elapsed > _TIMEOUT_SECONDS:
                raise WorkerError(f"only {len(found)} partitions were restored in {elapsed:.0f} s")
            time.sleep(_POLL_SECONDS)
            text = log_file.read_text("utf-8", "replace")
            if ready is None and 'event="worker ready"' in text:
                ready = elapsed
            found = restored(text.splitlines())
        seconds = time.monotonic() - started
    slowest = max(part.seconds for part in found)
    records = sum(part.records for part in found)
    return Restore(
        seconds=round(seconds, 2),
        ready_seconds=round(seconds if ready is None else ready, 2),
        records=records,
        records_per_second=round(records / slowest) if slowest else 0,
        slowest_partition_seconds=slowest,
        waking=waking,
    )


def restored(log_lines: Iterable[str]) -> list[Restored]:
    """Return the partitions that a worker's log says are restored."""
    matches = (_RESTORED.search(line) for line in log_lines)
    return [Restored(int(match[1]), int(match[2]), float(match[3])) for match in matches if match]


def _publish_waking(settings: Settings) -> int:
    """Leave touchpoints for every partition, which is restored when the first record for it comes; return how many."""
    frames = framing(settings)
    topic = topics_of(settings).source("crm")
    producer = CheckedProducer(settings.servers)
    try:
        deliveries = producer.begin()
        for number in range(_WAKING_PER_PARTITION * settings.partitions):
            line = json.dumps(
                {
                    "event_id": f"waking-{number}",
                    "event_time": "2026-01-01T00:00:00Z",
                    "type": "profile_update",
                    "identifiers": [{"type": "crm_id", "value": f"waking-{number}"}],
                }
            )
            deliveries.send(topic, None, frames.encode(TOUCHPOINT, parse_touchpoint(line)))
        deliveries.wait()
        return deliveries.sent
    finally:
        producer.close()
