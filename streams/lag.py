"""How far each stage is behind, by what is committed and what lies in the topics."""

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from sinks.errors import LakeError, LakeVersionError
from sinks.reader import LakeReader, open_lake_reader
from streams.errors import BrokerDownError
from streams.logs import QUIET
from streams.settings import Settings
from streams.topics import Position, Stage, admin, committed, topic_ends, topics_of

_FEW = 100
"""A gap of so many offsets is looked into: perhaps it holds nothing but the markers of transactions."""
_PROBE_SECONDS = 5.0
_PROBE_WAIT_MS = 50


@dataclass(frozen=True, slots=True)
class StageLag:
    """What waits for a stage in one topic.

    Attributes:
        stage: who is to read it.
        topic: what is read.
        waiting: records not done yet.
        total: records and gaps between them, done or not.
    """

    stage: Stage
    topic: str
    waiting: int
    total: int


@dataclass(frozen=True, slots=True)
class Lag:
    """The lag of all stages at one time.

    Attributes:
        stages: by stage and topic.
        ends: the end of every partition looked at.
    """

    stages: tuple[StageLag, ...]
    ends: Mapping[Position, int]

    @property
    def waiting(self) -> int:
        """Records that wait anywhere."""
        return sum(stage.waiting for stage in self.stages)


def stage_lags(settings: Settings) -> list[StageLag]:
    """Return the lag of every stage and topic.

    Raises:
        BrokerDownError: no broker answers.
    """
    with closing(LagReader(settings)) as reader:
        return list(reader.read().stages)


class LagReader:
    """Reads the lag again and again over one connection."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topics = topics_of(settings)
        self._admin = admin(settings)
        group: dict[str, str | int | float | bool] = {
            **QUIET,
            "bootstrap.servers": settings.servers,
            "group.id": self._topics.group,
            "enable.auto.commit": False,
        }
        self._group = Consumer(group)
        self._lake: LakeReader | None = None

    def close(self) -> None:
        """Close the connections."""
        self._group.close()
        if self._lake is not None:
            self._lake.close()

    def read(self) -> Lag:
        """Return the lag now. What is committed is read before what lies there, so it is never made too small.

        Raises:
            BrokerDownError: no broker answers.
        """
        topics = self._topics
        try:
            lake = self._lake_offsets()
            worker = self._committed()
            ends = topic_ends(self._admin, [*topics.for_worker, *topics.for_lake], self._settings.partitions)
        except (KafkaException, TimeoutError):
            raise BrokerDownError.at(self._settings.servers) from None
        rows: list[tuple[Stage, str, Mapping[Position, int]]] = [
            (stage, topic, worker) for topic, stage in topics.stages.items()
        ]
        rows += [("lake", topic, lake) for topic in topics.for_lake]
        gaps = {
            (stage, position): (done.get(position, 0), end)
            for stage, topic, done in rows
            for position, end in ends.items()
            if position[0] == topic and done.get(position, 0) < end
        }
        few = {position: start for (_, position), (start, end) in gaps.items() if end - start <= _FEW}
        nothing = self._without_record(few) if few else set()
        stages = []
        for stage, topic, _ in rows:
            waiting = sum(
                end - start
                for (of, position), (start, end) in gaps.items()
                if of == stage and position[0] == topic and (position, start) not in nothing
            )
            total = sum(end for position, end in ends.items() if position[0] == topic)
            stages.append(StageLag(stage, topic, waiting, total))
        return Lag(tuple(stages), ends)

    def _without_record(self, starts: Mapping[Position, int]) -> set[tuple[Position, int]]:
        """Return those positions and offsets behind which no record lies, only the markers of transactions."""
        settings: dict[str, str | int | float | bool] = {
            **QUIET,
            "bootstrap.servers": self._settings.servers,
            "group.id": f"{self._topics.group}-probe",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": _PROBE_WAIT_MS,
        }
        consumer = Consumer(settings)
        nothing: set[tuple[Position, int]] = set()
        unknown = set(starts)
        until = time.monotonic() + _PROBE_SECONDS
        try:
            consumer.assign([TopicPartition(*position, start) for position, start in starts.items()])
            while unknown and time.monotonic() < until:
                for message in consumer.consume(len(starts), timeout=_PROBE_WAIT_MS / 1000):
                    position, error = (message.topic() or "", message.partition() or 0), message.error()
                    at_end = error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001  # public
                    if at_end and position in unknown:
                        nothing.add((position, starts[position]))
                    unknown.discard(position)
            return nothing
        finally:
            consumer.close()

    def _committed(self) -> dict[Position, int]:
        """Return what the workers' group committed.

        Asked through a consumer, because librdkafka's admin call crashes the process while a fresh broker makes its
        offsets topic (librdkafka#5040).
        """
        asked = [
            TopicPartition(topic, number)
            for topic in self._topics.for_worker
            for number in range(self._settings.partitions)
        ]
        found = committed(self._group, asked)
        return {(tp.topic, tp.partition): tp.offset for tp in found if tp.offset >= 0}

    def _lake_offsets(self) -> Mapping[Position, int]:
        if self._lake is None:
            try:
                self._lake = open_lake_reader(self._settings.home)
            except LakeVersionError:
                raise
            except LakeError:  # there is none yet, or the sink is just making it
                return {}
        rows = self._lake.execute('SELECT topic, "partition", next_offset FROM _offsets').fetchall()
        return {(topic, partition): next_offset for topic, partition, next_offset in rows}
