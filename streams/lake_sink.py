"""The sink loop: from the public topics to the lake, in micro-batches, each record exactly once.

The lake itself knows how far it is, so there is no consumer group: reading starts at the offsets of its last commit.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from sinks.engine import data_path
from sinks.lake import LakeBatch, LakeWriter, WriteCounts, open_lake_writer
from sinks.maintenance import NOTHING_DONE
from streams.checks import FOR_SINK, check_start
from streams.errors import RegistryDownError, StreamsError
from streams.lake_decoding import Decoding
from streams.logs import QUIET
from streams.metrics import (
    BATCH_RECORDS,
    BATCH_SECONDS,
    COMPACTION_SECONDS,
    DEAD_LETTERS,
    DUPLICATES,
    LAG,
    LAKE_BYTES,
    OLDEST,
    PROFILES,
    RECORDS,
    ROWS,
    SNAPSHOTS,
    TOUCHPOINTS,
)
from streams.registry import framing
from streams.serving import Telemetry
from streams.settings import Settings
from streams.topics import Topics, admin, check_topics, topics_of
from streams.watch import BrokerWatch, unwritable

_MOST_RECORDS = 40_000
_MOST_BYTES = 32 * 1024 * 1024
"""Of the values in a batch. Decoded and on their way to the lake they take several times as much."""
_FIRST_RECORDS = 16
"""Fetched before anything is known of their size."""
_MOST_QUEUED_KBYTES = 32 * 1024
"""Fetched by the client and not taken yet."""
_POLL_SECONDS = 0.1
_LONGEST_BATCH_SECONDS = 60.0
"""A batch that takes longer waits for something, such as the lake's catalog in another process."""
_REGISTRY_PAUSE_SECONDS = 2.0
_TOLD_SECONDS = 2.0


class Patience(NamedTuple):
    """How long records are collected for one batch.

    Attributes:
        seconds: at most, from the first look on.
        silence_seconds: no longer once no more come.
    """

    seconds: float
    silence_seconds: float


def patience(write_seconds: float) -> Patience:
    """Return how long to collect after a batch that took so long to write.

    Of a small batch most of the cost is the same whatever its size. So where writing is slow, because much comes or the
    machine is busy, batches become fewer and larger. Not for long: a batch of some seconds is large, and what it costs
    goes by its rows. Nobody waits for records that do not come.
    """
    return Patience(min(max(1.5, 3 * write_seconds), 4.0), min(max(0.3, write_seconds), 1.0))


log = structlog.get_logger()


class LakeSink:
    """Reads what is to be in the lake and writes it there.

    Args:
        settings: of the installation.
        telemetry: told how it goes.

    Raises:
        StreamsError: broker or topics are not as they must be.
        LakeError: the lake is open in another sink, or of a newer version.
    """

    def __init__(self, settings: Settings, telemetry: Telemetry) -> None:
        self._admin = admin(settings)
        check_topics(self._admin, settings)
        check_start(settings, FOR_SINK)
        self._topics = topics_of(settings)
        self._framing = framing(settings)
        self._writer = open_lake_writer(settings.home, _tell_reading(telemetry))
        self._consumer = _consumer(settings, self._topics, self._writer)
        self._telemetry = telemetry
        self._lake_folder = data_path(settings.home)
        self._positions = {(tp.topic, tp.partition): tp.offset for tp in self._consumer.assignment()}
        self._began: float | None = None
        self._write_seconds = 0.0
        self._registry: str | None = None

    def run(self, stop: threading.Event, on_write: Callable[[WriteCounts], None] = lambda _: None) -> None:
        """Read and write until ``stop`` is set; ``on_write`` is told of each batch.

        Raises:
            StreamsError: the broker refuses to be read.
            LakeWriteError: the lake cannot be written; nothing of the batch is.
        """
        log.info("sink ready")
        try:
            with BrokerWatch(self._admin, self._topics.touchpoints) as broker:
                self._telemetry.health.expect(
                    {"broker": broker.missing, "registry": lambda: self._registry, "lake": self._missing_lake}
                )
                while not stop.is_set():
                    self._telemetry.health.turn()
                    messages = self._fetch(stop)
                    decoded = self._decoded(messages, stop)
                    if decoded is not None:
                        on_write(self._write(len(messages), *decoded))
                    self._maintain()
                    self._tell_lag()
        finally:
            self._consumer.close()
            self._writer.close()
        log.info("sink stopped")

    def _fetch(self, stop: threading.Event) -> list[Message]:
        """Collect records until there are many, they are large, the first has waited long enough, or no more come."""
        messages: list[Message] = []
        room, largest = _MOST_BYTES, _MOST_BYTES // _FIRST_RECORDS
        collecting = patience(self._write_seconds)
        heard = time.monotonic()
        until = heard + collecting.seconds
        while room > 0 and len(messages) < _MOST_RECORDS and time.monotonic() < until and not stop.is_set():
            # Never more at once than fit if all are as large as the largest so far.
            most = min(_MOST_RECORDS - len(messages), max(1, room // largest))
            more = self._consumer.consume(most, timeout=_POLL_SECONDS)
            if not more:
                if time.monotonic() - heard >= collecting.silence_seconds:
                    break
                continue
            heard = time.monotonic()
            sizes = [len(message) for message in more]
            largest = max(sizes) + 1 if not messages else max(largest, *sizes)
            room -= sum(sizes)
            messages += more
        return messages

    def _decoded(self, messages: Sequence[Message], stop: threading.Event) -> tuple[Decoding, LakeBatch] | None:
        """Return what to write, None where that is nothing; waits for the schema registry where one is needed."""
        while messages:
            decoding = Decoding(self._topics, self._framing)
            try:
                for message in messages:
                    decoding.add(message)
                batch = decoding.lake_batch()
            except RegistryDownError as error:
                self._telemetry.health.turn()
                self._registry = str(error)
                log.warning("waiting for the schema registry", why=str(error))
                if stop.wait(_REGISTRY_PAUSE_SECONDS):
                    break
            else:
                self._registry = None
                return decoding, batch
        return None

    def _write(self, records: int, decoding: Decoding, batch: LakeBatch) -> WriteCounts:
        self._began = time.monotonic()
        self._telemetry.meters.put(OLDEST, max(0.0, time.time() - decoding.oldest_ms / 1000), "lake")
        counts = self._writer.write(batch, decoding.offsets)
        self._write_seconds = time.monotonic() - self._began
        self._positions.update(decoding.offsets)
        self._tell(records, batch, decoding.rejected, counts)
        self._began = None
        return counts

    def _maintain(self) -> None:
        self._telemetry.health.turn()
        started = time.monotonic()
        done = self._writer.maintain(datetime.now(UTC))
        if done == NOTHING_DONE:
            return
        meters = self._telemetry.meters
        meters.note(COMPACTION_SECONDS, time.monotonic() - started)
        size = self._writer.size()
        meters.put(SNAPSHOTS, size.snapshots)
        meters.put(LAKE_BYTES, size.file_bytes)

    def _tell(self, records: int, batch: LakeBatch, rejected: Mapping[str, int], counts: WriteCounts) -> None:
        """Tell what a batch was."""
        meters = self._telemetry.meters
        meters.note(BATCH_SECONDS, time.monotonic() - (self._began or 0))
        meters.note(BATCH_RECORDS, records)
        meters.put(OLDEST, 0, "lake")
        meters.add(RECORDS, records, "lake")
        meters.add(TOUCHPOINTS, counts.touchpoints, "lake")
        meters.add(DUPLICATES, len(batch.touchpoints) - counts.touchpoints, "lake")
        meters.add(PROFILES, counts.profiles, "lake")
        for reason, number in rejected.items():
            meters.add(DEAD_LETTERS, number, "lake", reason)
        for table, rows in asdict(counts).items():
            meters.add(ROWS, rows, table)

    def _tell_lag(self) -> None:
        """Tell how far behind the sink is, as of the last fetch of each partition."""
        lags: dict[tuple[str, ...], float] = {}
        for (topic, number), position in self._positions.items():
            _, end = self._consumer.get_watermark_offsets(TopicPartition(topic, number), cached=True)
            if end >= 0:
                lags["lake", topic, str(number)] = max(0, end - position)
        self._telemetry.meters.put_all(LAG, lags)

    def _missing_lake(self) -> str | None:
        began = self._began
        under_way = 0.0 if began is None else time.monotonic() - began
        if under_way > _LONGEST_BATCH_SECONDS:
            return f"a batch has been under way for {under_way:.0f} seconds"
        return unwritable(self._lake_folder)


def _tell_reading(telemetry: Telemetry) -> Callable[[int], None]:
    """Return what is told how many rows of the lake were read: a process that reads them is alive, and says so."""
    told = time.monotonic()

    def tell(rows: int) -> None:
        nonlocal told
        telemetry.health.turn()
        if time.monotonic() - told >= _TOLD_SECONDS:
            told = time.monotonic()
            log.info("reading what the lake has", rows=rows)

    return tell


def _consumer(settings: Settings, topics: Topics, writer: LakeWriter) -> Consumer:
    config: dict[str, str | int | float | bool] = {
        **QUIET,
        "bootstrap.servers": settings.servers,
        "group.id": f"{topics.group}-lake",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "fetch.wait.max.ms": 100,
        "queued.max.messages.kbytes": _MOST_QUEUED_KBYTES,
    }
    consumer = Consumer(config)
    known = writer.offsets()
    positions = [
        TopicPartition(topic, number, known.get((topic, number), 0))
        for topic in topics.for_lake
        for number in range(settings.partitions)
    ]
    try:
        consumer.assign(positions)
    except KafkaException as error:
        raise StreamsError(f"the topics for the lake cannot be read: {error.args[0].str()}") from error
    return consumer
