"""Nodes, gatherings and blocks in memory: gathering and matching in one process, with nothing durable."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from identity.graph import Gathering, Node
from identity.matching.placing import Placing
from identity.nodes import NodeId


class MemoryGraph:
    """Implements :class:`identity.gathering.Graph` in dictionaries; fragments are not kept."""

    def __init__(self) -> None:
        self._nodes: dict[NodeId, Node] = {}
        self._gatherings: dict[NodeId, Gathering] = {}

    def node(self, node: NodeId) -> Node | None:
        """See :meth:`identity.gathering.Graph.node`."""
        return self._nodes.get(node)

    def put_node(self, node: NodeId, state: Node) -> None:
        """See :meth:`identity.gathering.Graph.put_node`."""
        self._nodes[node] = state

    def gathering(self, owner: NodeId) -> Gathering | None:
        """See :meth:`identity.gathering.Graph.gathering`."""
        return self._gatherings.get(owner)

    def put_gathering(self, owner: NodeId, state: Gathering) -> None:
        """See :meth:`identity.gathering.Graph.put_gathering`."""
        self._gatherings[owner] = state

    def drop_gathering(self, owner: NodeId) -> None:
        """See :meth:`identity.gathering.Graph.drop_gathering`."""
        self._gatherings.pop(owner, None)

    def fragment(self, owner: NodeId, member: NodeId) -> bytes:  # noqa: ARG002  # the protocol's
        """See :meth:`identity.gathering.Graph.fragment`; always empty."""
        return b""

    def put_fragment(self, owner: NodeId, member: NodeId, fragment: bytes) -> None:
        """See :meth:`identity.gathering.Graph.put_fragment`; forgets it."""

    def gatherings(self) -> Iterator[Gathering]:
        """Yield all gatherings."""
        yield from self._gatherings.values()

    def nodes(self) -> Iterator[NodeId]:
        """Yield all nodes."""
        yield from self._nodes


class MemoryPlacings:
    """Implements :class:`identity.matching.placing.Placings` in dictionaries."""

    def __init__(self) -> None:
        self._placings: dict[NodeId, Placing] = {}
        self._inside: defaultdict[bytes, set[NodeId]] = defaultdict(set)

    def placing(self, node: NodeId) -> Placing | None:
        """See :meth:`identity.matching.placing.Placings.placing`."""
        return self._placings.get(node)

    def load_placings(self, nodes: Iterable[NodeId]) -> None:
        """Nothing is to be read here."""

    def put_placing(self, node: NodeId, placing: Placing) -> None:
        """See :meth:`identity.matching.placing.Placings.put_placing`."""
        self._placings[node] = placing

    def enter(self, block: bytes, node: NodeId) -> int:
        """See :meth:`identity.matching.placing.Placings.enter`."""
        self._inside[block].add(node)
        return len(self._inside[block])

    def leave(self, block: bytes, node: NodeId) -> int:
        """See :meth:`identity.matching.placing.Placings.leave`."""
        self._inside[block].discard(node)
        return len(self._inside[block])

    def count(self, block: bytes) -> int:
        """See :meth:`identity.matching.placing.Placings.count`."""
        return len(self._inside[block])

    def inside(self, block: bytes) -> Collection[NodeId]:
        """See :meth:`identity.matching.placing.Placings.inside`."""
        return self._inside[block]
