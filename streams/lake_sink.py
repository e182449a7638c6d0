"""The sink loop: from the public topics to the lake, in micro-batches, each record exactly once.

The lake itself knows how far it is, so there is no consumer group: reading starts at the offsets of its last commit.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from identity.policy_file import PolicyError, parse_policy
from profiles.policy_file import parse_profile_policy
from schemas.accepted import AcceptedTouchpoint
from schemas.contracts import ACTIVATION, CHANGE, DEAD_LETTER, DECISION, LINK, POLICY, PROFILE, SCORE, SIGNAL
from schemas.framing import Framing
from schemas.reasons import RejectedError
from schemas.records import DeadLetter, Profile
from sinks.engine import data_path
from sinks.lake import LakeBatch, LakeWriter, WriteCounts, open_lake_writer
from streams.checks import FOR_SINK, check_start
from streams.decisions import check_decision
from streams.errors import RegistryDownError, StreamsError
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
from streams.records import REVISION_HEADER, accepted_touchpoint
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
_LONGEST_WAIT_SECONDS = 2.0
_LONGEST_SILENCE_SECONDS = 0.3
"""A batch costs most of a second whatever its size, so few and large ones; but nobody waits for records not coming."""
_WRITES_BETWEEN_COMPACTIONS = 20
_LONGEST_BATCH_SECONDS = 60.0
"""A batch that takes longer waits for something, such as the lake's catalog in another process."""
_REGISTRY_PAUSE_SECONDS = 2.0

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
        self._writer = open_lake_writer(settings.home)
        self._consumer = _consumer(settings, self._topics, self._writer)
        self._writes = 0
        self._telemetry = telemetry
        self._lake_folder = data_path(settings.home)
        self._positions = {(tp.topic, tp.partition): tp.offset for tp in self._consumer.assignment()}
        self._began: float | None = None
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
                    self._tell_lag()
        finally:
            self._consumer.close()
            self._writer.close()
        log.info("sink stopped")

    def _fetch(self, stop: threading.Event) -> list[Message]:
        """Collect records until there are many, they are large, the first has waited long enough, or no more come."""
        messages: list[Message] = []
        room, largest = _MOST_BYTES, _MOST_BYTES // _FIRST_RECORDS
        until = time.monotonic() + _LONGEST_WAIT_SECONDS
        while room > 0 and len(messages) < _MOST_RECORDS and time.monotonic() < until and not stop.is_set():
            # Never more at once than fit if all are as large as the largest so far.
            most = min(_MOST_RECORDS - len(messages), max(1, room // largest))
            more = self._consumer.consume(most, timeout=_LONGEST_SILENCE_SECONDS)
            if not more:
                break
            sizes = [len(message) for message in more]
            largest = max(sizes) + 1 if not messages else max(largest, *sizes)
            room -= sum(sizes)
            messages += more
        return messages

    def _decoded(self, messages: Sequence[Message], stop: threading.Event) -> "tuple[_Decoding, LakeBatch] | None":
        """Return what to write, None where that is nothing; waits for the schema registry where one is needed."""
        while messages:
            decoding = _Decoding(self._topics, self._framing)
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

    def _write(self, records: int, decoding: "_Decoding", batch: LakeBatch) -> WriteCounts:
        self._began = time.monotonic()
        self._telemetry.meters.put(OLDEST, max(0.0, time.time() - decoding.oldest_ms / 1000), "lake")
        counts = self._writer.write(batch, decoding.offsets)
        self._positions.update(decoding.offsets)
        self._tell(records, batch, decoding.rejected, counts)
        self._began = None
        self._writes += 1
        if self._writes % _WRITES_BETWEEN_COMPACTIONS == 0:
            self._compact()
        return counts

    def _compact(self) -> None:
        self._telemetry.health.turn()
        started = time.monotonic()
        self._writer.compact(datetime.now(UTC))
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


class _Decoding:
    """Sorts records by what they are."""

    def __init__(self, topics: Topics, frames: Framing) -> None:
        self._framing = frames
        self._topics = topics
        self._newest: dict[bytes | str, tuple[int, Message]] = {}
        self._expected = {
            topics.profiles: (PROFILE,),
            topics.links: (LINK,),
            topics.changes: (CHANGE, SIGNAL),
            topics.activations: (ACTIVATION,),
            topics.scores: (SCORE,),
            topics.decisions: (DECISION,),
            topics.policy: (POLICY,),
            topics.dead_letters: (DEAD_LETTER,),
        }
        self._touchpoints: list[AcceptedTouchpoint] = []
        self._records: dict[str, list[Any]] = {name: [] for names in self._expected.values() for name in names}
        self.offsets: dict[tuple[str, int], int] = {}
        self.oldest_ms = sys.maxsize
        self.rejected: Counter[str] = Counter()

    def add(self, message: Message) -> None:
        """Take one record.

        Raises:
            StreamsError: it is an error of the broker's.
        """
        error = message.error()
        if error is not None:
            raise StreamsError(f"the topics for the lake cannot be read: {error.str()}")
        topic, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
        if (topic, partition) not in self.offsets:
            self.oldest_ms = min(self.oldest_ms, message.timestamp()[1])
        self.offsets[topic, partition] = offset + 1
        revision = _revision(message) if topic == self._topics.profiles else None
        key = message.key()
        if topic == self._topics.touchpoints:
            self._decode_touchpoint(message)
        elif revision is None or key is None:
            self._decode(topic, message)
        elif key not in self._newest or revision > self._newest[key][0]:
            self._newest[key] = revision, message

    def _decode_touchpoint(self, message: Message) -> None:
        place = message.topic() or "", message.partition() or 0, message.offset() or 0
        try:
            self._touchpoints.append(accepted_touchpoint(*place, message.value()))
        except RejectedError as rejected:
            self._reject(message, rejected)

    def _decode(self, topic: str, message: Message) -> None:
        expected = self._expected[topic]
        try:
            name, record = self._framing.decode(message.value())
            check_record(name, record, expected)
        except RejectedError as rejected:
            self._reject(message, rejected)
        else:
            self._records[name].append(record)

    def _reject(self, message: Message, rejected: RejectedError) -> None:
        self.rejected[rejected.reason] += 1
        self._records[DEAD_LETTER].append(_dead_letter(message, rejected))

    def lake_batch(self) -> LakeBatch:
        """Return all records, of each customer only the highest revision; call once, last."""
        for _, message in self._newest.values():
            self._decode(self._topics.profiles, message)
        return LakeBatch(
            touchpoints=self._touchpoints,
            profiles=_highest_revisions(self._records[PROFILE]),
            links=self._records[LINK],
            changes=self._records[CHANGE],
            signals=self._records[SIGNAL],
            activations=self._records[ACTIVATION],
            scores=self._records[SCORE],
            decisions=self._records[DECISION],
            policies=self._records[POLICY],
            dead_letters=self._records[DEAD_LETTER],
        )


def check_record(name: str, record: Any, expected: Sequence[str]) -> None:  # noqa: ANN401  # of the named contract
    """Make sure that a record can be used.

    Raises:
        RejectedError: it is of no contract that is expected, or says what nobody can go by.
    """
    if name not in expected:
        raise RejectedError("unexpected_schema", f"expected {' or '.join(expected)}")
    if name == DECISION:
        check_decision(record)
    if name == POLICY:
        _check_policy(record)


def _check_policy(record: Any) -> None:  # noqa: ANN401  # a policy
    """Refuse a policy that nobody can go by: the views are made of it."""
    try:
        parse_policy(record["text"])
        parse_profile_policy(record["text"])
    except PolicyError as error:
        raise RejectedError("bad_value", f"text: expected a policy; {error.problems[0]}") from None


def _revision(message: Message) -> int | None:
    """Return the revision in a profile's header, None where there is none."""
    headers: Any = message.headers()
    value = dict(headers or ()).get(REVISION_HEADER, b"")
    return int(value) if value.isdigit() else None


def _highest_revisions(profiles: Sequence[Profile]) -> list[Profile]:
    highest: dict[str, Profile] = {}
    for profile in profiles:
        known = highest.get(profile["customer_id"])
        if known is None or profile["revision"] > known["revision"]:
            highest[profile["customer_id"]] = profile
    return list(highest.values())


def _dead_letter(message: Message, rejected: RejectedError) -> DeadLetter:
    key, value = message.key(), message.value()
    return {
        "reason": rejected.reason,
        "detail": rejected.detail,
        "stage": "lake",
        "topic": message.topic() or "",
        "partition": message.partition() or 0,
        "offset": message.offset() or 0,
        "timestamp": message.timestamp()[1],
        "key": key,
        "value": value,
    }


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
