"""Crowds: so many identifiers hang together by likeness that it tells nothing, and unites none of them.

Identifiers that links and joining decisions hold together, whether these unite them or not, are a *chain*; a shared
identifier is one by itself. Chains that hang together by pairs alike enough to be one person are a *piece*. A piece of
several chains and more than :data:`MOST_ALIKE` identifiers is a *crowd*: no likeness between two of its chains counts.
That is a function of the identifiers, their links, decisions and records, so it knows no order, and nobody is in a
crowd any more once records or links that held it together are gone.

What gathers at one owner may be but a part of a piece. A part that is larger than :data:`MOST_ALIKE` by itself is
*full*: it is of a crowd whatever else there is, and says so to all who gather elsewhere and are alike to one in it. Of
two parts that are not full one always joins the other. So a part that is not full and was told of no other that is, is
a whole piece. Nobody passes on what they were told: so what is taken back leaves no trace.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from identity.graph import NEVER_SEEN, Card
from identity.nodes import NodeId
from identity.policy import IdentityPolicy
from identity.room import has_too_many_neighbours

MOST_ALIKE = 200
"""Identifiers that may hang together by likeness and be one person's: as many records as are ever linked at once."""

MOST_GATHERED = 1_000
"""Members up to which gatherings join by likeness: what hung together once stays, so there may be more than a piece."""


def must_wait(members: int, awaited: int, brought: int) -> bool:
    """Whether an owner takes in nobody more by likeness until those came that it awaits: together they may be full."""
    return awaited > 0 and members + awaited + brought > MOST_ALIKE


def is_told_full(card: Card, other: NodeId) -> bool:
    """Whether a node was told last that what another one gathers with is full."""
    return card.crowds.get(other, 0) % 2 == 1


def full_parts(cards: Mapping[NodeId, Card], policy: IdentityPolicy, least_alike: int) -> set[NodeId]:
    """Return who is in a part of a gathering that is full.

    Args:
        cards: of all that gathered.
        policy: says who is shared.
        least_alike: how alike nodes are that may be one person.
    """
    if len(cards) <= MOST_ALIKE or not _any_alike(cards, least_alike):
        return set()
    parts = _parts(_Chains(cards, policy), cards, least_alike)
    return {node for part in parts if len(part) > MOST_ALIKE for node in part}


def crowds(cards: Mapping[NodeId, Card], policy: IdentityPolicy, least_alike: int) -> dict[NodeId, NodeId]:
    """Return what stands for the chain of each node in a crowd, as far as its gathering knows; the same arguments."""
    is_large = len(cards) > MOST_ALIKE and _any_alike(cards, least_alike)
    if not is_large and not any(_told_full(cards, cards, least_alike)):
        return {}
    chains = _Chains(cards, policy)
    found: dict[NodeId, NodeId] = {}
    for part in _parts(chains, cards, least_alike):
        if len(part) > MOST_ALIKE or any(_told_full(part, cards, least_alike)):
            found.update((node, chains.root(node)) for node in part)
    return found


class _Chains:
    """Disjoint sets of nodes; at first those that links and joining decisions hold together."""

    def __init__(self, cards: Mapping[NodeId, Card], policy: IdentityPolicy) -> None:
        self.nodes = [node for node, card in cards.items() if card.type and card.first_seen < NEVER_SEEN]
        self._parent = {node: node for node in self.nodes}
        apart = {node for node in self.nodes if cards[node].shared or has_too_many_neighbours(cards[node], policy)}
        for node in self.nodes:
            card = cards[node]
            for other, ruling in card.rulings.items():
                if ruling.kind.joins:
                    self.unite(node, other)
            if node in apart:
                continue
            for other, evidence in card.links.items():
                if not evidence.far_shared and other not in apart:
                    self.unite(node, other)

    def unite(self, one: NodeId, other: NodeId) -> None:
        """Make two sets one; who is not here is no matter."""
        if other in self._parent:
            left, right = sorted((self.root(one), self.root(other)))
            self._parent[right] = left

    def root(self, node: NodeId) -> NodeId:
        """Return what stands for a node's set."""
        parent = self._parent
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node


def _parts(chains: _Chains, cards: Mapping[NodeId, Card], least_alike: int) -> Collection[list[NodeId]]:
    """Return the parts of pieces that are here."""
    parent = {node: chains.root(node) for node in chains.nodes}
    whole: dict[NodeId, NodeId] = {root: root for root in parent.values()}

    def root(node: NodeId) -> NodeId:
        while whole[node] != node:
            whole[node] = node = whole[whole[node]]
        return node

    for node in chains.nodes:
        for other, found in cards[node].alike.items():
            if found >= least_alike and other in parent:
                whole[root(parent[other])] = root(parent[node])
    parts: dict[NodeId, list[NodeId]] = {}
    for node, chain in parent.items():
        parts.setdefault(root(chain), []).append(node)
    return parts.values()


def _any_alike(cards: Mapping[NodeId, Card], least_alike: int) -> bool:
    return any(found >= least_alike for card in cards.values() for found in card.alike.values())


def _told_full(nodes: Iterable[NodeId], cards: Mapping[NodeId, Card], least_alike: int) -> Iterator[bool]:
    """Yield for each pair with one who gathers elsewhere whether a node of these was told that it is full there."""
    for node in nodes:
        card = cards[node]
        for other in card.crowds:
            yield other not in cards and card.alike.get(other, 0) >= least_alike and is_told_full(card, other)
