"""The partition store: the state of one partition in an embedded RocksDB, with a changelog to rebuild it from.

A commit is one batch: every record of it goes to the changelog, last a marker with the batch's number and the source
offsets it covers; when all are delivered, the same batch is written locally in one step. A restore reads the changelog
from where the local copy ends and takes only whole batches, so state is always as of a commit. What a crash left
half-written is overwritten with the true values before work goes on.

Before a batch's outputs are published, the changelog gets its plan: which source records it is made of. Work that a
crash cut short is done again by the same plan, so it leads to the same outputs, and nobody holds one that never was.
"""

import shutil
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from streams.errors import StoreError
from streams.logs import QUIET

FORMAT = 1
"""Of keys and values; a store of another format is rebuilt from the changelog, a changelog of another is refused."""

MARKER_KEY = b"\x00commit"
PLAN_KEY = b"\x00plan"
_POSITION_KEY = b"\x00position"
_BATCH = struct.Struct(">II")
_BATCH_HEADER = "batch"
_BLOCK_CACHE_BYTES = 32 * 1024 * 1024
_WRITE_BUFFER_BYTES = 16 * 1024 * 1024
_RESTORE_POLL = 10_000
_RESTORE_POLL_SECONDS = 0.1
_RESTORE_TIMEOUT_SECONDS = 60.0
_ANSWER_SECONDS = 10.0
_PAUSE_SECONDS = 0.2

_PASSING = frozenset(
    {
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001  # its public name, as those below
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
    }
)
"""What a partition answers while its leader is not known yet, as just after the start of a broker."""

BatchId = tuple[int, int]
"""The store's incarnation, and the number of the batch within it."""


class Portion(NamedTuple):
    """Records of one source topic, from an offset to before another."""

    topic: str
    start: int
    end: int


class Marker(msgspec.Struct, array_like=True):
    """Ends a batch.

    Attributes:
        format: of the records.
        incarnation: how many times this partition's store was opened for work.
        sequence: number of the batch within the incarnation.
        offsets: next source offset by topic; everything before is part of the state.
        pending: the plan of work that an earlier incarnation began and did not commit.
    """

    format: int
    incarnation: int
    sequence: int
    offsets: dict[str, int]
    pending: list[Portion] = []


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


_marker_decoder = msgspec.msgpack.Decoder(Marker)
_plan_decoder = msgspec.msgpack.Decoder(list[Portion])


class PartitionStore:
    """Key and value bytes of one partition. Used by one thread at a time.

    Open it with :meth:`open`, which restores it; then :meth:`changelog` and :meth:`apply` make one commit.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._db = _open_database(folder)
        marker = self._db.get(MARKER_KEY)
        self.marker = _marker_decoder.decode(marker) if marker is not None else Marker(FORMAT, 0, 0, {})

    def get(self, key: bytes) -> bytes | None:
        """Return a value, None where there is none."""
        value: bytes | None = self._db.get(key)
        return value

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the values of keys, in their order."""
        asked: Any = keys  # rocksdict's stub wants an invariant list of any key type
        values: Any = self._db.get(asked)
        return list(values)

    def keys_after(self, key: bytes, most: int) -> list[bytes]:
        """Return the keys that follow a key, in order."""
        following: Any = self._db.keys(from_key=key)  # the stub knows no bytes
        return list(islice((found for found in following if found != key), most))

    @property
    def position(self) -> int:
        """Changelog offset from which on the local copy knows nothing."""
        value = self._db.get(_POSITION_KEY)
        return int.from_bytes(value, "big") if value is not None else 0

    def apply(self, changes: Mapping[bytes, bytes | None], marker: Marker, position: int) -> None:
        """Write a batch locally in one step; it survives a crash of this process."""
        batch = WriteBatch(raw_mode=True)
        for key, value in changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(MARKER_KEY, msgspec.msgpack.encode(marker))
        batch.put(_POSITION_KEY, position.to_bytes(8, "big"))
        self._db.write(batch)
        self.marker = marker

    def close(self) -> None:
        """Release the files."""
        self._db.close()

    def wipe(self) -> None:
        """Forget the local copy."""
        self._db.close()
        shutil.rmtree(self._folder)
        self._db = _open_database(self._folder)
        self.marker = Marker(FORMAT, 0, 0, {})


def _open_database(folder: Path) -> Rdict:
    folder.parent.mkdir(parents=True, exist_ok=True)
    options = Options(raw_mode=True)
    options.create_if_missing(create_if_missing=True)
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    table = BlockBasedOptions()
    table.set_block_cache(Cache(_BLOCK_CACHE_BYTES))
    table.set_bloom_filter(10, block_based=False)
    options.set_block_based_table_factory(table)
    try:
        return Rdict(str(folder), options)
    except Exception as error:
        if "lock" in str(error).lower():
            raise StoreError(f"state {folder.name} is open in another process of this home") from error
        # Whatever else is wrong with the files, the changelog has everything: start from nothing.
        shutil.rmtree(folder)
        return Rdict(str(folder), options)


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


def restore(
    store: PartitionStore, servers: str, topic: str, partition: int, on_progress: Callable[[int], None]
) -> Restored:
    """Bring a store up to the end of its changelog, as it is when the reading begins.

    Args:
        store: the local copy; wiped first where it is not of this changelog.
        servers: bootstrap servers.
        topic: the changelog.
        partition: which.
        on_progress: called with the number of records read so far.

    Raises:
        StoreError: the changelog cannot be read, or is of a newer format.
    """
    consumer = _consumer(servers)
    try:
        first, end = _bounds(consumer, topic, partition)
        if store.position > end or store.marker.format != FORMAT:
            store.wipe()
        consumer.assign([TopicPartition(topic, partition, max(first, store.position))])
        return _Restoring(store).read(consumer, end, on_progress)
    except KafkaException as error:
        raise StoreError(f"changelog {topic}[{partition}] cannot be read: {error.args[0].str()}") from error
    finally:
        consumer.close()


def changelog_end(servers: str, topic: str, partition: int) -> int:
    """Return the offset of the next record of a changelog.

    Raises:
        StoreError: the changelog cannot be read.
    """
    consumer = _consumer(servers)
    try:
        _, end = _bounds(consumer, topic, partition)
    except KafkaException as error:
        raise StoreError(f"changelog {topic}[{partition}] cannot be read: {error.args[0].str()}") from error
    finally:
        consumer.close()
    return end


def _consumer(servers: str) -> Consumer:
    settings: dict[str, str | int | float | bool] = {
        **QUIET,
        "bootstrap.servers": servers,
        "group.id": "onefold-restore",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "fetch.queue.backoff.ms": 10,
    }
    return Consumer(settings)


def _bounds(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """Return the first offset of a changelog and the next one; waits while the partition's leader is not known."""
    deadline = time.monotonic() + _RESTORE_TIMEOUT_SECONDS
    while True:
        try:
            return consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_ANSWER_SECONDS)
        except KafkaException as error:
            if error.args[0].code() not in _PASSING or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_SECONDS)


class _Restoring:
    """Puts batches together from a changelog and applies the whole ones."""

    def __init__(self, store: PartitionStore) -> None:
        self._store = store
        self._open: dict[BatchId, dict[bytes, bytes | None]] = {}
        self._torn: set[bytes] = set()
        self._past_a_marker = False
        self._plan: tuple[BatchId, list[Portion]] = (0, 0), []
        self._read = 0

    def read(self, consumer: Consumer, end: int, on_progress: Callable[[int], None]) -> Restored:
        position = self._store.position
        silent_since = time.monotonic()
        while position < end:
            before = position
            for message in consumer.consume(_RESTORE_POLL, timeout=_RESTORE_POLL_SECONDS):
                error = message.error()
                if error is None:
                    position = self._take(message)
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                    position = max(position, message.offset() or 0)
                elif error.code() not in _PASSING:
                    raise KafkaException(error)
            if position > before:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > _RESTORE_TIMEOUT_SECONDS:
                raise StoreError(f"the changelog fell silent at offset {position} of {end}")
            on_progress(self._read)
        for changes in self._open.values():
            self._torn.update(changes)
        marker = self._store.marker
        batch_id, plan = self._plan
        pending = plan if batch_id > (marker.incarnation, marker.sequence) else marker.pending
        return Restored({key: self._store.get(key) for key in self._torn}, pending, position)

    def _take(self, message: Message) -> int:
        self._read += 1
        offset, key, value = message.offset(), message.key(), message.value()
        if offset is None or key is None:
            raise StoreError("the changelog holds a record without a key")
        batch_id = _batch_id(value, message.headers())
        if key == MARKER_KEY and value is not None:
            self._commit(batch_id, _marker_decoder.decode(value[_BATCH.size :]), offset + 1)
        elif key == PLAN_KEY and value is not None:
            if batch_id > self._plan[0]:
                self._plan = batch_id, _plan_decoder.decode(value[_BATCH.size :])
        else:
            self._open.setdefault(batch_id, {})[key] = None if value is None else value[_BATCH.size :]
        return offset + 1

    def _commit(self, batch_id: BatchId, marker: Marker, position: int) -> None:
        if marker.format > FORMAT:
            raise StoreError(f"the changelog is of format {marker.format}; this version knows {FORMAT}")
        changes = self._open.pop(batch_id, {})
        late = batch_id < (self._store.marker.incarnation, self._store.marker.sequence)
        if late:  # an opening that was over wrote on: its work was done again by the next
            self._torn.update(changes)
            return
        changes = {**self._before_the_first_marker(), **changes}
        for torn in self._open.values():
            self._torn.update(torn)
        self._open.clear()
        self._torn.difference_update(changes)
        self._store.apply(changes, marker, position)

    def _before_the_first_marker(self) -> dict[bytes, bytes | None]:
        """Return what the batches before the first marker changed, whose own markers Kafka compacted away.

        Kafka keeps the newest marker of all it compacted. Before it every batch is whole, or the opening after it set
        its keys right; only from there on a batch without a marker is one that was cut short.
        """
        if self._past_a_marker:
            return {}
        self._past_a_marker = True
        applied = (self._store.marker.incarnation, self._store.marker.sequence)
        whole: dict[bytes, bytes | None] = {}
        for batch_id in [batch_id for batch_id in self._open if batch_id > applied]:
            whole.update(self._open.pop(batch_id))
        return whole


def _batch_id(value: bytes | None, headers: Any) -> BatchId:  # noqa: ANN401  # confluent-kafka's header list
    packed = value[: _BATCH.size] if value is not None else dict(headers or [])[_BATCH_HEADER]
    incarnation, sequence = _BATCH.unpack(packed)
    return incarnation, sequence
