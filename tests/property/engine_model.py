"""A small model of the engine around the pure rooms: partitions, queues, commits, crashes and a subscriber.

State is kept encoded and read into a workspace a chunk, so what was changed but not put back is lost, as in a real
store, and a crash is a workspace thrown away after its outputs were sent.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import msgspec

from identity.claims import CONTESTED
from identity.gathering import Gatherer, Seen
from identity.graph import (
    NEVER_SEEN,
    Block,
    Blocked,
    Card,
    Evidence,
    Gathering,
    Message,
    Moment,
    Node,
    Ruled,
    Ruling,
    RulingKind,
)
from identity.nodes import NodeId, node_id
from identity.policy import IdentityPolicy
from identity.policy_file import default_policy
from identity.resolution import LinkId, Verdict
from profiles import fragment as fragments
from profiles.consent import PERSONAL
from profiles.folding import Folding, denials_of
from profiles.people import Publisher
from profiles.policy_file import default_profile_policy
from profiles.telling import Now, Publication
from schemas.accepted import AcceptedTouchpoint
from schemas.records import Change, Consent, Link, Order, Profile

KEY = b"a key of the tests"

_nodes = msgspec.msgpack.Decoder(Node)
_gatherings = msgspec.msgpack.Decoder(Gathering)
_messages = msgspec.msgpack.Decoder(Message)
_encoder = msgspec.msgpack.Encoder()


class Identified(NamedTuple):
    """An identifier of the tests; compares strongest first under the default policy."""

    rank: int
    type: str
    value: str

    @property
    def node(self) -> NodeId:
        """The node id under the key of the tests."""
        return node_id(KEY, self.type, self.value)


class Event(NamedTuple):
    """A touchpoint: when, by which source, whom it names, the strongest first, and traits where they matter."""

    event_id: str
    time: int
    source: str
    seen: tuple[Identified, ...]
    traits: tuple[tuple[str, str], ...] | None = None

    @property
    def anchor(self) -> Identified:
        """The identifier it is folded into."""
        return self.seen[0]


class Decision(NamedTuple):
    """What a steward decides: on two identifiers, or to block one."""

    one: Identified
    other: Identified
    ruling: Ruling


class Blocking(NamedTuple):
    """A steward's decision that an identifier names nobody, or does after all."""

    one: Identified
    block: Block


Happening = Event | Decision | Blocking


def identifier(identifier_type: str, value: str) -> Identified:
    """Return an identifier of the default policy's types."""
    return Identified(default_policy().identifiers[identifier_type].rank, identifier_type, value)


def event(name: str, time: int, *seen: Identified, source: str = "web") -> Event:
    """Return an event with its identifiers in order of strength."""
    strength = default_policy().strength
    ordered = sorted(set(seen), key=lambda part: (strength(part.type, part.value), part.value))
    return Event(name, time, source, tuple(ordered))


def tight_policy(**max_neighbours: int) -> IdentityPolicy:
    """Return the default policy with other limits of neighbours, so that few events reach them."""
    policy = default_policy()
    rules = {
        name: replace(rule, max_neighbours=max_neighbours.get(name, rule.max_neighbours))
        for name, rule in policy.identifiers.items()
    }
    return replace(policy, identifiers=rules)


def accepted(happened: Event) -> AcceptedTouchpoint:
    """Return the touchpoint of an event; what it tells is drawn from the event itself, so it is always the same."""
    chance = random.Random(happened.event_id)  # noqa: S311  # data of a test
    kind = chance.choice(["page_view", "purchase", "return", "consent"])
    order: Order | None = None
    if kind in {"purchase", "return"}:
        amount = chance.randrange(10**9)
        order = {"order_id": happened.event_id, "amount_micros": amount, "currency": "EUR", "items": []}
    consents: list[Consent] = []
    if kind == "consent":
        consents.append(
            {
                "purpose": chance.choice(["marketing", "analytics"]),
                "channel": "*",
                "state": chance.choice(["granted", "denied", "withdrawn", "unknown"]),
                "text_version": None,
            }
        )
    names = chance.sample(["first_name", "city", "language"], chance.randrange(3))
    drawn = {name: f"{name} {chance.randrange(4)}" for name in names}
    return {
        "source": happened.source,
        "received_at": happened.time,
        "origin_topic": "touch",
        "origin_partition": 0,
        "origin_offset": 0,
        "nodes": [{"node_id": part.node, "type": part.type, "value": part.value} for part in happened.seen],
        "touchpoint": {
            "event_id": happened.event_id,
            "event_time": happened.time,
            "type": kind,
            "identifiers": [],
            "traits": drawn if happened.traits is None else dict(happened.traits),
            "order": order,
            "marketing": None,
            "consents": consents,
            "interaction": None,
            "party": "first",
            "properties": {},
        },
    }


@dataclass(slots=True)
class Stored:
    """What a partition made durable, encoded, and how far it read its two queues."""

    nodes: dict[NodeId, bytes] = field(default_factory=dict)
    gatherings: dict[NodeId, bytes] = field(default_factory=dict)
    fragments: dict[tuple[NodeId, NodeId], bytes] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    touches_read: int = 0
    messages_read: int = 0


class Workspace:
    """Implements :class:`identity.gathering.Graph` for one chunk of work over what is stored."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._nodes: dict[NodeId, Node | None] = {}
        self._gatherings: dict[NodeId, Gathering | None] = {}
        self._changed_nodes: dict[NodeId, None] = {}
        self._changed_gatherings: dict[NodeId, None] = {}
        self._fragments: dict[tuple[NodeId, NodeId], bytes | None] = {}
        self.counted: set[str] = set()

    def node(self, node: NodeId) -> Node | None:
        """See :meth:`identity.gathering.Graph.node`."""
        if node not in self._nodes:
            data = self._stored.nodes.get(node)
            self._nodes[node] = None if data is None else _nodes.decode(data)
        return self._nodes[node]

    def put_node(self, node: NodeId, state: Node) -> None:
        """See :meth:`identity.gathering.Graph.put_node`."""
        self._nodes[node] = state
        self._changed_nodes[node] = None

    def gathering(self, owner: NodeId) -> Gathering | None:
        """See :meth:`identity.gathering.Graph.gathering`."""
        if owner not in self._gatherings:
            data = self._stored.gatherings.get(owner)
            self._gatherings[owner] = None if data is None else _gatherings.decode(data)
        return self._gatherings[owner]

    def put_gathering(self, owner: NodeId, state: Gathering) -> None:
        """See :meth:`identity.gathering.Graph.put_gathering`."""
        self._gatherings[owner] = state
        self._changed_gatherings[owner] = None

    def drop_gathering(self, owner: NodeId) -> None:
        """See :meth:`identity.gathering.Graph.drop_gathering`."""
        gathering = self.gathering(owner)
        for member in gathering.members if gathering else ():
            self._fragments[owner, member] = None
        self._gatherings[owner] = None
        self._changed_gatherings[owner] = None

    def fragment(self, owner: NodeId, member: NodeId) -> bytes:
        """See :meth:`identity.gathering.Graph.fragment`."""
        if owner == member:
            node = self.node(member)
            return node.fragment if node else b""
        if (owner, member) in self._fragments:
            return self._fragments[owner, member] or b""
        return self._stored.fragments.get((owner, member), b"")

    def put_fragment(self, owner: NodeId, member: NodeId, fragment: bytes) -> None:
        """See :meth:`identity.gathering.Graph.put_fragment`."""
        if owner != member:
            self._fragments[owner, member] = fragment

    def is_counted(self, event_id: str) -> bool:
        """Whether an event was counted, in this chunk or before."""
        return event_id in self.counted or event_id in self._stored.counted

    def save(self) -> None:
        """Write all that was put."""
        for node_key in self._changed_nodes:
            node = self._nodes[node_key]
            assert node is not None
            self._stored.nodes[node_key] = _encoder.encode(node)
        for owner in self._changed_gatherings:
            gathering = self._gatherings[owner]
            if gathering is None:
                self._stored.gatherings.pop(owner, None)
            else:
                self._stored.gatherings[owner] = _encoder.encode(gathering)
        for key, fragment in self._fragments.items():
            if fragment is None:
                self._stored.fragments.pop(key, None)
            else:
                self._stored.fragments[key] = fragment
        self._stored.counted |= self.counted


@dataclass(slots=True)
class Partition:
    """One partition: its queues, its state, and what it published, in order."""

    stored: Stored = field(default_factory=Stored)
    incarnation: int = 0
    touches: list[Event] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    told: list[Publication] = field(default_factory=list)

    @property
    def touches_waiting(self) -> int:
        """How many events it has not worked off."""
        return len(self.touches) - self.stored.touches_read

    @property
    def messages_waiting(self) -> int:
        """How many messages it has not worked off."""
        return len(self.messages) - self.stored.messages_read


class CirclingError(AssertionError):
    """Messages go round for ever."""


class Engine:
    """Partitions that exchange messages.

    Args:
        partitions: how many.
        policy: who may be one person.
        may_send: how many messages there may be before they are taken to go round for ever.
    """

    def __init__(self, partitions: int, policy: IdentityPolicy, may_send: int = 1_000_000) -> None:
        self.partitions = [Partition() for _ in range(partitions)]
        self.policy = policy
        self.folding = Folding(default_profile_policy())
        self.sent = 0
        self._may_send = may_send

    def place(self, node: NodeId) -> int:
        """Return the partition of a node."""
        return int.from_bytes(node[-4:], "big") % len(self.partitions)

    def deliver(self, happened: Happening) -> None:
        """Put an event on its anchor's partition; tell the nodes that are decided on."""
        if isinstance(happened, Event):
            self.partitions[self.place(happened.anchor.node)].touches.append(happened)
        else:
            for message in decided(happened):
                self.partitions[self.place(message.to)].messages.append(_encoder.encode(message))

    def busy(self) -> list[int]:
        """Return the partitions that have work."""
        return [
            index
            for index, partition in enumerate(self.partitions)
            if partition.touches_waiting or partition.messages_waiting
        ]

    def work(
        self,
        index: int,
        touches: int,
        messages: int,
        *,
        crash: bool = False,
        repeat: Callable[[], bool] = lambda: False,
        turn: Callable[[], bool] = lambda: True,
    ) -> None:
        """Work off a chunk.

        Args:
            index: the partition.
            touches: how many events, at most.
            messages: how many messages, at most.
            crash: whether the state is lost after the outputs were sent.
            repeat: asked for each message that is sent, whether it arrives twice.
            turn: asked while there are both, whether an event is next.
        """
        partition = self.partitions[index]
        stored = partition.stored
        events = partition.touches[stored.touches_read : stored.touches_read + touches]
        received = partition.messages[stored.messages_read : stored.messages_read + messages]
        work = Workspace(stored)
        outbox: list[Message] = []
        gatherer = Gatherer(work, self.policy, lambda node: self.place(node) == index, outbox.append)
        left, right = iter(events), iter(received)
        taken = [0, 0]
        while taken[0] < len(events) or taken[1] < len(received):
            if taken[1] == len(received) or (taken[0] < len(events) and turn()):
                taken[0] += 1
                self._touch(gatherer, work, next(left))
            else:
                taken[1] += 1
                gatherer.receive(_messages.decode(next(right)))
        dirty = gatherer.settle()
        publisher = Publisher(self.policy, self.folding, partition.incarnation)
        for owner, what in dirty.items():
            gathering = work.gathering(owner)
            assert gathering is not None
            partition.told.append(publisher.publish(gathering, what, _reader(work, owner), Now(1, None)))
        self._send(outbox, repeat)
        if crash:
            partition.incarnation += 1
            return
        work.save()
        stored.touches_read += len(events)
        stored.messages_read += len(received)

    def _touch(self, gatherer: Gatherer, work: Workspace, happened: Event) -> None:
        if work.is_counted(happened.event_id):
            return
        work.counted.add(happened.event_id)
        seen = [Seen(part.node, part.type, part.value) for part in happened.seen]
        node = gatherer.touch(seen, Moment(happened.time, happened.event_id), happened.source)
        folded = fragments.decode(node.fragment)
        told = accepted(happened)
        self.folding.fold(folded, told)
        denials = denials_of(told)
        if denials.said:
            gatherer.deny(seen[1:], denials)
        node.fragment = fragments.encode(folded)

    def _send(self, outbox: Iterable[Message], repeat: Callable[[], bool]) -> None:
        for message in outbox:
            data = _encoder.encode(message)
            for _ in range(2 if repeat() else 1):
                self.partitions[self.place(message.to)].messages.append(data)
                self.sent += 1
        if self.sent > self._may_send:
            raise CirclingError(f"{self.sent} messages and no end")

    def nodes(self) -> dict[NodeId, Node]:
        """Return every stored node."""
        return {
            key: _nodes.decode(data) for partition in self.partitions for key, data in partition.stored.nodes.items()
        }

    def gatherings(self) -> dict[NodeId, Gathering]:
        """Return every stored gathering."""
        return {
            key: _gatherings.decode(data)
            for partition in self.partitions
            for key, data in partition.stored.gatherings.items()
        }

    def fragment(self, owner: NodeId, member: NodeId) -> bytes:
        """Return the fragment an owner knows of a member."""
        return Workspace(self.partitions[self.place(owner)].stored).fragment(owner, member)


def decided(happened: Decision | Blocking) -> list[Message]:
    if isinstance(happened, Blocking):
        one, block = happened
        return [Blocked(one.node, one.type, one.value, block)]
    one, other, ruling = happened
    return [
        Ruled(one.node, one.type, one.value, other.node, ruling),
        Ruled(other.node, other.type, other.value, one.node, ruling),
    ]


def _reader(work: Workspace, owner: NodeId) -> Callable[[NodeId], fragments.Fragment]:
    return lambda member: fragments.decode(work.fragment(owner, member))


@dataclass(frozen=True, slots=True)
class Disorder:
    """How badly a run goes.

    Attributes:
        partitions: how many.
        repeated_events: share of events that are delivered twice.
        repeated_messages: share of messages that arrive twice.
        crashes: how many crashes there are at most; each hits with a third's chance.
        largest_chunk: most records of a queue in a chunk.
        same_redo: a chunk that was lost in a crash is done again with the same bounds, else with any.
    """

    partitions: int = 3
    repeated_events: float = 0.0
    repeated_messages: float = 0.0
    crashes: int = 0
    largest_chunk: int = 4
    same_redo: bool = False


def run(events: Sequence[Happening], policy: IdentityPolicy, seed: int, disorder: Disorder) -> Engine:
    """Deliver events in an order drawn from a seed and work until nothing is left to do."""
    chance = random.Random(seed)  # noqa: S311  # a schedule of a test
    # Each event sends to its neighbours, each neighbour moves a gathering of at most all nodes; a redo sends it again.
    bound = 300 * (len(events) + 5) * (1 + disorder.crashes)
    engine = Engine(disorder.partitions, policy, bound)
    waiting = [*events, *(one for one in events if chance.random() < disorder.repeated_events)]
    chance.shuffle(waiting)
    crashes = disorder.crashes
    lost: dict[int, tuple[int, int, int]] = {}
    while waiting or engine.busy():
        if waiting and (not engine.busy() or chance.random() < 0.4):
            for _ in range(min(len(waiting), chance.randint(1, 4))):
                engine.deliver(waiting.pop())
            continue
        crash = crashes > 0 and chance.random() < 0.33
        crashes -= crash
        index = chance.choice(engine.busy())
        size = disorder.largest_chunk
        chunk = lost.pop(index, None) or (chance.randint(0, size), chance.randint(0, size), chance.randrange(2**32))
        touches = min(chunk[0], engine.partitions[index].touches_waiting)
        messages = min(chunk[1], engine.partitions[index].messages_waiting)
        if crash and disorder.same_redo:
            lost[index] = touches, messages, chunk[2]
        turns = random.Random(chunk[2])  # noqa: S311  # a schedule of a test
        engine.work(
            index,
            touches,
            messages,
            crash=crash,
            repeat=lambda: chance.random() < disorder.repeated_messages,
            turn=partial(_is_heads, turns),
        )
    return engine


def _is_heads(chance: random.Random) -> bool:
    return chance.random() < 0.5


def oracle_cards(
    happened: Iterable[Happening],
    policy: IdentityPolicy,
    told: Callable[[Event], AcceptedTouchpoint] = accepted,
) -> dict[NodeId, Card]:
    """Return what every node's card must be in the end, computed in one go from all that happened."""
    happened = list(happened)
    cards = _cards_of_events([one for one in happened if isinstance(one, Event)], policy)
    for one in happened:
        if isinstance(one, Event):
            denials = denials_of(told(one))
            for part in one.seen[1:]:
                cards[part.node].denials = cards[part.node].denials.with_more(denials)
        elif isinstance(one, Decision):
            for node, far in ((one.one, one.other), (one.other, one.one)):
                rulings = cards.setdefault(node.node, _unseen(node)).rulings
                rulings[far.node] = max(rulings.get(far.node, one.ruling), one.ruling)
        elif isinstance(one, Blocking):
            card = cards.setdefault(one.one.node, _unseen(one.one))
            card.block = max(card.block, one.block)
    return cards


def _unseen(part: Identified) -> Card:
    return Card(part.type, part.value, 0, NEVER_SEEN, shared=False, links={}, neighbours={})


def _cards_of_events(events: Iterable[Event], policy: IdentityPolicy) -> dict[NodeId, Card]:
    once = {one.event_id: one for one in events}.values()
    links: dict[NodeId, dict[NodeId, list[Event]]] = {}
    back: dict[NodeId, set[NodeId]] = {}
    found: dict[NodeId, Identified] = {}
    times: dict[NodeId, list[int]] = {}
    touches: dict[NodeId, int] = {}
    for one in once:
        anchor = one.anchor.node
        touches[anchor] = touches.get(anchor, 0) + 1
        for part in one.seen:
            found[part.node] = part
            times.setdefault(part.node, []).append(one.time)
        for part in one.seen[1:]:
            links.setdefault(anchor, {}).setdefault(part.node, []).append(one)
            back.setdefault(part.node, set()).add(anchor)
    shared = {
        node
        for node, part in found.items()
        if len(links.get(node, {}).keys() | back.get(node, set())) > policy.identifiers[part.type].max_neighbours
    }
    return {
        node: Card(
            part.type,
            part.value,
            touches.get(node, 0),
            min(times[node]),
            node in shared,
            {}
            if node in shared
            else {other: _evidence(seen, other in shared) for other, seen in links.get(node, {}).items()},
            {} if node in shared else {other: other in shared for other in back.get(node, set())},
        )
        for node, part in found.items()
    }


def _evidence(together: Sequence[Event], far_shared: bool) -> Evidence:  # noqa: FBT001  # a field of the record
    moments = [Moment(one.time, one.event_id) for one in together]
    sources: dict[str, int] = {}
    for one in together:
        sources[one.source] = sources.get(one.source, 0) + 1
    return Evidence(len(together), min(moments), max(moments), sources, far_shared)


def oracle_fragment(happened: Iterable[Happening], node: NodeId, folding: Folding) -> fragments.Fragment:
    """Return the plain fold of a node's own events."""
    folded = fragments.Fragment()
    for one in {one.event_id: one for one in happened if isinstance(one, Event)}.values():
        if one.anchor.node == node:
            folding.fold(folded, accepted(one))
    return folded


def oracle_claims(
    cards: Mapping[NodeId, Card], verdicts: Mapping[LinkId, Verdict], nodes: Iterable[NodeId]
) -> set[NodeId]:
    """Return the identifiers of others that a person of these nodes claims, though they have them not."""
    own = set(nodes)
    return {
        link.node
        for link, verdict in verdicts.items()
        if verdict in CONTESTED
        and link.anchor in own
        and link.node not in own
        and cards[link.anchor].type in PERSONAL
        and cards[link.node].type in PERSONAL
        and RulingKind.APART
        not in {ruling.kind for ruling in (cards[link.anchor].rulings.get(link.node),) if ruling is not None}
    }


@dataclass(slots=True)
class Subscriber:
    """Keeps the highest revision of everything and ignores the others, as the contracts tell it to."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    holders: dict[str, tuple[int, str]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def hear(self, told: Publication) -> None:
        """Take what a partition published."""
        for profile in told.profiles:
            kept = self.profiles.get(profile["customer_id"])
            if kept is None or profile["revision"] > kept["revision"]:
                self.profiles[profile["customer_id"]] = profile
            for part in profile["identifiers"]:
                revision, _ = self.holders.get(part["node_id"], (0, ""))
                if profile["revision"] > revision:
                    self.holders[part["node_id"]] = profile["revision"], profile["customer_id"]
        for link in told.links:
            key = link["anchor_id"], link["node_id"]
            known = self.links.get(key)
            if known is None or link["revision"] > known["revision"]:
                self.links[key] = link
        self.changes += told.changes


def subscribe(engine: Engine, seed: int) -> Subscriber:
    """Return a subscriber that heard everything: each partition's words in order, those of several in any."""
    chance = random.Random(seed)  # noqa: S311  # a schedule of a test
    queues = [list(reversed(partition.told)) for partition in engine.partitions]
    subscriber = Subscriber()
    while any(queues):
        subscriber.hear(chance.choice([queue for queue in queues if queue]).pop())
    return subscriber


def content(profile: Profile) -> Profile:
    """Return a profile without what may differ between two orders of the same events."""
    return {**profile, "revision": 0, "updated_at": 0}


def fold_everything(events: Iterable[Happening], policy: IdentityPolicy) -> Subscriber:
    """Return the truth: all events at one partition in one chunk, told once."""
    engine = Engine(1, policy)
    for one in events:
        engine.deliver(one)
    engine.work(0, len(engine.partitions[0].touches), len(engine.partitions[0].messages))
    return subscribe(engine, 0)
