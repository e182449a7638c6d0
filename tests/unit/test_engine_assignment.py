"""Partitions of a worker, side by side: what is asked of all at once, and whom a restore holds up."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from profiles.policy_file import default_profile_policy
from streams.acceptance import acceptance
from streams.batches import Logged
from streams.engine import Engine
from streams.gather import Rules
from streams.ingest import Ingest
from streams.metrics import Meters
from streams.partition import PartitionSetting
from streams.records import SourceRecord
from streams.stores import HomeStores
from tests.property.partition_model import FRAMES, PROFILES, TOPICS, Thresholds
from tests.unit.test_engine_store import Log, a_marker

KEY = b"k" * 32
PARTITIONS = 3
_PATIENCE_SECONDS = 20.0


@dataclass
class Changelogs:
    """The changelogs of all partitions, and the producer that writes them.

    Attributes:
        logs: of each partition.
        on_bounds: called when the bounds of a partition are asked for.
        on_read: called with the partition before it is read.
    """

    logs: list[Log] = field(default_factory=lambda: [Log() for _ in range(PARTITIONS)])
    on_bounds: Callable[[], object] = lambda: None
    on_read: Callable[[int], object] = lambda _: None

    def bounds(self, partition: int) -> tuple[int, int]:
        """See :class:`streams.batches.Changelog`."""
        self.on_bounds()
        return self.logs[partition].bounds(partition)

    def read(self, partition: int, start: int, end: int) -> Iterator[list[Logged]]:
        """See :class:`streams.batches.Changelog`."""
        self.on_read(partition)
        yield from self.logs[partition].read(partition, start, end)

    def begin(self) -> "Sending":
        """See :class:`streams.producer.Sender`."""
        return Sending(self.logs)


@dataclass
class Sending:
    """Records that arrive at once."""

    logs: list[Log]
    last_offset: int = -1

    def send(self, topic: str, key: bytes | None, value: bytes | None, partition: int = -1, **extra: Any) -> None:  # noqa: ANN401
        """See :class:`streams.producer.Sending`."""
        if topic == TOPICS.state and key is not None:
            self.logs[partition].append([(key, value, extra.get("headers"))])
            self.last_offset = self.logs[partition].end - 1

    async def arrived(self) -> None:
        """See :class:`streams.producer.Sending`."""


class Message(NamedTuple):
    """Where a chunk is from."""

    topic: str
    partition: int
    offset: int
    generation_id: int = 1


@dataclass
class Chunk:
    """A chunk as Faust hands it over."""

    message: Message
    value: list[SourceRecord]
    acked: asyncio.Event = field(default_factory=asyncio.Event)

    def ack(self) -> None:
        """See faust."""
        self.acked.set()


def a_tick(partition: int) -> Chunk:
    record = SourceRecord(TOPICS.clock, partition, 0, 0, b"clock", b"1700000000000")
    return Chunk(Message(TOPICS.clock, partition, 0), [record])


@asynccontextmanager
async def engine(folder: Path, changelogs: Changelogs) -> AsyncIterator[Engine]:
    """A worker's engine on stores of its own; what would end the worker fails the test."""
    policy = Thresholds(0).policy
    rules = Rules(TOPICS, FRAMES, policy, None, default_profile_policy(), KEY)
    stores, failures = HomeStores(folder), list[BaseException]()
    setting = PartitionSetting(
        rules, changelogs, stores, PARTITIONS, changelogs, lambda _: None, lambda: 1, lambda: 1, Meters()
    )
    made = Engine(Ingest(TOPICS, FRAMES, acceptance(policy, PROFILES, KEY)), setting, failures.append, None)
    yield made
    await made.close()
    assert failures == []


async def until_open(made: Engine, partitions: int = PARTITIONS) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while sum(opening.is_open for opening in made.openings().values()) < partitions:  # noqa: ASYNC110  # it does not tell
            await asyncio.sleep(0.01)


def test_the_partitions_that_stay_are_asked_together_whether_others_worked_on_them(tmp_path: Path) -> None:
    """One after another, a rebalance would stop them for as many answers as there are partitions."""

    async def run() -> None:
        changelogs = Changelogs()
        async with engine(tmp_path, changelogs) as made:
            await made.assigned(range(PARTITIONS))
            await until_open(made)
            together = threading.Barrier(PARTITIONS, timeout=_PATIENCE_SECONDS)
            changelogs.on_bounds = together.wait
            await made.assigned(range(PARTITIONS))
            assert made.missing() is None

    asyncio.run(run())


def test_a_partition_that_another_worked_on_meanwhile_is_opened_anew_and_the_others_stay(tmp_path: Path) -> None:
    async def run() -> None:
        changelogs = Changelogs()
        async with engine(tmp_path, changelogs) as made:
            await made.assigned(range(PARTITIONS))
            await until_open(made)
            changelogs.logs[1].write({b"na": b"1"}, a_marker(2, 0))
            await made.assigned(range(PARTITIONS))
            assert [opening.is_open for _, opening in sorted(made.openings().items())] == [True, False, True]
            await until_open(made)

    asyncio.run(run())


def test_a_partition_that_is_restored_holds_up_its_own_chunks_alone(tmp_path: Path) -> None:
    async def run() -> None:
        goes_on = threading.Event()
        changelogs = Changelogs(on_read=lambda number: number or goes_on.wait(_PATIENCE_SECONDS))
        changelogs.logs[0].write({b"na": b"1"}, a_marker(1, 1))
        async with engine(tmp_path, changelogs) as made:
            await made.assigned(range(PARTITIONS))
            await until_open(made, PARTITIONS - 1)
            assert made.held_back() == {(topic, 0) for topic in TOPICS.for_gather}
            chunk = a_tick(1)
            await made.gather(chunk)
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await chunk.acked.wait()
            goes_on.set()
            await until_open(made)
            assert made.held_back() == set()

    asyncio.run(run())
