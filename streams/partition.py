"""One partition at work: its queue of chunks, its store, and the order of a commit.

A commit goes in this order, numbered the same below:

0. write down the plan, which records the commit is made of, wait, and see that nobody else wrote to the changelog;
1. publish the outputs;
2. wait until every one is delivered;
3. publish the changelog with the source offsets it covers, and wait;
4. write the local store in one batch;
5. acknowledge the chunks.

A crash between any two steps repeats the work by the same plan: the same outputs come once more, and readers that keep
the highest revision are none the wiser. Whatever is repeated at other bounds (a plan that was not written down had no
outputs) is idempotent by event id.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from identity.nodes import NodeId
from streams.assigning import BEING_OPENED
from streams.batches import Changelog, Progress, Restored, batch_records, plan_record, restore
from streams.errors import StoreError, StoreHeldError
from streams.feeds import Feed, Pace, commits, feeds_of, source_record
from streams.gather import Counts, PartitionWork, Rules
from streams.metrics import (
    CHUNK_SECONDS,
    COMMIT_SECONDS,
    DEAD_LETTERS,
    DUPLICATES,
    MESSAGES,
    OPEN,
    PROFILES,
    RECORDS,
    RESTORE_LEFT,
    STORE_BYTES,
    TOUCHPOINTS,
    Meters,
)
from streams.partitioning import partition_of
from streams.producer import Sender
from streams.records import send_output
from streams.sieve import Sieve
from streams.state import PartitionState
from streams.store import FORMAT, Marker, PartitionStore, Portion, Readable
from streams.stores import Stores

_QUEUED_CHUNKS = 4
_MOST_RECORDS = 5_000
"""Taken from the queue at once."""
_LINGER_SECONDS = 0.005
"""How long a commit waits for company: its own cost is that of some hundred records."""
_LOCK_TRIES = 30
_LOCK_PAUSE_SECONDS = 0.1
_COPIES = 4

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PartitionSetting:
    """What all partitions of a worker share.

    Attributes:
        rules: policies, framing, topics.
        changelog: where state is restored from.
        stores: of this home.
        partitions: number of partitions.
        producer: where outputs and changelog go.
        forget: tells Faust that a chunk will never be acknowledged, so that a rebalance does not wait for it.
        generation: number of the present assignment.
        now_ms: what time it is, in milliseconds since 1970.
        meters: told what was done.
    """

    rules: Rules
    changelog: Changelog
    stores: Stores
    partitions: int
    producer: Sender
    forget: Callable[[Any], None]
    generation: Callable[[], int]
    now_ms: Callable[[], int]
    meters: Meters


class _Steps:
    """Notes how long each step of a commit took."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._time = asyncio.get_running_loop().time
        self._since = self._time()

    def done(self, step: str) -> float:
        """Note a step that ends now, and return how many seconds it took."""
        since, self._since = self._since, self._time()
        self._meters.note(COMMIT_SECONDS, self._since - since, step)
        return self._since - since


class Partition:
    """Runs the gather stage of one partition as a task.

    Args:
        setting: what partitions share.
        number: which partition.
        on_failure: told when the task fails; nothing unfinished is acknowledged then.

    Attributes:
        missing: what is missing until chunks are worked on; None where nothing is.
        read_to: offset up to which the changelog was read to restore the state; None before that begins.
    """

    def __init__(self, setting: PartitionSetting, number: int, on_failure: Callable[[BaseException], None]) -> None:
        self._setting = setting
        self._number = number
        self._on_failure = on_failure
        self._queue: asyncio.Queue[Any] = asyncio.Queue(_QUEUED_CHUNKS)
        self._task = asyncio.create_task(self._run(), name=f"partition-{number}")
        self._collected: list[Any] = []
        self._released: int | None = None
        self._store: PartitionStore | None = None
        self._unclaim: Callable[[], None] = lambda: None
        self._pace = Pace()
        self._label = str(number)
        self.read_to: int | None = None
        self.missing: str | None = f"partition {number} waits to be opened"
        setting.meters.put(OPEN, 0, self._label)

    async def put(self, event: Any) -> None:  # noqa: ANN401  # a faust event
        """Take a chunk; waits while too many are queued."""
        await self._queue.put(event)

    async def _next_event(self) -> Any:  # noqa: ANN401  # a faust event
        """Wait for a chunk of the present assignment; others come again."""
        while True:
            event = await self._queue.get()
            if self._is_present(event):
                return event

    def _is_present(self, event: Any) -> bool:  # noqa: ANN401  # a faust event
        generation = event.message.generation_id
        if generation == self._setting.generation() != self._released:
            return True
        self._setting.forget(event)
        return False

    async def close(self) -> None:
        """Stop and release the store; queued chunks stay unacknowledged."""
        self._task.cancel()
        await asyncio.wait([self._task])
        if self._store is not None:
            self._store.close()
        self._unclaim()
        for gauge in (OPEN, RESTORE_LEFT, STORE_BYTES):
            self._setting.meters.drop(gauge, self._label)

    async def is_current(self) -> bool:
        """Whether the state here is the newest: nobody else worked on the partition since. Ask while it is idle.

        Raises:
            StoreError: the changelog cannot be read.
        """
        store, setting = self._store, self._setting
        if store is None:
            return False
        _, end = await asyncio.to_thread(setting.changelog.bounds, self._number)
        return end == store.position

    @property
    def claim(self) -> int:
        """How good a claim to the partition it is to have it open here. For any thread."""
        store = self._store
        return BEING_OPENED if store is None or self.missing is not None else store.marker.incarnation

    def release(self) -> None:
        """Let go of chunks whose work has not begun; they come again after the rebalance that this is called for.

        So do those that are still on their way here: taken now, they would be taken before the ones let go.
        """
        self._released = self._setting.generation()
        while not self._queue.empty():
            self._collected.append(self._queue.get_nowait())
        for event in self._collected:
            self._setting.forget(event)
        self._collected.clear()

    async def _run(self) -> None:
        try:
            store = self._store = await self._open()
            pending = await self._take_over(store)
            begin = partial(self._begin, store.marker.incarnation)
            sieve = Sieve(begin, store, self._setting.rules.topics.graph)
            self._is_open(store)
            if pending:
                await self._redo(store, sieve, pending)
            await self._resolve_anew(store, sieve)
            while True:
                events = self._collected or await self._next_events()
                self._collected = []
                started = asyncio.get_running_loop().time()
                feeds = feeds_of(events, store.marker.offsets)
                feeds.sort(key=lambda feed: feed.portion.topic != self._setting.rules.topics.policy)  # before all else
                for part in commits(feeds, self._pace):
                    await self._process(store, sieve, part)
                await self._resolve_anew(store, sieve)
                for event in events:
                    event.ack()  # 5
                    self._setting.meters.note(CHUNK_SECONDS, asyncio.get_running_loop().time() - started, "gather")
        except Exception as error:  # noqa: BLE001  # a partition's boundary: stop the worker, acknowledge nothing
            self._on_failure(error)

    async def _take_over(self, store: PartitionStore) -> list[Portion]:
        """Bring the state up to date, say in the changelog that a new opening begins, and return what is to be redone.

        Where another process still wrote meanwhile, what it wrote is read as well.
        """
        while True:
            restored = await asyncio.to_thread(self._restore, store)
            at = restored.end + len(restored.torn)
            opening = Marker(FORMAT, store.marker.incarnation + 1, 0, dict(store.marker.offsets), restored.pending, at)
            end = await self._write_changelog(restored.torn, opening)
            if end == at + 1:
                store.apply(restored.torn, opening, end)
                return restored.pending

    async def _redo(self, store: PartitionStore, sieve: Sieve, plan: list[Portion]) -> None:
        """Do the work again that was cut short, with the same records in the same order, and nothing else."""
        log.info("redoing work that was cut short", partition=self._number, portions=len(plan))
        while not all(self._is_collected(portion) for portion in plan):
            self._collected.append(await self._next_event())
        feeds = []
        for portion in plan:
            records = [
                record
                for event in self._collected
                if event.message.topic == portion.topic
                for record in event.value
                if portion.start <= record.offset < portion.end
            ]
            feeds.append(Feed(portion, [source_record(record) for record in records]))
        await self._process(store, sieve, feeds)

    def _is_collected(self, portion: Portion) -> bool:
        return any(
            event.message.topic == portion.topic and event.message.offset + 1 >= portion.end
            for event in self._collected
        )

    async def _process(self, store: PartitionStore, sieve: Sieve, feeds: list[Feed]) -> None:
        """Take the records and commit what follows from them."""
        feeds = [feed for feed in feeds if feed.records]
        if not feeds and not sieve.work.is_resolving_anew:
            return
        past = store.marker
        offsets = {**past.offsets, **{feed.portion.topic: feed.portion.end for feed in feeds}}
        marker = Marker(FORMAT, past.incarnation, past.sequence + 1, offsets)
        plan = self._setting.producer.begin()
        topic = self._setting.rules.topics.state
        portions = [feed.portion for feed in feeds]
        plan.send(topic, *plan_record(portions, marker.incarnation, marker.sequence), self._number)
        steps = _Steps(self._setting.meters)
        commit = await sieve.commit([feed.records for feed in feeds], self._setting.now_ms())
        self._pace.took(feeds, steps.done("work"))
        await plan.arrived()  # 0
        if plan.last_offset != store.position:
            torn = await asyncio.to_thread(self._repairs, store, past.incarnation)
            commit.changes = {**torn, **commit.changes}
        outputs = self._setting.producer.begin()
        for output in commit.outputs:
            send_output(outputs, output)  # 1
        await outputs.arrived()  # 2
        steps.done("outputs")
        end = await self._write_changelog(commit.changes, marker)  # 3
        if end != plan.last_offset + len(commit.changes) + 2:
            raise self._taken()
        steps.done("changelog")
        store.apply(commit.changes, marker, end)  # 4
        steps.done("store")
        self._tell(store, sieve.work, feeds)

    async def _resolve_anew(self, store: PartitionStore, sieve: Sieve) -> None:
        """Have gatherings follow a policy that was applied, or the time, a commit at a time, unless a rebalance begins.

        Whoever has the partition next goes on from there.
        """
        generation = self._setting.generation()
        while sieve.work.is_resolving_anew and self._released != generation:
            await self._process(store, sieve, [])

    def _is_open(self, store: PartitionStore) -> None:
        self.missing = None
        meters = self._setting.meters
        meters.put(OPEN, 1, self._label)
        meters.put(RESTORE_LEFT, 0, self._label)
        meters.put(STORE_BYTES, store.size_bytes, self._label)

    def _tell(self, store: PartitionStore, work: PartitionWork, feeds: list[Feed]) -> None:
        """Tell what a commit did."""
        meters, counts = self._setting.meters, work.counts
        work.counts = Counts()
        meters.add(RECORDS, sum(len(feed.records) for feed in feeds), "gather")
        meters.add(TOUCHPOINTS, counts.touches, "gather")
        meters.add(DUPLICATES, counts.duplicates, "gather")
        meters.add(MESSAGES, counts.messages)
        meters.add(PROFILES, counts.profiles, "gather")
        for reason, number in counts.dead_letters.items():
            meters.add(DEAD_LETTERS, number, "gather", reason)
        meters.put(STORE_BYTES, store.size_bytes, self._label)

    def _begin(self, incarnation: int, store: Readable) -> PartitionWork:
        return PartitionWork(self._setting.rules, PartitionState(store), incarnation, self._number, self._place)

    def _place(self, node: NodeId) -> int:
        return partition_of(node, self._setting.partitions)

    async def _open(self) -> PartitionStore:
        """Open the local store, or another copy of it where a process that hangs will not let go of it.

        Whatever copy it is, the restore brings it up to date.
        """
        self._unclaim = self._setting.stores.claim(self._number)
        for copy in range(_COPIES):
            name = f"{self._number}" if copy == 0 else f"{self._number}.{copy}"
            for _ in range(_LOCK_TRIES):
                try:
                    return await asyncio.to_thread(self._setting.stores.open, name)
                except StoreHeldError:  # the worker that had it, or kept a copy in it, may still be closing it
                    await asyncio.sleep(_LOCK_PAUSE_SECONDS)
            log.warning("state is held by another process, using another copy", partition=self._number, copy=copy + 1)
        raise StoreError(f"{_COPIES} copies of the state of partition {self._number} are open in other processes")

    def _restore(self, store: PartitionStore) -> Restored:
        started = time.monotonic()
        read = 0

        def tell(progress: Progress) -> None:
            nonlocal read
            read = progress.records
            self.read_to = progress.position
            self._restoring(progress.left)
            log.info("restoring", partition=self._number, records=read, left=progress.left)

        restored = restore(store, self._setting.changelog, self._number, tell)
        if read:
            seconds = time.monotonic() - started
            log.info(
                "restored", partition=self._number, records=read, seconds=round(seconds, 2), torn=len(restored.torn)
            )
        return restored

    def _restoring(self, left: int) -> None:
        self._setting.meters.put(RESTORE_LEFT, left, self._label)
        if self.missing is not None:
            self.missing = f"partition {self._number} is restored, {left} records left"

    async def _next_events(self) -> list[Any]:
        """Wait for a chunk, then take all that wait behind it, up to a commit's worth."""
        events = [await self._next_event()]
        await asyncio.sleep(_LINGER_SECONDS)
        records = len(events[0].value)
        while not self._queue.empty() and records < _MOST_RECORDS:
            event = self._queue.get_nowait()
            if self._is_present(event):
                records += len(event.value)
                events.append(event)
        return events

    async def _write_changelog(self, changes: Mapping[bytes, bytes | None], marker: Marker) -> int:
        """Publish a batch and wait until all of it is delivered; return the offset that follows it."""
        changelog = self._setting.producer.begin()
        topic = self._setting.rules.topics.state
        for key, value, headers in batch_records(changes, marker):
            extra = {} if headers is None else {"headers": headers}
            changelog.send(topic, key, value, self._number, **extra)
        await changelog.arrived()
        return changelog.last_offset + 1

    def _repairs(self, store: PartitionStore, incarnation: int) -> dict[bytes, bytes | None]:
        """Return the true values of what a process wrote that had lost the partition without knowing it.

        Raises:
            StoreError: it is this process that lost the partition.
        """
        torn = self._restore(store).torn
        if store.marker.incarnation != incarnation:
            raise self._taken()
        return torn

    def _taken(self) -> StoreError:
        return StoreError(f"another worker has written to the state of partition {self._number} meanwhile")
