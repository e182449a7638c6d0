"""Changelogs as Kafka keeps them: the compacted topic ``onefold.state``."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.batches import Logged
from streams.errors import StoreError
from streams.logs import QUIET

_POLL = 10_000
_POLL_SECONDS = 0.1
_TIMEOUT_SECONDS = 60.0
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
        with self._consumer(partition) as consumer:
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
        with self._consumer(partition) as consumer:
            consumer.assign([TopicPartition(self.topic, partition, start)])
            silent_since = time.monotonic()
            while start < end:
                before = start
                records: list[Logged] = []
                for message in consumer.consume(_POLL, timeout=_POLL_SECONDS):
                    error = message.error()
                    offset = message.offset() or 0
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
                    raise StoreError(f"the changelog fell silent at offset {start} of {end}")
                yield records

    @contextmanager
    def _consumer(self, partition: int) -> Iterator[Consumer]:
        consumer = _client(self.servers)
        try:
            yield consumer
        except KafkaException as error:
            raise StoreError(f"changelog {self.topic}[{partition}] cannot be read: {error.args[0].str()}") from error
        finally:
            consumer.close()


def _client(servers: str) -> Consumer:
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
