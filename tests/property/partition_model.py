"""Partitions as a worker runs them, over stores in memory: accidents of every kind, and what must come out.

Unlike :mod:`tests.property.engine_model` this drives :class:`streams.gather.PartitionWork`, so records, blocks and
policies that change go the way they go in a worker. The oracle folds everything at once and shares nothing with it but
the pure functions of content.
"""

import random
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple

import msgspec

from identity.graph import MOST_OTHERS, Card, Gathering, Message, Node
from identity.matching.blocks import KEY_BYTES, block_keys
from identity.matching.likeness import centibits
from identity.matching.link import log_odds
from identity.matching.placing import Placing
from identity.matching.records import decode_record
from identity.nodes import NODE_ID_BYTES, NodeId
from identity.policy import IdentityPolicy
from identity.policy_file import default_policy_text, parse_policy
from identity.resolution import resolve
from profiles.comparable import comparable_record, note_person
from profiles.folding import Folding
from profiles.policy_file import default_profile_policy
from profiles.telling import Publication
from schemas.accepted import encode_accepted
from schemas.contracts import CHANGE, LINK, POLICY, PROFILE
from schemas.framing import SingleObjectFraming
from streams.gather import PartitionWork, Rules
from streams.partitioning import partition_of
from streams.policies import likeness_by
from streams.records import Output, SourceRecord
from streams.state import PartitionState
from streams.store import PartitionStore
from streams.topics import Topics
from tests.property.engine_model import (
    KEY,
    CirclingError,
    Event,
    Happening,
    Subscriber,
    accepted,
    decided,
    oracle_cards,
    oracle_fragment,
)

TOPICS = Topics("", "")
FRAMES = SingleObjectFraming()
PROFILES = default_profile_policy()

Name = tuple[str, str]
"""An identifier's type and value."""

_AFTER_ALL = 2.0
"""A crash when all is durable, before it is acknowledged."""

_encoder = msgspec.msgpack.Encoder()
_messages = msgspec.msgpack.Decoder(list[Message])
_nodes = msgspec.msgpack.Decoder(Node)
_gatherings = msgspec.msgpack.Decoder(Gathering)
_placings = msgspec.msgpack.Decoder(Placing)


_TEXT = re.sub(
    r"(\[identifiers\.(?:email|cookie)\][^[]*?max_neighbours = )\d+",
    r"\g<1>MOST",
    default_policy_text().partition("\n[matching]")[0],
)


class Thresholds(NamedTuple):
    """What the policies of these tests differ in; ``cap`` 0: nothing is matched."""

    cap: int
    unite: float = 0.9
    suggest: float = 0.5
    refuse: float = 0.01
    dominance: float = 3.0
    neighbours: int = 2
    gathering: int = 1000

    @property
    def text(self) -> str:
        """The policy, whose limit of neighbours is that of addresses and cookies."""
        rest = _TEXT.replace("MOST", str(self.neighbours)).replace("dominance = 3.0", f"dominance = {self.dominance}")
        rest = rest.replace("max_gathering = 1000", f"max_gathering = {self.gathering}")
        settings = f"unite = {self.unite}\nsuggest = {self.suggest}\nrefuse = {self.refuse}\nblock_cap = {self.cap}\n"
        return f"{rest}\n[matching]\n{settings}" if self.cap else rest

    @property
    def policy(self) -> IdentityPolicy:
        """The same, parsed."""
        return _parsed(self.text)


_parsed = lru_cache(parse_policy)


class MemoryStore(PartitionStore):
    """A partition store in a dictionary."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """See :class:`streams.store.PartitionStore`."""
        return self.values.get(key)

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """See :class:`streams.store.PartitionStore`."""
        return [self.values.get(key) for key in keys]

    def keys_after(self, key: bytes, most: int) -> list[bytes]:
        """See :class:`streams.store.PartitionStore`."""
        ordered = sorted(self.values)
        start = bisect_right(ordered, key)
        return ordered[start : start + most]

    @property
    def size_bytes(self) -> int:
        """See :class:`streams.store.PartitionStore`."""
        return 0

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Make a commit durable."""
        for key, value in changes.items():
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = value

    def of(self, prefix: bytes) -> dict[bytes, bytes]:
        """Return all of one kind, by what follows its prefix."""
        return {key[len(prefix) :]: value for key, value in self.values.items() if key.startswith(prefix)}


class Chunk(NamedTuple):
    """How many records of each queue one commit is made of, and whether messages come before touchpoints."""

    policies: int
    touches: int
    messages: int
    messages_first: bool


@dataclass(slots=True)
class Accidents:
    """How badly a run goes.

    Attributes:
        partitions: how many.
        repeated: share of events that are delivered twice, and of messages that arrive twice.
        crashes: at most so many.
        reordered: messages arrive in any order, else as they were sent from each partition.
        largest_chunk: most records of a queue in a chunk.
    """

    partitions: int = 3
    repeated: float = 0.0
    crashes: int = 0
    reordered: bool = False
    largest_chunk: int = 4


@dataclass(slots=True)
class Site:
    """One partition: its queues and how far it read them, its store, its work, and what it told."""

    work: PartitionWork
    store: MemoryStore
    incarnation: int = 1
    policies: list[bytes] = field(default_factory=list)
    touches: list[bytes] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    read: tuple[int, int, int] = (0, 0, 0)
    lost: Chunk | None = None
    told: list[Output] = field(default_factory=list)

    def waiting(self) -> tuple[int, int, int]:
        """Return how many policies, events and messages it has not worked off."""
        policies, touches, messages = self.read
        return len(self.policies) - policies, len(self.touches) - touches, len(self.messages) - messages

    def is_busy(self) -> bool:
        """Whether there is anything to do."""
        return any(self.waiting()) or self.lost is not None or self.work.is_resolving_anew


class Cluster:
    """Partitions that exchange messages.

    Args:
        partitions: how many.
        policy: text of the one that holds until another is applied.
        chance: decides accidents.
        accidents: which there are.
        may_send: how many messages there may be before they are taken to go round for ever.
    """

    def __init__(self, policy: str, chance: random.Random, accidents: Accidents, may_send: int = 100_000) -> None:
        self._rules = Rules(TOPICS, FRAMES, parse_policy(policy), None, PROFILES, KEY)
        self._chance = chance
        self._accidents = accidents
        self._may_send = may_send
        self._crashes = accidents.crashes
        self._sent = 0
        self._applied = 0
        self.sites: list[Site] = []
        for number in range(accidents.partitions):
            store = MemoryStore()
            self.sites.append(Site(self._open(store, 1, number), store))

    def _open(self, store: MemoryStore, incarnation: int, number: int) -> PartitionWork:
        return PartitionWork(self._rules, PartitionState(store), incarnation, number, self.place)

    def place(self, node: NodeId) -> int:
        """Return the partition of a node or block."""
        return partition_of(node, self._accidents.partitions)

    def deliver(self, happened: Happening | str) -> None:
        """Put an event on its anchor's partition, tell the nodes that are decided on, or apply the text of a policy."""
        if isinstance(happened, str):
            self._applied += 1
            version = parse_policy(happened).version
            applied = {"version": version, "text": happened, "applied_at": self._applied, "applied_by": "a test"}
            for site in self.sites:
                site.policies.append(FRAMES.encode(POLICY, {**applied, "model": None}))
        elif isinstance(happened, Event):
            self.sites[self.place(happened.anchor.node)].touches.append(encode_accepted(accepted(happened)))
        else:
            for message in decided(happened):
                self._queue(self.place(message.to), _encoder.encode([message]))

    def busy(self) -> list[int]:
        """Return the partitions that have work."""
        return [number for number, site in enumerate(self.sites) if site.is_busy()]

    def work(self, number: int, chunk: Chunk, crash: float | None = None) -> None:
        """Work off a chunk, or the one that was lost.

        Args:
            number: the partition.
            chunk: at most what waits.
            crash: share of the outputs that are sent before the state is lost; None: all goes well.
        """
        site = self.sites[number]
        chunk = site.lost or chunk
        counts = chunk[:3]
        policies, touches, messages = (
            [SourceRecord("", number, at, 0, None, value) for at, value in enumerate(queue[start : start + count])]
            for queue, start, count in zip((site.policies, site.touches, site.messages), site.read, counts, strict=True)
        )
        site.work.policies(policies)
        if chunk.messages_first:
            site.work.messages(messages)
        site.work.touchpoints(touches)
        if not chunk.messages_first:
            site.work.messages(messages)
        commit = site.work.commit(now_ms=1)
        assert not site.work.counts.dead_letters
        outputs = [one for one in commit.outputs if crash is None or self._chance.random() < crash]
        site.told += [output for output in outputs if output.topic != TOPICS.graph]
        site.lost = None if crash is None else chunk
        if crash is None:
            site.store.write(commit.changes)
            site.read = tuple(start + count for start, count in zip(site.read, counts, strict=True))  # type: ignore[assignment]  # three again
        else:
            self.restart(number)
        for output in outputs:
            if output.topic == TOPICS.graph:
                self._send(output)

    def restart(self, number: int) -> None:
        """Begin anew with what is durable."""
        site = self.sites[number]
        site.incarnation += 1
        site.work = self._open(site.store, site.incarnation, number)

    def _send(self, output: Output) -> None:
        assert output.key is not None
        number = self.place(NodeId(output.key))
        if not self._accidents.reordered:
            self._queue(number, output.value)
            return
        for message in _messages.decode(output.value):
            self._queue(number, _encoder.encode([message]))

    def _queue(self, number: int, value: bytes) -> None:
        site = self.sites[number]
        for _ in range(1 + (self._chance.random() < self._accidents.repeated)):
            first = site.read[2] + (site.lost.messages if site.lost else 0)
            end = len(site.messages)
            site.messages.insert(self._chance.randint(first, end) if self._accidents.reordered else end, value)
            self._sent += 1
        if self._sent > self._may_send:
            raise CirclingError(f"{self._sent} messages and no end")

    def settle(self) -> None:
        """Work until nothing is left to do."""
        while busy := self.busy():
            number = self._chance.choice(busy)
            crash = None
            if self._crashes and self._chance.random() < 0.2:
                self._crashes -= 1
                crash = self._chance.choice([0.0, 0.5, 1.0, _AFTER_ALL])
            if crash == _AFTER_ALL:
                self.work(number, self._some_chunk(number))
                self.restart(number)
            else:
                self.work(number, self._some_chunk(number), crash)

    def some_work(self) -> None:
        """Work off a few chunks."""
        for _ in range(self._chance.randint(0, 3)):
            if busy := self.busy():
                number = self._chance.choice(busy)
                self.work(number, self._some_chunk(number))

    def _some_chunk(self, number: int) -> Chunk:
        most = self._accidents.largest_chunk
        counts = [min(count, self._chance.randint(0, most)) for count in self.sites[number].waiting()]
        return Chunk(counts[0], counts[1], counts[2], self._chance.random() < 0.5)

    def nodes(self) -> dict[NodeId, Node]:
        """Return every stored node."""
        return {NodeId(key): _nodes.decode(value) for site in self.sites for key, value in site.store.of(b"n").items()}

    def gatherings(self) -> dict[NodeId, Gathering]:
        """Return every stored gathering."""
        return {
            NodeId(key): _gatherings.decode(value) for site in self.sites for key, value in site.store.of(b"g").items()
        }

    def placings(self, number: int) -> dict[NodeId, Placing]:
        """Return the placings that a partition stored."""
        return {NodeId(key): _placings.decode(value) for key, value in self.sites[number].store.of(b"r").items()}

    def blocks(self, number: int) -> dict[bytes, set[NodeId]]:
        """Return who is in which block by what a partition stored: a block's nodes, or how many there are and each."""
        store = self.sites[number].store
        found: dict[bytes, set[NodeId]] = {}
        for key in store.of(b"i"):
            found.setdefault(key[:KEY_BYTES], set()).add(NodeId(key[KEY_BYTES:]))
        listed = {key: value for key, value in store.of(b"b").items() if len(value) % NODE_ID_BYTES == 0}
        counts = {key: int.from_bytes(value, "big") for key, value in store.of(b"b").items() if key not in listed}
        assert counts == {block: len(inside) for block, inside in found.items()}
        for block, value in listed.items():
            found[block] = {NodeId(value[at : at + NODE_ID_BYTES]) for at in range(0, len(value), NODE_ID_BYTES)}
        return found

    def heard(self, seed: int) -> Subscriber:
        """Return a subscriber that heard everything: each partition's words in order, those of several in any."""
        chance = random.Random(seed)  # noqa: S311  # a schedule of a test
        queues = [list(reversed(site.told)) for site in self.sites]
        subscriber = Subscriber()
        while any(queues):
            subscriber.hear(_told(chance.choice([queue for queue in queues if queue]).pop()))
        return subscriber


def _told(output: Output) -> Publication:
    name, content = FRAMES.decode(output.value)
    found: Any = content
    return Publication(
        [found] if name == PROFILE else [], [found] if name == LINK else [], [found] if name == CHANGE else []
    )


def run(happened: Iterable[Happening | str], policy: str, seed: int, accidents: Accidents) -> Cluster:
    """Deliver in an order drawn from a seed and work until nothing is left to do; policies keep their order."""
    chance = random.Random(seed)  # noqa: S311  # a schedule of a test
    everything = list(happened)
    cluster = Cluster(policy, chance, accidents)
    waiting = [one for one in everything if not isinstance(one, str)]
    waiting += [one for one in waiting if chance.random() < accidents.repeated]
    chance.shuffle(waiting)
    switches = [one for one in everything if isinstance(one, str)]
    places = sorted(chance.choice([chance.randint(0, len(waiting)), len(waiting)]) for _ in switches)
    mixed: list[Happening | str] = list(waiting)
    for place, switch in reversed(list(zip(places, switches, strict=True))):
        mixed.insert(place, switch)
    for one in mixed:
        if isinstance(one, str) and chance.random() < 0.5:
            cluster.settle()
        cluster.deliver(one)
        if chance.random() < 0.4:
            cluster.some_work()
    cluster.settle()
    return cluster


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come out.

    Attributes:
        cards: of every node, with its record and what is alike to it.
        blocks: those who are in each.
        alike: by partition, what its blocks find.
    """

    cards: dict[NodeId, Card]
    blocks: dict[bytes, set[NodeId]]
    alike: dict[int, dict[NodeId, dict[NodeId, int]]]


def expected(happened: Iterable[Happening], policy: IdentityPolicy, partitions: int) -> Expected:
    """Return what must come out, computed in one go from all that happened."""
    happened = list(happened)
    cards = oracle_cards(happened, policy)
    records = {node: _record(happened, node, card, policy) for node, card in cards.items()}
    blocks: defaultdict[bytes, set[NodeId]] = defaultdict(set)
    for node, record in records.items():
        for block in block_keys(decode_record(record), KEY) if record and not cards[node].block.blocked else ():
            blocks[block].add(node)
    alike: dict[int, dict[NodeId, dict[NodeId, int]]] = {number: {} for number in range(partitions)}
    matching, likeness = policy.matching, likeness_by(None)
    for block, inside in blocks.items():
        for one, other in combinations(inside, 2):
            if matching is not None and len(inside) <= matching.block_cap:
                found = likeness.centibits(records[one], records[other])
                if found >= centibits(log_odds(matching.suggest)):
                    near = alike[partition_of(NodeId(block), partitions)]
                    near.setdefault(one, {})[other] = near.setdefault(other, {})[one] = found
    whole = {
        node: msgspec.structs.replace(
            card,
            record=records[node],
            alike={other: found for near in alike.values() for other, found in near.get(node, {}).items()},
        )
        for node, card in cards.items()
    }
    return Expected(whole, dict(blocks), alike)


def _record(happened: Iterable[Happening], node_id: NodeId, card: Card, policy: IdentityPolicy) -> bytes:
    """Return what is compared of a node."""
    own = [one for one in happened if isinstance(one, Event) and one.anchor.node == node_id]
    others = {(part.type, part.value) for one in own for part in one.seen[1:] if policy.identifiers[part.type].compared}
    node = Node(card, node_id, b"", sorted(others)[:MOST_OTHERS])
    for one in own:
        note_person(node, accepted(one), policy)
    return comparable_record(node, oracle_fragment(own, node_id, Folding(PROFILES)), policy)


class Outcome(NamedTuple):
    """Who is who, by content: what the ids are does not show."""

    people: frozenset[frozenset[Name]]
    founders: frozenset[Name]
    verdicts: frozenset[tuple[frozenset[Name], str]]


def outcome(gathered: Sequence[Mapping[NodeId, Card]], policy: IdentityPolicy) -> Outcome:
    """Return what becomes of gatherings."""
    likeness = likeness_by(None)
    people, founders, verdicts = set(), set(), set()
    names = {node: (card.type, card.value) for cards in gathered for node, card in cards.items()}
    for cards in gathered:
        found = resolve(cards, policy, likeness)
        people |= {frozenset(names[node] for node in person.nodes) for person in found.people}
        founders |= {names[person.founder] for person in found.people}
        verdicts |= {(frozenset(names[node] for node in link), verdict) for link, verdict in found.verdicts.items()}
    return Outcome(frozenset(people), frozenset(founders), frozenset(verdicts))


def stored_outcome(cluster: Cluster, policy: IdentityPolicy) -> Outcome:
    """Return what becomes of what a cluster stored."""
    gatherings = cluster.gatherings().values()
    return outcome([{node: member.card for node, member in one.members.items()} for one in gatherings], policy)
