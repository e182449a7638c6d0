"""Touchpoints sent at a steady rate, and the profiles that come of them, heard by another client."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Self

from confluent_kafka import Consumer, Message, TopicPartition

from benchmarks.preload import Live
from streams.errors import StreamsError
from streams.logs import QUIET
from streams.producer import CheckedProducer
from streams.settings import Settings
from streams.topics import topics_of

_TICK_SECONDS = 0.005
_WATERMARK_TIMEOUT_SECONDS = 15.0

EventKey = tuple[str, str]
"""Source and event id."""


class Told(NamedTuple):
    """The first profile that counts a touchpoint.

    Attributes:
        seconds: since the touchpoint was sent.
        sent_at: reading of ``time.monotonic``.
        partition: of the profile's record.
        offset: of the profile's record.
    """

    seconds: float
    sent_at: float
    partition: int
    offset: int


def send_steadily(
    settings: Settings,
    records: Sequence[Live],
    rate: float,
    pending: dict[EventKey, float],
    on_progress: Callable[[int], None],
) -> float:
    """Send each record when its time has come; return how late the latest was.

    Args:
        settings: of the installation whose sources they are.
        records: what to send.
        rate: touchpoints a second.
        pending: takes the time each was sent at.
        on_progress: called now and then with the number sent.
    """
    topics = topics_of(settings)
    producer = CheckedProducer(settings.servers)
    latest = 0.0
    try:
        deliveries = producer.begin()
        start = time.monotonic()
        for number, record in enumerate(records):
            due = start + number / rate
            while (now := time.monotonic()) < due:
                time.sleep(_TICK_SECONDS)  # what falls due meanwhile is sent at once
            latest = max(latest, now - due)
            pending[record.source, record.event_id] = now
            deliveries.send(topics.source(record.source), None, record.value)
            if number % int(10 * rate) == 0:
                on_progress(number)
        deliveries.wait()
    finally:
        producer.close()
    return latest


class Listener:
    """Reads the profiles published from now on, in a thread, and matches them to what is pending.

    Args:
        servers: of the broker.
        topic: of the profiles.
        partitions: how many it has.
        touches: the touchpoints that a profile's value lists.

    Attributes:
        pending: when each touchpoint was sent that is in no profile yet.
        told: those that are.
        heard_at: when the last profile came.
    """

    def __init__(
        self, servers: str, topic: str, partitions: int, touches: Callable[[bytes | None], Iterable[EventKey]]
    ) -> None:
        self.pending: dict[EventKey, float] = {}
        self.told: list[Told] = []
        self.heard_at = time.monotonic()
        self._touches = touches
        self._consumer = _consumer_at_end(servers, topic, partitions)
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def check(self) -> None:
        """Raise what ended the reading early, if anything did."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                message = self._consumer.poll(0.1)
                if message is not None:
                    self._hear(message, time.monotonic())
        except Exception as error:  # noqa: BLE001  # a thread's boundary; check() raises it
            self._error = error

    def _hear(self, message: Message, now: float) -> None:
        error = message.error()
        if error is not None:
            raise StreamsError(f"the profiles cannot be read: {error.str()}")
        self.heard_at = now
        for touch in self._touches(message.value()):
            sent_at = self.pending.pop(touch, None)
            if sent_at is not None:
                self.told.append(Told(now - sent_at, sent_at, message.partition() or 0, message.offset() or 0))


def _consumer_at_end(servers: str, topic: str, partitions: int) -> Consumer:
    """Return a consumer that stands at the end of every partition."""
    config: dict[str, str | int | float | bool] = {
        **QUIET,
        "bootstrap.servers": servers,
        "group.id": "onefold-benchmark",
        "enable.auto.commit": False,
        "fetch.queue.backoff.ms": 10,
    }
    consumer = Consumer(config)
    ends = []
    for number in range(partitions):
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_WATERMARK_TIMEOUT_SECONDS)
        ends.append(TopicPartition(topic, number, end))
    consumer.assign(ends)
    return consumer
