"""A model of a Kafka cluster as the engine sees it: logs, idempotent producers, a group with generations.

What it keeps of the real thing: records of a producer to a partition arrive in the order they were sent, those on their
way when a process is killed or stopped may still arrive, and a report of delivery comes later than the record. A group
revokes, waits for its members up to the session timeout, puts the others out, and gives everything out anew under the
next generation; commits of offsets of another generation are refused, and nothing else is.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from streams.assigning import Claims, shared_out
from streams.batches import Logged
from streams.partitioning import partition_of
from tests.simulation.loop import Process, VirtualLoop

Place = tuple[str, int]
"""A topic's partition."""

_LINGER_SECONDS = 0.005
_NETWORK_SECONDS = 0.02
_NEXT_SECONDS = 1e-9
SESSION_SECONDS = 6.0
HEARTBEAT_SECONDS = 2.0


class Record(NamedTuple):
    """A record in a log."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Any


@dataclass(eq=False, slots=True)
class Member:
    """A member of the group.

    Attributes:
        process: whose it is; when it stands still, nothing is heard of it.
        told: called when a rebalance begins.
        given: called with the generation and the partitions that are given to it.
        claims: returns its claims on partitions.
        has_joined: whether it waits for the next generation.
        heard_at: when it was heard of last.
    """

    process: Process
    told: Callable[[], None]
    given: Callable[[int, list[int]], None]
    claims: Callable[[], Claims]
    has_joined: bool = False
    heard_at: float = 0.0


@dataclass(eq=False, slots=True)
class Broker:
    """The cluster. Its own steps belong to no process.

    Attributes:
        loop: virtual time.
        chance: decides latencies.
        partitions: of every topic.
        now_ms: of a record's timestamp.
        readers: set when there is something new to read.
    """

    loop: VirtualLoop
    chance: random.Random
    partitions: int
    now_ms: int
    logs: defaultdict[Place, list[Record]] = field(default_factory=lambda: defaultdict(list))
    committed: dict[Place, int] = field(default_factory=dict)
    readers: list[asyncio.Event] = field(default_factory=list)
    generation: int = 0
    _members: list[Member] = field(default_factory=list)
    _is_rebalancing: bool = False
    _arrivals: dict[tuple[Process | None, Place], float] = field(default_factory=dict)

    def latency(self) -> float:
        """Return how long something takes on the network."""
        return self.chance.uniform(0.0005, _NETWORK_SECONDS)

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Any = None) -> int:  # noqa: ANN401
        """Write a record and return its offset."""
        log = self.logs[topic, partition]
        log.append(Record(topic, partition, len(log), self.now_ms, key, value, headers))
        for news in self.readers:
            news.set()
        return len(log) - 1

    def place(self, topic: str, key: bytes | None) -> Place:
        """Return where a record goes."""
        if key is None:
            return topic, self.chance.randrange(self.partitions)
        return topic, partition_of(key, self.partitions) if len(key) % 4 == 0 else len(key) % self.partitions

    def travel(self, process: Process | None, place: Place, arrive: Callable[[], None]) -> None:
        """Have something arrive after what the same process sent to the same place before."""
        at = max(self.loop.time() + self.latency(), self._arrivals.get((process, place), 0.0) + _NEXT_SECONDS)
        self._arrivals[process, place] = at
        self.loop.outside(at - self.loop.time(), arrive)

    # --- the group

    def join(self, member: Member) -> None:
        """Have a member wait for the next generation; a new one makes the others join anew."""
        if member not in self._members:
            self._members.append(member)
        member.has_joined, member.heard_at = True, self.loop.time()
        self._rebalance()

    def leave(self, member: Member) -> None:
        """Put a member out."""
        if member in self._members:
            self._members.remove(member)
            self._rebalance()

    def heartbeat(self, member: Member) -> bool:
        """Hear of a member; tell whether it still is one."""
        member.heard_at = self.loop.time()
        if member in self._members and self._is_rebalancing and not member.has_joined:
            member.told()
        return member in self._members

    def watch(self) -> None:
        """Put out who was not heard of for the session timeout, now and again."""
        now = self.loop.time()
        out = [
            member
            for member in self._members
            if (not member.process.alive if member.has_joined else now - member.heard_at > SESSION_SECONDS)
        ]
        for member in out:
            self._members.remove(member)
        if out:
            self._rebalance()
        self.loop.outside(0.5, self.watch)

    def commit(self, generation: int, member: Member, offsets: Mapping[Place, int]) -> bool:
        """Commit offsets; refused from who is no member of the present generation."""
        if generation != self.generation or member not in self._members:
            return False
        self.committed.update(offsets)
        return True

    def _rebalance(self) -> None:
        if self._members and all(member.has_joined for member in self._members):
            self._is_rebalancing = False
            self.generation += 1
            shares = self.chance.choice([self._by_claims, self._in_turn])()
            for member, given in zip(self._members, shares, strict=True):
                member.has_joined, member.heard_at = False, self.loop.time()
                member.given(self.generation, given)
        else:
            self._is_rebalancing = True

    def _by_claims(self) -> list[list[int]]:
        """Share the partitions out as the workers do."""
        names = [f"{number:03}" for number in range(len(self._members))]
        claims = {name: member.claims() for name, member in zip(names, self._members, strict=True)}
        shares = shared_out(range(self.partitions), claims)
        return [shares[name] for name in names]

    def _in_turn(self) -> list[list[int]]:
        """Share them out so that many move: what holds must hold for any assignment."""
        return [list(range(number, self.partitions, len(self._members))) for number in range(len(self._members))]


class Changelogs:
    """A :class:`streams.batches.Changelog` of the model."""

    def __init__(self, broker: Broker, topic: str) -> None:
        self._broker, self._topic = broker, topic

    def bounds(self, partition: int) -> tuple[int, int]:
        """See :class:`streams.batches.Changelog`."""
        return 0, len(self._broker.logs[self._topic, partition])

    def read(self, partition: int, start: int, end: int) -> Iterator[list[Logged]]:
        """See :class:`streams.batches.Changelog`."""
        records: Sequence[Record] = self._broker.logs[self._topic, partition][start:]
        del end
        yield [Logged(record.offset, record.key, record.value, record.headers) for record in records]


class Sender:
    """A :class:`streams.producer.Sender` of the model: flushes what it was given some records at a time."""

    def __init__(self, broker: Broker, process: Process) -> None:
        self._broker, self._process = broker, process
        self._queues: dict[Place, list[tuple[bytes | None, bytes | None, Any, Sending]]] = {}
        self._is_flushing = False

    def begin(self) -> "Sending":
        """See :class:`streams.producer.Sender`."""
        return Sending(self)

    def queue(self, place: Place, key: bytes | None, value: bytes | None, headers: Any, sending: "Sending") -> None:  # noqa: ANN401
        """Have a record sent soon."""
        self._queues.setdefault(place, []).append((key, value, headers, sending))
        if not self._is_flushing:
            self._is_flushing = True
            self._broker.loop.call_later(_LINGER_SECONDS, self._flush)

    def place(self, topic: str, key: bytes | None, partition: int) -> Place:
        """Return where a record goes."""
        return (topic, partition) if partition >= 0 else self._broker.place(topic, key)

    def _flush(self) -> None:
        """Send some of what waits for one partition; a process that is killed between never sends the rest."""
        broker = self._broker
        place = broker.chance.choice(list(self._queues))
        waiting = self._queues.pop(place)
        number = broker.chance.randint(1, len(waiting))
        for one in waiting[:number]:
            broker.travel(self._process, place, partial(self._arrive, place, *one))
        if number < len(waiting):
            self._queues[place] = waiting[number:]
        self._is_flushing = bool(self._queues)
        if self._queues:
            broker.loop.call_later(broker.latency() / 8, self._flush)

    def _arrive(self, place: Place, key: bytes | None, value: bytes | None, headers: Any, sending: "Sending") -> None:  # noqa: ANN401
        offset = self._broker.append(*place, key, value, headers)
        self._broker.loop.outside(
            self._broker.latency(), lambda: self._broker.loop.start_in(self._process, lambda: sending.report(offset))
        )


class Sending:
    """A :class:`streams.producer.Sending` of the model."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._waiting = 0
        self._arrived: Any = None
        self.last_offset = -1

    def send(self, topic: str, key: bytes | None, value: bytes | None, partition: int = -1, **extra: Any) -> None:  # noqa: ANN401
        """See :class:`streams.producer.Sending`."""
        self._waiting += 1
        place = self._sender.place(topic, key, partition)
        self._sender.queue(place, key, value, extra.get("headers"), self)

    async def arrived(self) -> None:
        """See :class:`streams.producer.Sending`."""
        if self._waiting:
            self._arrived = self._sender._broker.loop.create_future()  # one model
            await self._arrived

    def report(self, offset: int) -> None:
        """Hear that a record was delivered."""
        self._waiting -= 1
        self.last_offset = max(self.last_offset, offset)
        if not self._waiting and self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)
