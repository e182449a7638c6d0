"""Nodes and gatherings in memory: the gathering protocol in one process, with nothing durable."""

from collections.abc import Iterator

from identity.graph import Gathering, Node
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
