"""Producing with every delivery checked.

librdkafka, idempotent, all replicas, and Java's partitioner, so that a key lies where Java, aiokafka and Faust would
put it. A record counts as written when its delivery report says so and not before.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.errors import DeliveryError
from streams.logs import QUIET
from streams.topics import MAX_MESSAGE_BYTES

Produce = Callable[..., None]

_POLL_SECONDS = 0.1
_QUEUE_MESSAGES = 200_000
_QUEUE_KBYTES = 256 * 1024
_QUEUE_FULL_SECONDS = 0.01
DELIVERY_TIMEOUT_MS = 120_000
"""How long a record may wait for the broker; a broker that restarts within it costs nothing."""
_ALARM_SECONDS = 5.0

log = structlog.get_logger()


class Sending(Protocol):
    """Records sent together; :class:`Deliveries` of a real broker."""

    last_offset: int

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int = -1,
        **extra: Any,  # noqa: ANN401  # confluent-kafka's own
    ) -> None:
        """Queue a record."""

    async def arrived(self) -> None:
        """Wait until every record arrived; call once, last."""


class Sender(Protocol):
    """Where outputs and changelogs go; :class:`CheckedProducer` of a real broker."""

    def begin(self) -> Sending:
        """Start a set of records that are waited for together."""
        ...


class _Queued(NamedTuple):
    """A record for which the client's queue had no room yet."""

    topic: str
    value: bytes | None
    key: bytes | None
    partition: int
    extra: Mapping[str, Any]


class Deliveries:
    """Records sent together, and whether all of them arrived.

    Made by :meth:`CheckedProducer.begin`; used by one thread or task. ``send`` never waits: what the client's queue has
    no room for is held here, in order, until the end is waited for. So begin anew after some ten thousand records. Only
    the sender counts what is sent and only the producer's polling thread what arrived, so neither needs a lock.
    """

    def __init__(self, produce: Produce) -> None:
        self._produce = produce
        self.sent = 0
        self._reported = 0
        self._all_sent = False
        self._topics: set[str] = set()
        self._held: deque[_Queued] = deque()
        self._error: str | None = None
        self._done = threading.Event()
        self._wake: asyncio.Future[None] | None = None
        self.last_offset = -1

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int = -1,
        **extra: Any,  # noqa: ANN401  # confluent-kafka's own
    ) -> None:
        """Queue a record.

        Args:
            topic: where to.
            key: decides the partition where none is given.
            value: None is a tombstone.
            partition: an explicit partition.
            extra: ``headers`` or ``timestamp`` as confluent-kafka takes them.

        Raises:
            DeliveryError: the record is larger than the broker takes; it is not sent, the others are.
        """
        if self._held or not self._has_gone(topic, value, key, partition, extra):
            self._held.append(_Queued(topic, value, key, partition, extra))
        self._topics.add(topic)
        self.sent += 1

    def wait(self) -> None:
        """Wait until every record arrived; call once, last.

        Raises:
            DeliveryError: one did not.
        """
        while not self._is_queued():
            self._check()
            time.sleep(_QUEUE_FULL_SECONDS)
        self._end()
        self._done.wait()
        self._check()

    async def arrived(self) -> None:
        """Wait as :meth:`wait` does, from a coroutine; the log tells of a broker that takes nothing for long."""
        while not self._is_queued():
            self._check()
            await asyncio.sleep(_QUEUE_FULL_SECONDS)
        self._wake = asyncio.get_running_loop().create_future()
        self._end()
        patience = _ALARM_SECONDS
        while not (await asyncio.wait([self._wake], timeout=patience))[0]:
            patience *= 2
            log.warning(
                "records wait for delivery",
                waiting=self.sent - self._reported,
                topics=",".join(sorted(self._topics)),
                given_up_after_seconds=DELIVERY_TIMEOUT_MS // 1000,
            )
        self._check()

    def _has_gone(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int, extra: Mapping[str, Any]
    ) -> bool:
        """Whether there was room for a record in the client's queue."""
        try:
            self._produce(topic, value, key, partition, on_delivery=self._report, **extra)
        except BufferError:
            return False
        except KafkaException as error:
            raise DeliveryError(f"a record for {topic} cannot be sent: {error.args[0].str()}") from error
        return True

    def _is_queued(self) -> bool:
        """Whether the client has all records in its queue, as many of those held given to it as it has room for."""
        while self._held and self._has_gone(*self._held[0]):
            self._held.popleft()
        return not self._held

    def _report(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self._error is None:
            self._error = f"a record for {message.topic()} was not delivered: {error.str()}"
        self.last_offset = max(self.last_offset, message.offset() or -1)
        self._reported += 1
        if self._all_sent and self._reported == self.sent:
            self._finish()

    def _end(self) -> None:
        self._all_sent = True
        if self._reported == self.sent:
            self._finish()

    def _finish(self) -> None:
        self._done.set()
        if self._wake is not None:
            self._wake.get_loop().call_soon_threadsafe(_resolve, self._wake)

    def _check(self) -> None:
        if self._error is not None:
            raise DeliveryError(self._error)


def producer_settings(servers: str) -> dict[str, str | int | float | bool]:
    """Return how every producer of ours is set up."""
    return {
        **QUIET,
        "bootstrap.servers": servers,
        "partitioner": "murmur2_random",
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": "lz4",
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "queue.buffering.max.messages": _QUEUE_MESSAGES,
        "queue.buffering.max.kbytes": _QUEUE_KBYTES,
        "delivery.timeout.ms": DELIVERY_TIMEOUT_MS,
    }


def _resolve(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


class CheckedProducer:
    """A producer whose every delivery is reported. Thread-safe; close it at the end.

    Args:
        servers: bootstrap servers.
        linger_ms: how long a record waits for company.
    """

    def __init__(self, servers: str, linger_ms: float = 1) -> None:
        self._producer = Producer({**producer_settings(servers), "linger.ms": linger_ms})
        self._moved = time.monotonic()
        self._closing = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="producer-poll", daemon=True)
        self._poller.start()

    def begin(self) -> Deliveries:
        """Start a set of records that are waited for together."""
        return Deliveries(self._producer.produce)

    @property
    def queued(self) -> int:
        """How many records are not acknowledged by the broker yet."""
        return len(self._producer)

    @property
    def stalled_seconds(self) -> float:
        """For how long records have waited with none of them acknowledged; 0 where none waits."""
        return time.monotonic() - self._moved if self.queued else 0.0

    def close(self) -> None:
        """Wait for what is still under way, then stop."""
        self._producer.flush(DELIVERY_TIMEOUT_MS / 1000)
        self._closing.set()
        self._poller.join()

    def _poll(self) -> None:
        while not self._closing.is_set():
            if self._producer.poll(_POLL_SECONDS) or not len(self._producer):
                self._moved = time.monotonic()
