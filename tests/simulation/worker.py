"""A worker of the simulation: the real engine, fed by a model of Faust and its consumer.

The model keeps what :mod:`streams.chunks` promises: partitions are ready before a chunk of theirs is delivered, each
partition's records come in order without a gap from what is committed, chunks of an earlier assignment are dropped on
their way, a rebalance waits for the chunks in hand, and nothing behind an unfinished chunk is committed.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from streams.engine import Engine
from streams.errors import StoreHeldError
from streams.gather import Rules
from streams.ingest import Ingest
from streams.metrics import Meters
from streams.partition import PartitionSetting
from streams.standby import Standby
from streams.store import FORMAT, Marker
from tests.property.partition_model import MemoryStore
from tests.simulation.broker import HEARTBEAT_SECONDS, Broker, Changelogs, Member, Place, Record, Sender
from tests.simulation.loop import Process

_FETCH_SECONDS = 0.02
_COMMIT_SECONDS = 0.25
_TURN_SECONDS = 0.5
_MOST_FETCHED = 8
_PATIENCE_SECONDS = 30.0
_METERS = Meters()


@dataclass(slots=True)
class Disk:
    """A local store as it lies on a machine: it survives the death of a process."""

    values: dict[bytes, bytes] = field(default_factory=dict)
    marker: Marker = field(default_factory=lambda: Marker(FORMAT, 0, 0, {}))
    position: int = 0
    torn: frozenset[bytes] = frozenset()
    held_by: Process | None = None


class Machine:
    """Where workers run, one after the other or side by side; its disks are shared by them.

    Args:
        keeps_copies: whether they follow what others work on.
    """

    def __init__(self, *, keeps_copies: bool) -> None:
        self.keeps_copies = keeps_copies
        self.disks: defaultdict[str, Disk] = defaultdict(Disk)
        self.claims: Counter[tuple[int, Process]] = Counter()


@dataclass(frozen=True, slots=True)
class MachineStores:
    """The :class:`streams.stores.Stores` of a machine, as a process sees them."""

    machine: Machine
    process: Process

    def open(self, name: str) -> "DiskStore":
        """See :class:`streams.stores.Stores`."""
        disk = self.machine.disks[name]
        if disk.held_by is not None and disk.held_by.alive:
            raise StoreHeldError(f"state {name} is open in another process of this home")
        disk.held_by = self.process
        return DiskStore(disk)

    def claim(self, number: int) -> Callable[[], None]:
        """See :class:`streams.stores.Stores`."""
        self.machine.claims[number, self.process] += 1
        return lambda: self.machine.claims.subtract([(number, self.process)])

    def is_claimed(self, number: int) -> bool:
        """See :class:`streams.stores.Stores`."""
        claims = self.machine.claims.items()
        return any(times and of == number and process.alive for (of, process), times in claims)

    def at_hand(self) -> set[int]:
        """See :class:`streams.stores.Stores`."""
        return {int(name) for name in self.machine.disks if name.isdecimal()}


class DiskStore(MemoryStore):
    """A partition store on a disk of the simulation."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.values = disk.values
        self.marker = disk.marker
        self.torn = disk.torn

    @property
    def position(self) -> int:
        """See :class:`streams.store.PartitionStore`."""
        return self._disk.position

    def apply(
        self, changes: Mapping[bytes, bytes | None], marker: Marker, position: int, torn: Collection[bytes] = ()
    ) -> None:
        """See :class:`streams.store.PartitionStore`."""
        self.write(changes)
        self._disk.marker = self.marker = marker
        self._disk.torn = self.torn = frozenset(torn)
        self._disk.position = position

    def close(self) -> None:
        """See :class:`streams.store.PartitionStore`."""
        self._disk.held_by = None

    def wipe(self) -> None:
        """See :class:`streams.store.PartitionStore`."""
        self.values.clear()
        self._disk.marker = self.marker = Marker(FORMAT, 0, 0, {})
        self._disk.torn = self.torn = frozenset()
        self._disk.position = 0


@dataclass(frozen=True, slots=True)
class _Message:
    topic: str
    partition: int
    offset: int
    generation_id: int


@dataclass(eq=False, slots=True)
class _Event:
    """A chunk on its way, as the engine sees one of Faust's events."""

    message: _Message
    value: list[Record]
    done: Callable[["_Event"], None]
    acked: bool = False

    def ack(self) -> None:
        """Say that all that follows from it is delivered."""
        self.acked = True
        self.done(self)


class Worker:
    """One worker process.

    Args:
        process: its own.
        machine: that it runs on.
        broker: of the cluster.
        rules: policies, framing, topics, key.
        ingest: the ingest stage.
        failed: told why it ended, when it ends by itself.
    """

    def __init__(
        self,
        process: Process,
        machine: Machine,
        broker: Broker,
        rules: Rules,
        ingest: Ingest,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.process = process
        self._broker = broker
        self._failed = failed
        self._topics = rules.topics
        stores = MachineStores(machine, process)
        setting = PartitionSetting(
            rules,
            Changelogs(broker, rules.topics.state),
            stores,
            broker.partitions,
            Sender(broker, process),
            self._forget,
            lambda: self._generation,
            lambda: broker.now_ms,
            _METERS,
        )
        self._generation = -1
        self._flows = False
        self._standby = Standby(setting.changelog, stores, _METERS, self._is_busy, lambda _: None)
        self._engine = Engine(ingest, setting, self._fail, self._standby if machine.keeps_copies else None)
        self._member = Member(process, self._told, self._given, self._engine.claims)
        self._assigned: list[int] = []
        self._positions: dict[Place, int] = {}
        self._delivered: defaultdict[Place, deque[_Event]] = defaultdict(deque)
        self._unacked: set[_Event] = set()
        self._queues = {"ingest": asyncio.Queue[_Event](4), "gather": asyncio.Queue[_Event](4)}
        self._news = asyncio.Event()
        self._begins, self._ends = asyncio.Event(), asyncio.Event()
        self._offer: tuple[int, list[int]] = (-1, [])

    async def run(self) -> None:
        """Join the group and work until the process ends."""
        try:
            await asyncio.gather(
                self._agent("ingest", self._engine.ingest),
                self._agent("gather", self._engine.gather),
                self._fetch(),
                self._commit_now_and_again(),
                self._stay_member(),
                self._rebalance(),
                self._keep_copies(),
            )
        except Exception as error:  # noqa: BLE001  # told, whatever it is
            self._fail(error)

    def _is_busy(self) -> bool:
        return not self._flows or self._engine.missing() is not None

    async def _keep_copies(self) -> None:
        while True:
            await asyncio.sleep(_TURN_SECONDS)
            await asyncio.to_thread(self._standby.turn)

    async def stop(self) -> None:
        """Leave the group in order."""
        self._flows = False
        self._engine.release()
        await self._wait_for_the_chunks_in_hand()
        await self._commit()
        await self._engine.close()
        self._standby.follow(())
        self._broker.leave(self._member)
        self.process.alive = False

    def _fail(self, error: BaseException) -> None:
        if self.process.alive:
            self.process.alive = False
            self._broker.loop.outside(0, lambda: self._failed(error))

    # --- what the broker says; it arrives some time later, as a step of the process

    def _told(self) -> None:
        self._broker.travel(None, ("told", id(self)), lambda: self._in_process(self._begins.set))

    def _given(self, generation: int, partitions: list[int]) -> None:
        def take() -> None:
            self._offer = generation, partitions
            self._ends.set()

        self._broker.travel(None, ("told", id(self)), lambda: self._in_process(take))

    def _in_process(self, step: Callable[[], object]) -> None:
        self._broker.loop.start_in(self.process, step)

    # --- the consumer

    async def _stay_member(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if self._generation >= 0 and not self._begins.is_set() and not self._broker.heartbeat(self._member):
                self._begins.set()  # put out while it stood still: it joins anew

    async def _rebalance(self) -> None:
        self._begins.set()
        while True:
            await self._begins.wait()
            self._flows = False
            self._engine.release()
            for queue in self._queues.values():
                while not queue.empty():
                    self._unacked.discard(queue.get_nowait())
            await self._wait_for_the_chunks_in_hand()
            await self._commit()
            self._ends.clear()
            self._begins.clear()
            self._broker.join(self._member)
            await self._ends.wait()
            self._generation, self._assigned = self._offer
            await self._engine.assigned(set(self._assigned))
            await asyncio.sleep(self._broker.latency())
            self._delivered.clear()
            self._unacked.clear()
            self._positions = {
                (topic, number): self._broker.committed.get((topic, number), 0)
                for topic in sorted(self._topics.for_worker)
                for number in self._assigned
            }
            self._flows = not self._begins.is_set()
            self._news.set()

    async def _wait_for_the_chunks_in_hand(self) -> None:
        until = self._broker.loop.time() + _PATIENCE_SECONDS
        while self._unacked and self._broker.loop.time() < until:  # noqa: ASYNC110  # as Faust does
            await asyncio.sleep(_FETCH_SECONDS)

    async def _fetch(self) -> None:
        self._broker.readers.append(self._news)
        while True:
            await self._news.wait()
            self._news.clear()
            await asyncio.sleep(self._broker.chance.uniform(0, _FETCH_SECONDS))
            while self._flows and (ready := self._ready()):
                await self._deliver(self._broker.chance.choice(ready))
            if self._engine.held_back():
                self._news.set()  # looks again

    def _ready(self) -> list[Place]:
        """Return the partitions that have more, without those that are held back."""
        logs, held = self._broker.logs, self._engine.held_back()
        return [
            place
            for place, start in self._positions.items()
            if place in logs and start < len(logs[place]) and place not in held
        ]

    async def _deliver(self, place: Place) -> None:
        start = self._positions[place]
        records = self._broker.logs[place][start : start + self._broker.chance.randint(1, _MOST_FETCHED)]
        end = records[-1].offset + 1
        event = _Event(_Message(*place, end - 1, self._generation), records, self._forget)
        self._positions[place] = end
        self._delivered[place].append(event)
        await self._queues["gather" if place[0] in self._topics.for_gather else "ingest"].put(event)

    async def _agent(self, stage: str, take: Callable[[_Event], object]) -> None:
        while True:
            event = await self._queues[stage].get()
            if self._flows and event.message.generation_id == self._generation:
                self._unacked.add(event)
                await take(event)  # type: ignore[misc]  # a coroutine function

    def _forget(self, event: _Event) -> None:
        self._unacked.discard(event)

    async def _commit_now_and_again(self) -> None:
        while True:
            await asyncio.sleep(_COMMIT_SECONDS)
            await self._commit()

    async def _commit(self) -> None:
        done: dict[Place, int] = {}
        for place, events in self._delivered.items():
            while events and events[0].acked:
                done[place] = events.popleft().message.offset + 1
        if done:
            generation, member = self._generation, self._member
            arrived = asyncio.Event()

            def arrive() -> None:
                self._broker.commit(generation, member, done)
                self._in_process(arrived.set)

            self._broker.travel(self.process, ("commits", 0), arrive)
            await arrived.wait()
