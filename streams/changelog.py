"""Changelogs as Kafka keeps them: the compacted topic ``onefold.state``; other topics are read whole alike."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.batches import Logged
from streams.errors import StoreError
from streams.logs import QUIET

_POLL = 10_000
_POLL_OF_HELD = 2_000
_POLL_SECONDS = 0.1
_TIMEOUT_SECONDS = 60.0
_ANSWER_SECONDS = 10.0
_ANSWER_OF_HELD_SECONDS = 2.0
_PAUSE_SECONDS = 0.2
_FETCHED_OF_HELD_KIB = 4_096

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


@dataclass(frozen=True, slots=True)
class KafkaChangelog:
    """A :class:`streams.batches.Changelog` in a topic.

    Attributes:
        servers: bootstrap servers.
        topic: where it lies.
    """

    servers: str
    topic: str

    def bounds(self, partition: int) -> tuple[int, int]:
        """Return the first offset there is and that of the next record; waits while the leader is not known.

        Raises:
            StoreError: it cannot be read.
        """
        place = TopicPartition(self.topic, partition)
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        with self._consumer(place) as consumer:
            while True:
                try:
                    return consumer.get_watermark_offsets(place, timeout=_ANSWER_SECONDS)
                except KafkaException as error:
                    if error.args[0].code() not in _PASSING or time.monotonic() > deadline:
                        raise
                time.sleep(_PAUSE_SECONDS)

    def read(self, partition: int, start: int, end: int) -> Iterator[list[Logged]]:
        """Yield the records from one offset to another at least, in order; some may follow.

        Raises:
            StoreError: it cannot be read, or nothing comes for a minute.
        """
        if start >= end:
            return
        place = TopicPartition(self.topic, partition, start)
        with self._consumer(place) as consumer:
            yield from _read(consumer, place, end, _POLL)

    @contextmanager
    def _consumer(self, place: TopicPartition) -> Iterator[Consumer]:
        consumer = _client(self.servers)
        try:
            with _readable(place):
                yield consumer
        finally:
            consumer.close()


class HeldChangelog:
    """The same, for one thread that reads a little again and again: over one client, in small portions.

    Args:
        servers: bootstrap servers.
        topic: where it lies.
    """

    def __init__(self, servers: str, topic: str) -> None:
        self._consumer = _client(servers, **{"queued.max.messages.kbytes": _FETCHED_OF_HELD_KIB})
        self._topic = topic

    def bounds(self, partition: int) -> tuple[int, int]:
        """Return the first offset there is and that of the next record.

        Raises:
            StoreError: it cannot be read just now.
        """
        place = TopicPartition(self._topic, partition)
        with _readable(place):
            return self._consumer.get_watermark_offsets(place, timeout=_ANSWER_OF_HELD_SECONDS)

    def read(self, partition: int, start: int, end: int) -> Iterator[list[Logged]]:
        """See :class:`KafkaChangelog`."""
        if start >= end:
            return
        place = TopicPartition(self._topic, partition, start)
        with _readable(place):
            try:
                yield from _read(self._consumer, place, end, _POLL_OF_HELD)
            finally:
                self._consumer.unassign()


def _read(consumer: Consumer, place: TopicPartition, end: int, most: int) -> Iterator[list[Logged]]:
    """Yield the records from a place to an offset at least, so many at once at most."""
    consumer.assign([place])
    start = place.offset
    silent_since = time.monotonic()
    while start < end:
        before = start
        records: list[Logged] = []
        for message in consumer.consume(most, timeout=_POLL_SECONDS):
            error = message.error()
            offset = message.offset() or 0
            if message.partition() != place.partition:  # of what this client read before
                continue
            if error is None:
                records.append(Logged(offset, message.key(), message.value(), message.headers()))
                start = offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                start = max(start, offset)
            elif error.code() not in _PASSING:
                raise KafkaException(error)
        if start > before:
            silent_since = time.monotonic()
        elif time.monotonic() - silent_since > _TIMEOUT_SECONDS:
            raise StoreError(f"{place.topic}[{place.partition}] fell silent at offset {start} of {end}")
        yield records


@contextmanager
def _readable(place: TopicPartition) -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        raise StoreError(f"{place.topic}[{place.partition}] cannot be read: {error.args[0].str()}") from error


def _client(servers: str, **others: int) -> Consumer:
    settings: dict[str, str | int | float | bool] = {
        **QUIET,
        "bootstrap.servers": servers,
        "group.id": "onefold-restore",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "fetch.queue.backoff.ms": 10,
        **others,
    }
    return Consumer(settings)
