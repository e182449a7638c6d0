"""Faust in chunks: each partition's fetched records go through it as one message.

Faust spends about 150 microseconds on every message it hands to an agent; handing over what one fetch returned as one
message leaves that cost with the chunk. Its offset bookkeeping, which loses its way in offset holes and out-of-order
acknowledgements (faust#606), is replaced by one that walks the order of delivery: a chunk counts as done when its last
record is acknowledged, and nothing behind an unfinished chunk is committed.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any, NamedTuple

import faust
import structlog
from aiokafka import errors as kafka_errors
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer
from faust.types import TP

from streams.assigning import Claims, StickyAssignor

_FETCH_WAIT_MS = 100
_WATCH_SECONDS = 1.0

log = structlog.get_logger()


class Chunk(NamedTuple):
    """The records that one fetch returned of one partition, in order; at least one.

    Looks like one of aiokafka's records where Faust looks: position and time are the last record's.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int
    value: list[Any]
    headers: tuple[()] = ()
    key: None = None
    checksum: None = None
    serialized_key_size: int = 0
    serialized_value_size: int = 0


class _InHand(NamedTuple):
    """A chunk that was delivered: its last offset, and when its first record was written, by Kafka's timestamp."""

    last: int
    since_ms: int


class ChunkScheduler:
    """A consumer scheduler (Faust's ``ConsumerScheduler`` setting) that hands each partition's records over whole."""

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Chunk]]:
        """Return one chunk a partition."""
        for tp, fetched in records.items():
            if fetched:
                last = fetched[-1]
                yield tp, Chunk(tp.topic, tp.partition, last.offset, last.timestamp, last.timestamp_type, fetched)


class ChunkSchema(faust.Schema[Any, Any]):
    """Passes a chunk through undecoded: decoding is the stage's business, record by record."""

    def compile(self, app: Any, **_: Any) -> Callable[..., Awaitable[Any]]:  # noqa: ANN401  # faust's signature
        """Return the coroutine that makes an event of a message."""
        create_event = app.create_event

        async def pass_through(message: Any, *, propagate: bool = False) -> Any:  # noqa: ANN401, ARG001
            return create_event(None, message.value, message.headers, message)

        return pass_through


class _ConsumerThread(AIOKafkaConsumerThread):
    """Faust's consumer thread, in which no record is lost between a fetch and a seek.

    A fetch goes on in its thread when nobody waits for it any more, and while a seek runs beside it. What it returns is
    therefore held here until it is taken, and a seek, which makes all of it come again, empties the hold in the same
    step. Otherwise records that nobody took would be passed over, or old ones be taken before those sought.

    Attributes:
        held_back: returns the partitions of which nothing more is fetched for now. Faust's own way to pause them drops
            what a fetch under way returns.
        claims: returns what this worker claims when partitions are shared out.
    """

    held_back: Callable[[], AbstractSet[tuple[str, int]]] = staticmethod(frozenset)
    claims: Callable[[], Claims] = staticmethod(dict)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # faust's
        self._held: deque[Mapping[TP, list[Any]]] = deque()
        super().__init__(*args, **kwargs)

    def _create_worker_consumer(self, transport: Any) -> Any:  # noqa: ANN401  # faust's signature
        consumer = super()._create_worker_consumer(transport)
        consumer._partition_assignment_strategy = [StickyAssignor(self.claims)]  # noqa: SLF001
        consumer._fetch_max_wait_ms = _FETCH_WAIT_MS  # noqa: SLF001
        # What a source's transaction gave up is no event; Faust reads it unless it runs in transactions itself.
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        return consumer

    @faust.Service.task
    async def _watch_membership(self) -> None:
        """Take up what keeps this worker out of its group; Faust never asks aiokafka, which waits to be asked."""
        while not self.should_stop:
            await self.sleep(_WATCH_SECONDS)
            coordinator = getattr(self._consumer, "_coordinator", None)
            if coordinator is not None:
                with _trying_again():
                    coordinator.check_errors()

    async def stop(self) -> None:
        """Stop the thread. Faust's own way holds up the calling loop meanwhile, for which the thread may wait."""
        if self._started.is_set():
            await faust.Service.stop(self)
            if self._thread is not None:
                await asyncio.to_thread(self._thread.stop)

    async def getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Any]]:  # noqa: ASYNC109
        """Return what was fetched next; empty where nothing came in time."""
        if not self._held:
            wanted = (active_partitions or set()) - self.held_back()
            if not wanted:  # to ask for no partitions is to ask for all
                await asyncio.sleep(timeout)
                return {}
            await self.call_thread(self._hold, wanted, timeout)
        try:
            return self._held.popleft()
        except IndexError:
            return {}

    async def _hold(self, active_partitions: set[TP], timeout: float) -> None:  # noqa: ASYNC109
        with _trying_again():
            records = await self._fetch_records(
                self._ensure_consumer(), active_partitions, timeout, self.app.conf.broker_max_poll_records
            )
            if records:
                self._held.append(records)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go back to what is committed, to the beginning where nothing is; aiokafka leaves those where they are."""
        committed: Mapping[TP, int] = await self.call_thread(self._seek_to_committed)
        return committed

    async def _seek_to_committed(self) -> Mapping[TP, int]:
        consumer = self._ensure_consumer()
        committed = {tp: await consumer.committed(tp) or 0 for tp in consumer.assignment()}
        self._held.clear()  # from here to the seeks nothing else runs in this thread
        for tp, offset in committed.items():
            if offset:
                consumer.seek(tp, offset)
        fresh = [tp for tp, offset in committed.items() if not offset]
        if fresh:
            await consumer.seek_to_beginning(*fresh)
        return committed


@contextmanager
def _trying_again() -> Iterator[None]:
    """Go on after an error of the group that passes: aiokafka joins anew once it was taken up."""
    try:
        yield
    except kafka_errors.KafkaError as error:
        if not _passes(error):
            raise
        log.warning("could not join the group, trying again", error=str(error))


def _passes(error: kafka_errors.KafkaError) -> bool:
    """Whether an error is a passing one, or wraps one: aiokafka gives an unexpected answer's error as text only."""
    if error.retriable:
        return True
    wrapped = getattr(kafka_errors, str(error.args[0]).partition("(")[0], None) if error.args else None
    return bool(getattr(wrapped, "retriable", False))


class ChunkConsumer(Consumer):
    """Faust's aiokafka consumer with bookkeeping by order of delivery.

    Nothing is delivered from the moment a rebalance begins until its partitions are ready and sought, also where this
    process had no partitions before; Faust alone stops only what works on some.

    Args:
        on_revoke: called when a rebalance begins, before Faust waits for the chunks in hand.
        on_assign: called with the partitions given, before any chunk of theirs is delivered.
        held_back: returns the partitions of which nothing more is fetched for now.
        claims: returns what this worker claims when partitions are shared out; called in the consumer's thread.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  # faust's
        on_revoke: Callable[[], None],
        on_assign: Callable[[set[TP]], Awaitable[None]],
        held_back: Callable[[], AbstractSet[tuple[str, int]]],
        claims: Callable[[], Claims],
        **kwargs: Any,  # noqa: ANN401  # faust's
    ) -> None:
        self._held_back = held_back
        self._claims = claims
        self._on_revoke = on_revoke
        self._on_assign = on_assign
        self._delivered: defaultdict[TP, deque[_InHand]] = defaultdict(deque)
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> _ConsumerThread:
        thread = _ConsumerThread(self, loop=self.loop, beacon=self.beacon)
        thread.held_back = self._held_back
        thread.claims = self._claims
        return thread

    def _to_message(self, tp: TP, record: Any) -> Any:  # noqa: ANN401  # faust's signature
        if isinstance(record, Chunk):
            delivered = self._delivered[tp]
            first = record.value[0]
            while delivered and delivered[-1].last >= first.offset:
                delivered.pop()  # a seek makes it come again
            delivered.append(_InHand(record.offset, first.timestamp))
        return super()._to_message(tp, record)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Holes need no bookkeeping: what was never delivered is never waited for."""

    async def verify_all_partitions_active(self) -> None:
        """Faust's watch over what stands still, which fails while a partition is not sought yet; metrics tell it."""

    def _new_offset(self, tp: TP) -> int | None:
        delivered, acked, committed = self._delivered[tp], self._acked_index[tp], self._committed_offset[tp] or 0
        offset = None
        while delivered and (delivered[0].last in acked or delivered[0].last < committed):
            last = delivered.popleft().last
            acked.discard(last)
            offset = last if last >= committed else offset
        if offset is None:
            return None
        self._acked[tp] = [other for other in self._acked[tp] if other in acked]
        return offset + 1

    def oldest_ms(self) -> dict[TP, int]:
        """Return by partition when the oldest record in hand was written; those with none in hand are left out."""
        return {tp: delivered[0].since_ms for tp, delivered in self._delivered.items() if delivered}

    def lags(self) -> dict[TP, int]:
        """Return by partition how many offsets lie between what is committed and the end, as of the last fetch."""
        found = {}
        for tp in self.assignment():
            try:
                end = self.highwater(tp)
            except (AssertionError, AttributeError, KeyError):  # just taken away, in the consumer's thread
                continue
            if end is not None:
                found[tp] = max(0, end - (self._committed_offset[tp] or 0))
        return found

    async def perform_seek(self) -> None:
        """Go back to what is committed; what was delivered before comes again."""
        self._forget(list(self._delivered))
        await super().perform_seek()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget the partitions that are taken away."""
        self._stand_still()
        self._on_revoke()
        self._forget(revoked)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Have the partitions made ready; Faust seeks and goes on after."""
        self._stand_still()
        await self._on_assign(assigned)
        await super().on_partitions_assigned(assigned, generation_id)

    def _stand_still(self) -> None:
        self.stop_flow()
        self.app.flow_control.suspend()

    def _forget(self, tps: Any) -> None:  # noqa: ANN401  # any collection of TP
        for tp in tps:
            self._delivered.pop(tp, None)
            self._acked.pop(tp, None)
            self._acked_index.pop(tp, None)
