"""One partition's state as the stages use it: nodes, gatherings, blocks, seen events, over the partition store.

Decoded nodes and gatherings are kept in memory between commits and written behind: :meth:`PartitionState.take_changes`
hands over what a commit must make durable.
"""

from collections.abc import Collection, Iterable
from typing import Generic, Literal, TypeVar

import msgspec

from identity.graph import Gathering, Node
from identity.matching.placing import Placing
from identity.nodes import NodeId
from streams.blocks import Blocks
from streams.store import Readable

_MOST_CACHED = 10_000

_NODE = b"n"
_GATHERING = b"g"
_FRAGMENT = b"f"
_EVENT = b"e"
_POLICY = b"p"
_PLACING = b"r"
_CLOCK = b"k"
_FOLDING = b"v"
_DUE = b"t"
_DUE_BYTES = 8

Stage = Literal["nodes", "placings", "gatherings"]
"""What a new policy has the workers go through, in this order."""

_PREFIXES: dict[Stage, bytes] = {"nodes": _NODE, "placings": _PLACING, "gatherings": _GATHERING}

_encoder = msgspec.msgpack.Encoder()
_T = TypeVar("_T")


class PolicyInForce(msgspec.Struct, array_like=True):
    """The policy a partition resolves by.

    Attributes:
        text: the policy file.
        applied_at: in milliseconds since 1970 UTC.
        model: JSON of the model that it names.
        pending: by stage that is not done, the last one it was done for.
    """

    text: str
    applied_at: int
    model: str | None = None
    pending: dict[Stage, bytes] = {}


class _Table(Generic[_T]):
    """Decoded records of one kind over the store, with the changed ones remembered."""

    def __init__(self, store: Readable, prefix: bytes, kind: type[_T]) -> None:
        self._store = store
        self._prefix = prefix
        self._decoder = msgspec.msgpack.Decoder(kind)
        self._known: dict[bytes, _T | None] = {}
        self._changed: dict[bytes, None] = {}

    def get(self, key: bytes) -> _T | None:
        if key in self._known:
            return self._known[key]
        data = self._store.get(self._prefix + key)
        found = None if data is None else self._decoder.decode(data)
        self._known[key] = found
        return found

    def put(self, key: bytes, record: _T | None) -> None:
        self._known[key] = record
        self._changed[key] = None

    def load(self, keys: Iterable[bytes]) -> None:
        """Read ahead the records of keys that are not known yet, in one go."""
        missing = sorted(key for key in keys if key not in self._known)
        if missing:
            values = self._store.get_many([self._prefix + key for key in missing])
            for key, data in zip(missing, values, strict=True):
                self._known[key] = None if data is None else self._decoder.decode(data)

    def take_changes(self) -> dict[bytes, bytes | None]:
        changes: dict[bytes, bytes | None] = {}
        for key in self._changed:
            record = self._known[key]
            changes[self._prefix + key] = None if record is None else _encoder.encode(record)
        self._changed = {}
        if len(self._known) > _MOST_CACHED:
            self._known = {}
        return changes


class PartitionState:
    """Implements the protocols of gathering and of matching, and remembers which events were counted.

    These are :class:`identity.gathering.Graph` and :class:`identity.matching.placing.Placings`.

    Changes are seen at once by whoever reads here, and are durable once what :meth:`take_changes` returned is. After a
    failed commit the state is ahead of the store: throw it away and open the partition anew.
    """

    def __init__(self, store: Readable) -> None:
        self._store = store
        self._nodes = _Table(store, _NODE, Node)
        self._gatherings = _Table(store, _GATHERING, Gathering)
        self._policy = _Table(store, _POLICY, PolicyInForce)
        self._placings = _Table(store, _PLACING, Placing)
        self._clock = _Table(store, _CLOCK, int)
        self._folding = _Table(store, _FOLDING, bytes)
        self._dues: dict[bytes, bytes | None] = {}
        self._blocks = Blocks(store)
        self._fragments: dict[bytes, bytes | None] = {}
        self._events: dict[bytes, None] = {}

    def node(self, node: NodeId) -> Node | None:
        """See :meth:`identity.gathering.Graph.node`."""
        return self._nodes.get(node)

    def put_node(self, node: NodeId, state: Node) -> None:
        """See :meth:`identity.gathering.Graph.put_node`."""
        self._nodes.put(node, state)

    def load_nodes(self, nodes: Iterable[bytes]) -> None:
        """Read nodes ahead that are about to be asked for."""
        self._nodes.load(nodes)

    def gathering(self, owner: NodeId) -> Gathering | None:
        """See :meth:`identity.gathering.Graph.gathering`."""
        return self._gatherings.get(owner)

    def put_gathering(self, owner: NodeId, state: Gathering) -> None:
        """See :meth:`identity.gathering.Graph.put_gathering`."""
        self._gatherings.put(owner, state)

    def drop_gathering(self, owner: NodeId) -> None:
        """See :meth:`identity.gathering.Graph.drop_gathering`."""
        gathering = self._gatherings.get(owner)
        if gathering is not None:
            self.schedule(owner, gathering.due, 0)
            for member in gathering.members:
                if member != owner:
                    self._fragments[owner + member] = None
        self._gatherings.put(owner, None)

    def fragment(self, owner: NodeId, member: NodeId) -> bytes:
        """See :meth:`identity.gathering.Graph.fragment`."""
        if owner == member:
            node = self._nodes.get(member)
            return node.fragment if node else b""
        key = owner + member
        if key in self._fragments:
            return self._fragments[key] or b""
        return self._store.get(_FRAGMENT + key) or b""

    def put_fragment(self, owner: NodeId, member: NodeId, fragment: bytes) -> None:
        """See :meth:`identity.gathering.Graph.put_fragment`."""
        if owner != member:
            self._fragments[owner + member] = fragment

    def unseen(self, events: list[bytes]) -> set[bytes]:
        """Return those of the event keys that were not counted yet."""
        asked = [key for key in dict.fromkeys(events) if key not in self._events]
        values = self._store.get_many([_EVENT + key for key in asked])
        return {key for key, value in zip(asked, values, strict=True) if value is None}

    def count_event(self, event: bytes) -> None:
        """Remember an event as counted."""
        self._events[event] = None

    def policy(self) -> PolicyInForce | None:
        """Return the policy in force, None where none was ever applied."""
        return self._policy.get(b"")

    def put_policy(self, policy: PolicyInForce) -> None:
        """Keep the policy in force."""
        self._policy.put(b"", policy)

    def folding(self) -> bytes | None:
        """Return the version of the traits that fragments here are folded by; None where there are none yet."""
        return self._folding.get(b"")

    def put_folding(self, version: bytes) -> None:
        """Keep the version of the traits."""
        self._folding.put(b"", version)

    def clock(self) -> int | None:
        """Return what time it was told to be, milliseconds since 1970 UTC; None where it never was."""
        return self._clock.get(b"")

    def put_clock(self, at: int) -> None:
        """Keep what time it is."""
        self._clock.put(b"", at)

    def schedule(self, owner: NodeId, before: int, due: int) -> None:
        """Keep when a gathering is due, and was until now; 0 is never."""
        if before != due:
            if before:
                self._dues[_due_key(before, owner)] = None
            if due:
                self._dues[_due_key(due, owner)] = b""

    def due(self, clock: int, most: int) -> list[NodeId]:
        """Return the owners whose gatherings were due up to a time at the last commit, the longest due first."""
        keys = self._store.keys_after(_DUE, most)
        last = _due_key(clock + 1, NodeId(b""))
        return [NodeId(key[len(last) :]) for key in keys if key.startswith(_DUE) and key < last]

    def nodes_after(self, stage: Stage, node: bytes, most: int) -> list[NodeId]:
        """Return the next nodes that a stage goes through, in order of their ids, as they were at the last commit."""
        prefix = _PREFIXES[stage]
        keys = self._store.keys_after(prefix + node, most)
        return [NodeId(key[1:]) for key in keys if key.startswith(prefix)]

    def placing(self, node: NodeId) -> Placing | None:
        """See :meth:`identity.matching.placing.Placings.placing`."""
        return self._placings.get(node)

    def load_placings(self, nodes: Iterable[NodeId]) -> None:
        """See :meth:`identity.matching.placing.Placings.load_placings`."""
        self._placings.load(nodes)

    def put_placing(self, node: NodeId, placing: Placing) -> None:
        """See :meth:`identity.matching.placing.Placings.put_placing`."""
        self._placings.put(node, placing)

    def enter(self, block: bytes, node: NodeId) -> int:
        """See :meth:`identity.matching.placing.Placings.enter`."""
        return self._blocks.enter(block, node)

    def leave(self, block: bytes, node: NodeId) -> int:
        """See :meth:`identity.matching.placing.Placings.leave`."""
        return self._blocks.leave(block, node)

    def count(self, block: bytes) -> int:
        """See :meth:`identity.matching.placing.Placings.count`."""
        return self._blocks.count(block)

    def inside(self, block: bytes) -> Collection[NodeId]:
        """See :meth:`identity.matching.placing.Placings.inside`."""
        return self._blocks.inside(block)

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Return every key and value changed since the last call; None is a deletion."""
        changes = self._nodes.take_changes()
        changes.update(self._gatherings.take_changes())
        changes.update(self._policy.take_changes())
        changes.update(self._placings.take_changes())
        changes.update(self._blocks.take_changes())
        changes.update(self._clock.take_changes())
        changes.update(self._folding.take_changes())
        changes.update(self._dues)
        self._dues = {}
        for key, fragment in self._fragments.items():
            changes[_FRAGMENT + key] = fragment
        for event in self._events:
            changes[_EVENT + event] = b""
        self._fragments = {}
        self._events = {}
        return changes


def _due_key(due: int, owner: NodeId) -> bytes:
    return _DUE + due.to_bytes(_DUE_BYTES, "big") + owner
