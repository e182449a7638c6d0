"""Producing with every delivery checked.

librdkafka, idempotent, all replicas, and Java's partitioner, so that a key lies where Java, aiokafka and Faust would
put it. A record counts as written when its delivery report says so and not before.
"""

import asyncio
import threading
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.errors import DeliveryError
from streams.logs import SILENT
from streams.topics import MAX_MESSAGE_BYTES

_POLL_SECONDS = 0.1
_QUEUE_MESSAGES = 200_000
_QUEUE_KBYTES = 256 * 1024
DELIVERY_TIMEOUT_MS = 120_000
"""How long a record may wait for the broker; a broker that restarts within it costs nothing."""


class Deliveries:
    """Records sent together, and whether all of them arrived.

    Made by :meth:`CheckedProducer.begin`; used by one thread or task. ``send`` never waits for the broker, but waits
    for room in the client's queue.
    """

    def __init__(self, producer: "CheckedProducer") -> None:
        self._producer = producer
        self._lock = threading.Lock()
        self._open = 1
        self._error: KafkaError | None = None
        self._done = threading.Event()
        self._wake: asyncio.Future[None] | None = None
        self.sent = 0
        self.last_offset = -1

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int = -1,
        **extra: Any,  # noqa: ANN401
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
        with self._lock:
            self._open += 1
        self.sent += 1
        try:
            self._producer.produce(topic, key, value, partition, self._report, extra)
        except DeliveryError:
            with self._lock:
                self._open -= 1
            raise

    def _report(self, error: KafkaError | None, message: Message) -> None:
        with self._lock:
            self._open -= 1
            if error is not None and self._error is None:
                self._error = error
            self.last_offset = max(self.last_offset, message.offset() or -1)
            finished = self._open == 0
        if finished:
            self._finish()

    def _finish(self) -> None:
        self._done.set()
        if self._wake is not None:
            self._wake.get_loop().call_soon_threadsafe(self._resolve)

    def _resolve(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _close(self) -> bool:
        """End sending; return whether all reports are in already."""
        with self._lock:
            self._open -= 1
            return self._open == 0

    def _check(self) -> None:
        if self._error is not None:
            raise DeliveryError(f"a record was not delivered: {self._error.str()}")

    def wait(self) -> None:
        """Wait until every record arrived; call once, last.

        Raises:
            DeliveryError: one did not.
        """
        if not self._close():
            self._done.wait()
        self._check()

    async def arrived(self) -> None:
        """Wait as :meth:`wait` does, from a coroutine."""
        self._wake = asyncio.get_running_loop().create_future()
        if not self._close():
            await self._wake
        self._check()


class CheckedProducer:
    """A producer whose every delivery is reported. Thread-safe; close it at the end.

    Args:
        servers: bootstrap servers.
        linger_ms: how long a record waits for company.
    """

    def __init__(self, servers: str, linger_ms: float = 5) -> None:
        settings: dict[str, str | int | float | bool] = {
            "bootstrap.servers": servers,
            "partitioner": "murmur2_random",
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": linger_ms,
            "compression.type": "lz4",
            "batch.size": 256 * 1024,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "queue.buffering.max.messages": _QUEUE_MESSAGES,
            "queue.buffering.max.kbytes": _QUEUE_KBYTES,
            "delivery.timeout.ms": DELIVERY_TIMEOUT_MS,
        }
        self._producer = Producer(settings, logger=SILENT)
        self._closing = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="producer-poll", daemon=True)
        self._poller.start()

    def begin(self) -> Deliveries:
        """Start a set of records that are waited for together."""
        return Deliveries(self)

    def produce(  # called from one place
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int,
        report: Any,  # noqa: ANN401  # confluent-kafka's callback type
        extra: dict[str, Any],
    ) -> None:
        """Queue one record for :class:`Deliveries`; wait for room where the queue is full."""
        while True:
            try:
                self._producer.produce(topic, value, key, partition, on_delivery=report, **extra)
            except BufferError:
                self._closing.wait(_POLL_SECONDS / 10)
            except KafkaException as error:
                raise DeliveryError(f"a record for {topic} cannot be sent: {error.args[0].str()}") from error
            else:
                return

    def close(self) -> None:
        """Wait for what is still under way, then stop."""
        self._producer.flush(DELIVERY_TIMEOUT_MS / 1000)
        self._closing.set()
        self._poller.join()

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(_POLL_SECONDS)
