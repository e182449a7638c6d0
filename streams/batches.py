"""Batches: how the state of a partition is written to its changelog, and how it is put together again.

A commit is one batch: every record of it goes to the changelog, last a marker with the batch's number and the source
offsets it covers; when all are delivered, the same batch is written locally in one step. A restore reads the changelog
from where the local copy ends and takes only whole batches, so state is always as of a commit. What a crash left
half-written is overwritten with the true values before work goes on.

Before a batch's outputs are published, the changelog gets its plan: which source records it is made of. Work that a
crash cut short is done again by the same plan, so it leads to the same outputs, and nobody holds one that never was.

Kafka compacts the changelog, also while it is read, and all markers have one key: of a batch long ago only some records
are left, and no marker. What is gone leaves a hole in the offsets, so **before a hole the newest record of a key
holds**, marker or not; only behind the last hole does a batch without a marker count as cut short. That is right since

- a record is compacted away only where a newer one of its key follows, both older than the minimum lag of a week;
- what a batch that does not count wrote is followed by the true values before it is a week old: who writes next, an
  opening or a commit, has read it and sets it right.

So the newest record of a key before a hole is the true one, or a true one follows behind the hole. Where no offset is
missing, nothing was compacted, and every marker that was written is there.

A day after it compacted what a deletion deletes, Kafka forgets the deletion itself. So a local copy behind which there
is a hole, thus older than a week, begins anew. A restore from the beginning reads what is to be deleted and the
deletion within less than that day.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from streams.errors import StoreError
from streams.store import FORMAT, MARKER_KEY, OLDEST_FORMAT, Marker, PartitionStore, Portion, is_read, marker_decoder

PLAN_KEY = b"\x00plan"
_BATCH = struct.Struct(">II")
_BATCH_HEADER = "batch"

BatchId = tuple[int, int]
"""The store's incarnation, and the number of the batch within it."""

_plan_decoder = msgspec.msgpack.Decoder(list[Portion])


class Logged(NamedTuple):
    """A record of a changelog."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Any


class Changelog(Protocol):
    """The changelogs of all partitions, for reading."""

    def bounds(self, partition: int) -> tuple[int, int]:
        """Return the first offset there is and that of the next record.

        Raises:
            StoreError: it cannot be read.
        """
        ...

    def read(self, partition: int, start: int, end: int) -> Iterator[list[Logged]]:
        """Yield the records from one offset to another at least, in order; some may follow.

        Raises:
            StoreError: it cannot be read.
        """
        ...


class Progress(NamedTuple):
    """How far a restore is.

    Attributes:
        records: read so far.
        position: offset up to which the changelog was read.
        end: offset up to which it is to be read.
    """

    records: int
    position: int
    end: int

    @property
    def left(self) -> int:
        """Offsets that are still to be read."""
        return max(0, self.end - self.position)


class Restored(NamedTuple):
    """What a restore found besides the state.

    Attributes:
        torn: the true values of keys that a half-written batch touched, to be written again with the next commit.
        pending: the plan to do first, empty where no work was cut short.
        end: offset up to which the changelog was read.
    """

    torn: dict[bytes, bytes | None]
    pending: list[Portion]
    end: int


def batch_records(changes: Mapping[bytes, bytes | None], marker: Marker) -> list[tuple[bytes, bytes | None, Any]]:
    """Return the changelog records of a batch, marker last, as (key, value, headers)."""
    batch_id = _BATCH.pack(marker.incarnation, marker.sequence)
    tombstone_headers = [(_BATCH_HEADER, batch_id)]
    records: list[tuple[bytes, bytes | None, Any]] = [
        (key, None, tombstone_headers) if value is None else (key, batch_id + value, None)
        for key, value in changes.items()
    ]
    records.append((MARKER_KEY, batch_id + msgspec.msgpack.encode(marker), None))
    return records


def plan_record(plan: Sequence[Portion], incarnation: int, sequence: int) -> tuple[bytes, bytes]:
    """Return the changelog record, key and value, that says what a batch will be made of."""
    return PLAN_KEY, _BATCH.pack(incarnation, sequence) + msgspec.msgpack.encode(plan)


def marker_of(key: bytes | None, value: bytes | None) -> Marker | None:
    """Return the marker in a changelog record; None where it is another record.

    Raises:
        msgspec.MsgspecError: it cannot be read.
    """
    if key != MARKER_KEY or value is None:
        return None
    return marker_decoder.decode(value[_BATCH.size :])


def restore(
    store: PartitionStore, changelog: Changelog, partition: int, on_progress: Callable[[Progress], None]
) -> Restored:
    """Bring a store up to the end of its changelog, as it is when the reading begins.

    Args:
        store: the local copy; wiped where it is not of this changelog, or too old for it.
        changelog: to read.
        partition: which.
        on_progress: called after every portion of records; what it raises ends the restore, and the next one goes on
            from there. No more than a portion and a batch is ever held in memory.

    Raises:
        StoreError: the changelog cannot be read, or is of another format.
    """
    first, end = changelog.bounds(partition)
    if store.position > end or not is_read(store.marker.format):
        store.wipe()
    restoring = _Restoring(store)
    try:
        for records in changelog.read(partition, max(first, store.position), end):
            restoring.take(records)
            on_progress(Progress(restoring.read, restoring.next, end))
    except _TooOldError:
        store.wipe()
        return restore(store, changelog, partition, on_progress)
    return restoring.restored(end)


class _Change(NamedTuple):
    """What a record of a batch, of which the marker was not read yet, does to a key."""

    offset: int
    batch_id: BatchId
    key: bytes
    value: bytes | None


class _TooOldError(Exception):
    """Deletions may be missing between a local copy and what is read."""


class _Restoring:
    """Puts batches together from a changelog and applies the whole ones."""

    def __init__(self, store: PartitionStore) -> None:
        self._store = store
        self.next = store.position
        self._is_local_copy = self.next > 0
        self._open: list[_Change] = []
        self._settled: dict[bytes, bytes | None] = {}
        self._settled_to = self.next
        self._torn = set(store.torn)
        self._plan: tuple[BatchId, list[Portion]] = (0, 0), []
        self.read = 0

    def take(self, records: Sequence[Logged]) -> None:
        for offset, key, value, headers in records:
            if key is None:
                raise StoreError("the changelog holds a record without a key")
            if offset > self.next:
                if self._is_local_copy:
                    raise _TooOldError
                self._settle(offset)
            self.next = offset + 1
            batch_id = _batch_id(value, headers)
            marker = marker_of(key, value)
            if marker is not None:
                self._commit(batch_id, marker, offset)
            elif key == PLAN_KEY and value is not None:
                if batch_id > self._plan[0]:
                    self._plan = batch_id, _plan_decoder.decode(value[_BATCH.size :])
            else:
                self._open.append(_Change(offset, batch_id, key, None if value is None else value[_BATCH.size :]))
        self._keep_settled()
        self.read += len(records)

    def restored(self, end: int) -> Restored:
        self._torn.update(change.key for change in self._open)
        marker = self._store.marker
        batch_id, plan = self._plan
        pending = plan if batch_id > (marker.incarnation, marker.sequence) else marker.pending
        return Restored({key: self._store.get(key) for key in self._torn}, pending, max(end, self.next))

    def _settle(self, offset: int) -> None:
        """Take what was read for whole, as the offset before this one is missing; what came too late stays torn."""
        for _, batch_id, key, value in self._open:
            if self._is_late(batch_id):
                self._torn.add(key)
            else:
                self._settled[key] = value
                self._torn.discard(key)
        self._open.clear()
        self._settled_to = offset

    def _keep_settled(self) -> None:
        """Write what needs no marker any more, so that it is not held."""
        if self._settled:
            self._store.apply(self._settled, self._store.marker, self._settled_to, self._torn)
            self._settled = {}

    def _is_late(self, batch_id: BatchId) -> bool:
        """Whether an opening that was over wrote on, its work done again by the next."""
        return batch_id < (self._store.marker.incarnation, self._store.marker.sequence)

    def _commit(self, batch_id: BatchId, marker: Marker, offset: int) -> None:
        if not is_read(marker.format):
            reads = f"this version reads {OLDEST_FORMAT} to {FORMAT}"
            raise StoreError(f"the changelog is of format {marker.format}; {reads}")
        is_void = marker.at not in {-1, offset}  # an opening that was overtaken
        if is_void or self._is_late(batch_id):
            return
        changes, self._settled = self._settled, {}
        kept: dict[bytes, _Change] = {}
        for change in self._open:  # in their order: what others wrote behind it tears a key again
            if change.batch_id == batch_id:
                changes[change.key] = change.value
                self._torn.discard(change.key)
                kept.pop(change.key, None)
            else:
                self._torn.add(change.key)
                if change.batch_id > batch_id:  # a late marker may stand in its midst, and those before it be gone
                    kept[change.key] = change
        self._open = sorted(kept.values())
        self._store.apply(changes, marker, self._open[0].offset if self._open else offset + 1, self._torn)


def _batch_id(value: bytes | None, headers: Any) -> BatchId:  # noqa: ANN401  # confluent-kafka's header list
    packed = value[: _BATCH.size] if value is not None else dict(headers or [])[_BATCH_HEADER]
    incarnation, sequence = _BATCH.unpack(packed)
    return incarnation, sequence
