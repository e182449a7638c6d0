"""Which records are alike, found block by block in every partition, with messages in no particular order.

A node's record is placed in its blocks, wherever their partitions are. Each partition compares the records that share
one of its blocks, unless that block is over the cap, and tells each of the two nodes all that it finds alike to it. A
placing is newer than another one of the node by its version, so what a partition finds in the end is a function of the
newest records alone: a record that was replaced leaves its old blocks, a block that crosses the cap takes back what
only it found, and one that falls to the cap brings it again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from itertools import combinations
from typing import Protocol

import msgspec

from identity.graph import Alike, Placed
from identity.matching.blocks import block_keys
from identity.matching.likeness import Likeness, least_centibits
from identity.matching.records import decode_record
from identity.nodes import NodeId
from identity.policy import Matching

_RECORDS = 5_000


class Placing(msgspec.Struct, array_like=True):
    """A node's record in the blocks of one partition.

    Attributes:
        version: of the newest placing.
        record: encoded; empty where the node takes part no more.
        blocks: of this partition.
        told: how many times the node was told what is alike to it.
        alike: what it was told last.
    """

    version: int
    record: bytes
    blocks: list[bytes]
    told: int = 0
    alike: dict[NodeId, int] = {}


class Placings(Protocol):
    """The blocks of one partition. Objects handed out are changed only by putting them back."""

    def placing(self, node: NodeId) -> Placing | None:
        """Return a node's newest placing, None where it never had one."""

    def load_placings(self, nodes: Iterable[NodeId]) -> None:
        """Read ahead the placings of nodes that are about to be asked for."""

    def put_placing(self, node: NodeId, placing: Placing) -> None:
        """Keep a placing."""

    def enter(self, block: bytes, node: NodeId) -> int:
        """Put a node into a block it is not in, and return how many are in it then."""

    def leave(self, block: bytes, node: NodeId) -> int:
        """Take a node out of a block it is in, and return how many are in it then."""

    def count(self, block: bytes) -> int:
        """Return how many nodes are in a block."""

    def inside(self, block: bytes) -> Collection[NodeId]:
        """Return the nodes in a block; takes time in proportion to them."""


class Matcher:
    """Finds records that are alike in the blocks of one partition.

    Args:
        placings: of the partition.
        matching: the cap and the threshold; None: nothing is alike.
        likeness: by the policy's model.
        key: secret of the blocks' names, up to 64 bytes.
        place: the partition of a block or a node.
        number: of this partition.
    """

    def __init__(
        self,
        placings: Placings,
        matching: Matching | None,
        likeness: Likeness,
        key: bytes,
        place: Callable[[NodeId], int],
        number: int,
    ) -> None:
        self._placings = placings
        self._cap = matching.block_cap if matching else 0
        self._least = least_centibits(matching.suggest) if matching else 0
        self._likeness = likeness
        self._place = place
        self._number = number
        self._blocks = lru_cache(_RECORDS)(lambda record: block_keys(decode_record(record), key))

    def placed(self, node: NodeId, version: int, past: bytes, record: bytes) -> Iterator[Placed]:
        """Yield what to tell the blocks when a node's record takes the place of a past one; either may be empty."""
        by_partition: dict[int, list[bytes]] = {}
        addressees: dict[int, NodeId] = {}
        for block in self._blocks(record) if record else ():
            partition = self._place(NodeId(block))
            by_partition.setdefault(partition, []).append(block)
            addressees.setdefault(partition, NodeId(block))
        for block in self._blocks(past) if past else ():
            addressees.setdefault(self._place(NodeId(block)), NodeId(block))
        for partition, addressee in addressees.items():
            blocks = by_partition.get(partition, [])
            yield Placed(addressee, node, version, record if blocks else b"", blocks)

    def receive(self, message: Placed) -> Iterable[Alike]:
        """Take a placing and return what to tell the nodes that it concerns."""
        node, placings = message.node, self._placings
        known = placings.placing(node) or Placing(0, b"", [])
        if message.version <= known.version:
            return ()
        placings.put_placing(node, Placing(message.version, message.record, message.blocks, known.told, known.alike))
        pairs: dict[tuple[NodeId, NodeId], None] = {}
        for block in known.blocks:
            if block not in message.blocks and placings.leave(block, node) == self._cap:
                pairs.update(dict.fromkeys(combinations(sorted(placings.inside(block)), 2)))
        for block in message.blocks:
            if block not in known.blocks and placings.enter(block, node) == self._cap + 1:
                pairs.update(dict.fromkeys(self._told_inside(block)))
        pairs.update(dict.fromkeys(self._pairs_of(node)))
        return self._news(pairs)

    def revisit(self, node: NodeId) -> Iterable[Alike]:
        """Compare a node anew with those of larger ids, under another policy than before; visit every node."""
        return self._news(dict.fromkeys(pair for pair in self._pairs_of(node) if pair[0] == node))

    def _pairs_of(self, node: NodeId) -> Iterator[tuple[NodeId, NodeId]]:
        """Yield a node's pairs: those it was told of, and those that meet in a block now."""
        placing = self._placings.placing(node)
        if placing is None:
            return
        others = set(placing.alike)
        for block in placing.blocks:
            if 1 < self._placings.count(block) <= self._cap:
                others.update(self._placings.inside(block))
        others.discard(node)
        yield from ((min(node, other), max(node, other)) for other in sorted(others))

    def _told_inside(self, block: bytes) -> Iterator[tuple[NodeId, NodeId]]:
        """Yield the pairs of a block that were told of."""
        inside = self._placings.inside(block)
        for node in sorted(inside):
            placing = self._placings.placing(node)
            if placing is not None:
                yield from ((node, other) for other in placing.alike if other in inside and node < other)

    def _news(self, pairs: Collection[tuple[NodeId, NodeId]]) -> list[Alike]:
        self._placings.load_placings({node for pair in pairs for node in pair})
        changed: dict[NodeId, dict[NodeId, int]] = {}
        for one, other in pairs:
            left, right = self._placings.placing(one), self._placings.placing(other)
            found = self._compared(left, right)
            for near, far, placing in ((one, other, left), (other, one, right)):
                alike = changed.get(near)
                told = alike if alike is not None else placing.alike if placing else {}
                if told.get(far) == found:
                    continue
                if alike is None:
                    alike = changed[near] = dict(told)
                if found is None:
                    del alike[far]
                else:
                    alike[far] = found
        return [self._tell(node, alike) for node, alike in changed.items()]

    def _tell(self, node: NodeId, alike: dict[NodeId, int]) -> Alike:
        placing = self._placings.placing(node) or Placing(0, b"", [])
        told = placing.told + 1
        self._placings.put_placing(node, Placing(placing.version, placing.record, placing.blocks, told, alike))
        return Alike(node, self._number, told, alike)

    def _compared(self, left: Placing | None, right: Placing | None) -> int | None:
        """Return how alike two nodes are; None where they meet in no block here, or are not alike."""
        if left is None or right is None:
            return None
        if not any(block in right.blocks and self._is_open(block) for block in left.blocks):
            return None
        return self._likeness.at_least(self._least, left.record, right.record)

    def _is_open(self, block: bytes) -> bool:
        return self._placings.count(block) <= self._cap
