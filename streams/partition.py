"""One partition at work: its queue of chunks, its store, and the order of a commit.

A commit goes in this order, numbered the same below; a crash between any two steps repeats work that is idempotent:

1. publish the outputs;
2. wait until every one is delivered;
3. publish the changelog with the source offsets it covers, and wait;
4. write the local store in one batch;
5. acknowledge the chunks.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from streams.errors import StoreError
from streams.gather import Commit, Counts, PartitionWork, Rules
from streams.ingest import SourceRecord, send_output
from streams.partitioning import partition_of
from streams.producer import CheckedProducer
from streams.state import PartitionState
from streams.store import FORMAT, Marker, PartitionStore, batch_records, restore

_QUEUED_CHUNKS = 4
_MOST_RECORDS = 5_000
"""In one commit: under a second of work, so that a rebalance never waits long."""
_LOCK_TRIES = 30
_LOCK_PAUSE_SECONDS = 0.1
_COPIES = 4

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PartitionSetting:
    """What all partitions of a worker share.

    Attributes:
        rules: policies, framing, topics.
        servers: bootstrap servers.
        state_folder: parent folder of the local stores.
        partitions: number of partitions.
        producer: where outputs and changelog go.
    """

    rules: Rules
    servers: str
    state_folder: Path
    partitions: int
    producer: CheckedProducer


class Partition:
    """Runs the gather stage of one partition as a task.

    Args:
        setting: what partitions share.
        number: which partition.
        on_failure: told when the task fails; nothing unfinished is acknowledged then.
    """

    def __init__(self, setting: PartitionSetting, number: int, on_failure: Callable[[BaseException], None]) -> None:
        self._setting = setting
        self._number = number
        self._on_failure = on_failure
        self._queue: asyncio.Queue[Any] = asyncio.Queue(_QUEUED_CHUNKS)
        self._task = asyncio.create_task(self._run(), name=f"partition-{number}")
        self._store: PartitionStore | None = None
        self.counts = Counts()

    async def put(self, event: Any) -> None:  # noqa: ANN401  # a faust event
        """Take a chunk; waits while too many are queued."""
        await self._queue.put(event)

    async def close(self) -> None:
        """Stop and release the store; queued chunks stay unacknowledged."""
        self._task.cancel()
        await asyncio.wait([self._task])
        if self._store is not None:
            self._store.close()

    async def _run(self) -> None:
        try:
            store = self._store = await self._open()
            torn = await asyncio.to_thread(self._restore, store)
            incarnation = store.marker.incarnation + 1
            state = PartitionState(store)
            work = PartitionWork(self._setting.rules, state, incarnation, self._is_local)
            self.counts = work.counts
            marker = Marker(FORMAT, incarnation, 0, dict(store.marker.offsets))
            await self._commit(store, Commit([], torn), marker)
            while True:
                events = await self._next_events()
                offsets = dict(marker.offsets)
                for event in events:
                    self._feed(work, event, offsets)
                commit = work.commit(time.time_ns() // 1_000_000)
                marker = Marker(FORMAT, incarnation, marker.sequence + 1, offsets)
                await self._commit(store, commit, marker)
                for event in events:
                    event.ack()  # 5
        except Exception as error:  # noqa: BLE001  # a partition's boundary: stop the worker, acknowledge nothing
            self._on_failure(error)

    def _is_local(self, node: Any) -> bool:  # noqa: ANN401  # NodeId; the hot path needs no cast
        return partition_of(node, self._setting.partitions) == self._number

    async def _open(self) -> PartitionStore:
        """Open the local store, or another copy of it where a process that hangs will not let go of it.

        Whatever copy it is, the restore brings it up to date.
        """
        for copy in range(_COPIES):
            folder = self._setting.state_folder / (f"{self._number}" if copy == 0 else f"{self._number}.{copy}")
            for _ in range(_LOCK_TRIES):
                try:
                    return await asyncio.to_thread(PartitionStore, folder)
                except StoreError:  # the worker that had it may still be closing it
                    await asyncio.sleep(_LOCK_PAUSE_SECONDS)
            log.warning("state is held by another process, using another copy", partition=self._number, copy=copy + 1)
        raise StoreError(f"{_COPIES} copies of the state of partition {self._number} are open in other processes")

    def _restore(self, store: PartitionStore) -> dict[bytes, bytes | None]:
        started = time.monotonic()
        topic = self._setting.rules.topics.state
        read = 0

        def progress(records: int) -> None:
            nonlocal read
            read = records
            log.info("restoring", partition=self._number, records=records)

        torn = restore(store, self._setting.servers, topic, self._number, progress)
        if read:
            seconds = time.monotonic() - started
            log.info("restored", partition=self._number, records=read, seconds=round(seconds, 2), torn=len(torn))
        return torn

    async def _next_events(self) -> list[Any]:
        """Wait for a chunk, then take all that wait behind it, up to a commit's worth."""
        events = [await self._queue.get()]
        records = len(events[0].value)
        while not self._queue.empty() and records < _MOST_RECORDS:
            event = self._queue.get_nowait()
            records += len(event.value)
            events.append(event)
        return events

    def _feed(self, work: PartitionWork, event: Any, offsets: dict[str, int]) -> None:  # noqa: ANN401  # a faust event
        """Give a chunk's records to the work, without those the state holds already."""
        topic: str = event.message.topic
        next_offset = offsets.get(topic, 0)
        records = [
            SourceRecord(record.topic, record.partition, record.offset, record.timestamp, record.key, record.value)
            for record in event.value
            if record.offset >= next_offset
        ]
        if topic == self._setting.rules.topics.graph:
            work.messages(records)
        else:
            work.touchpoints(records)
        offsets[topic] = max(next_offset, event.message.offset + 1)

    async def _commit(self, store: PartitionStore, commit: Commit, marker: Marker) -> None:
        producer = self._setting.producer
        if commit.outputs:
            outputs = producer.begin()
            for output in commit.outputs:
                send_output(outputs, output)  # 1
            await outputs.arrived()  # 2
        changelog = producer.begin()
        topic = self._setting.rules.topics.state
        for key, value, headers in batch_records(commit.changes, marker):
            extra = {} if headers is None else {"headers": headers}
            changelog.send(topic, key, value, self._number, **extra)
        await changelog.arrived()  # 3
        store.apply(commit.changes, marker, changelog.last_offset + 1)  # 4
