"""Which nodes are in which blocks of a partition, over the partition store.

A block of few nodes is one record that lists them. One that grew past that is a record of how many there are, and one
more for each node; it stays so until it is empty.
"""

from collections.abc import Collection, Iterator

from identity.matching.blocks import KEY_BYTES
from identity.nodes import NODE_ID_BYTES, NodeId
from streams.store import Readable

_BLOCK = b"b"
_INSIDE = b"i"
_MOST_LISTED = 64
_MOST_CACHED = 10_000
_COUNT_BYTES = 5
"""No number of nodes takes as many bytes, so a count is told from a list by its length."""


class Blocks:
    """The blocks of one partition; changes are seen at once, and are durable once they were taken and written."""

    def __init__(self, store: Readable) -> None:
        self._store = store
        self._listed: dict[bytes, set[NodeId]] = {}
        self._counts: dict[bytes, int] = {}
        self._inside: dict[bytes, dict[NodeId, bool]] = {}
        self._changed: dict[bytes, None] = {}

    def enter(self, block: bytes, node: NodeId) -> int:
        """Put a node into a block it is not in, and return how many are in it then."""
        self._changed[block] = None
        listed = self._list(block)
        if listed is not None and len(listed) < _MOST_LISTED:
            listed.add(node)
            return len(listed)
        if listed is not None:
            self._inside.setdefault(block, {}).update(dict.fromkeys(listed, True))
            self._counts[block] = len(listed)
            del self._listed[block]
        return self._move(block, node, is_inside=True)

    def leave(self, block: bytes, node: NodeId) -> int:
        """Take a node out of a block it is in, and return how many are in it then."""
        self._changed[block] = None
        listed = self._list(block)
        if listed is None:
            return self._move(block, node, is_inside=False)
        listed.discard(node)
        return len(listed)

    def count(self, block: bytes) -> int:
        """Return how many nodes are in a block."""
        listed = self._list(block)
        return self._counts[block] if listed is None else len(listed)

    def inside(self, block: bytes) -> Collection[NodeId]:
        """Return the nodes in a block; takes time in proportion to them."""
        listed = self._list(block)
        if listed is not None:
            return listed
        moved = self._inside.get(block, {})
        keys = self._store.keys_after(_INSIDE + block, self._counts[block] + len(moved))
        found = {NodeId(key[1 + KEY_BYTES :]) for key in keys if key.startswith(_INSIDE + block)}
        found -= {node for node, is_inside in moved.items() if not is_inside}
        return found | {node for node, is_inside in moved.items() if is_inside}

    def take_changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield every key and value changed since the last call; None is a deletion."""
        for block in self._changed:
            listed = self._listed.get(block)
            if listed is None:
                yield _BLOCK + block, self._counts[block].to_bytes(_COUNT_BYTES, "big")
            else:
                yield _BLOCK + block, b"".join(sorted(listed)) or None
        for block, moved in self._inside.items():
            for node, is_inside in moved.items():
                yield _INSIDE + block + node, b"" if is_inside else None
        self._changed, self._inside = {}, {}
        if len(self._listed) + len(self._counts) > _MOST_CACHED:
            self._listed, self._counts = {}, {}

    def _list(self, block: bytes) -> set[NodeId] | None:
        """Return the nodes of a block that lists them; None of a larger one, whose count is known then."""
        listed = self._listed.get(block)
        if listed is not None or block in self._counts:
            return listed
        data = self._store.get(_BLOCK + block) or b""
        if len(data) == _COUNT_BYTES:
            self._counts[block] = int.from_bytes(data, "big")
            return None
        nodes = range(0, len(data), NODE_ID_BYTES)
        listed = self._listed[block] = {NodeId(data[at : at + NODE_ID_BYTES]) for at in nodes}
        return listed

    def _move(self, block: bytes, node: NodeId, *, is_inside: bool) -> int:
        count = self._counts[block] + (1 if is_inside else -1)
        self._inside.setdefault(block, {})[node] = is_inside
        if count:
            self._counts[block] = count
        else:
            del self._counts[block]
            self._listed[block] = set()
        return count
