"""Disjoint sets of nodes that become people, and what forbids two of them to become one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from identity.graph import Card
from identity.nodes import NodeId
from identity.policy import IdentityPolicy, Naming

Refusal = Literal["limit", "apart", "unlike", "device"]

_DAY_MS = 24 * 3600 * 1000

_Times = tuple[int, ...]


class Groups:
    """Disjoint sets (B. A. Galler and M. J. Fischer, 1964) that know how many identifiers of each type they hold.

    Args:
        cards: the nodes, at first each a set of its own.
        policy: limits.
        apart: pairs of nodes that may never be in one set.
        are_unlike: whether the records of two sets cannot be one person's.
        naming: what each node counts as; a device or office that is nobody's stays apart from people as a person does.
    """

    def __init__(
        self,
        cards: Mapping[NodeId, Card],
        policy: IdentityPolicy,
        apart: Sequence[tuple[NodeId, NodeId]],
        are_unlike: Callable[[Sequence[bytes], Sequence[bytes]], bool],
        naming: Mapping[NodeId, Naming],
    ) -> None:
        self._rules = policy.identifiers
        self._parent = {node: node for node in cards}
        self._times: dict[NodeId, dict[str, _Times]] = {
            node: {card.type: (card.first_seen,)} for node, card in cards.items()
        }
        self._apart = apart
        self._records = {node: [card.record] for node, card in cards.items() if card.record}
        self._are_unlike = are_unlike
        self._naming = dict(naming)

    def root(self, node: NodeId) -> NodeId:
        """Return what stands for a node's set."""
        parent = self._parent
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    def naming(self, root: NodeId) -> Naming:
        """Return the most that anything in a set, by what stands for it, counts as."""
        return self._naming[root]

    def bond(self, one: NodeId, other: NodeId) -> Refusal | None:
        """Make two sets one whatever the limits; return why not, and change nothing, where they must stay apart."""
        left, right = self.root(one), self.root(other)
        if left == right:
            return None
        if self.must_stay_apart(left, right):
            return "apart"
        self._merge(left, right)
        return None

    def must_stay_apart(self, one: NodeId, other: NodeId) -> bool:
        """Whether a decision forbids the sets of two nodes to become one."""
        roots = {self.root(one), self.root(other)}
        return any({self.root(near), self.root(far)} == roots for near, far in self._apart)

    def unite(self, one: NodeId, other: NodeId) -> Refusal | None:
        """Make two sets one; return why not, and change nothing, where a limit, a decision or records forbid it.

        A limit that a decision exceeded already forbids only what would exceed it further.
        """
        left, right = self.root(one), self.root(other)
        records = self._records.get(left), self._records.get(right)
        if left != right and records[0] and records[1] and self._are_unlike(records[0], records[1]):
            return "apart" if self.must_stay_apart(left, right) else "unlike"
        return self.unite_alike(one, other)

    def unite_by(self, means: Naming, one: NodeId, other: NodeId) -> Refusal | None:
        """Do the same along a link with an end that names but this much: it makes one of no two that name more."""
        left, right = self.root(one), self.root(other)
        if left == right:
            return None
        if min(self._naming[left], self._naming[right]) > means:
            return "apart" if self.must_stay_apart(left, right) else "device"
        return self.unite_alike(one, other)

    def unite_alike(self, one: NodeId, other: NodeId) -> Refusal | None:
        """Do the same for sets whose records were found to be one person's."""
        refusal = self.refusal(one, other)
        left, right = self.root(one), self.root(other)
        if refusal is None and left != right:
            self._merge(left, right)
        return refusal

    def refusal(self, one: NodeId, other: NodeId) -> Refusal | None:
        """Return why a limit or a decision forbids two sets to become one; None where neither does, or they are one."""
        left, right = self.root(one), self.root(other)
        if left == right:
            return None
        if self.must_stay_apart(left, right):
            return "apart"
        times = self._times[left]
        for name, added in self._times[right].items():
            present = times.get(name)
            if present and self._exceeds(name, present, added):
                return "limit"
        return None

    def members(self) -> Iterable[list[NodeId]]:
        """Return the sets."""
        found: dict[NodeId, list[NodeId]] = {}
        for node in self._parent:
            found.setdefault(self.root(node), []).append(node)
        return found.values()

    def _exceeds(self, name: str, present: _Times, added: _Times) -> bool:
        rule = self._rules[name]
        together = most_within((*present, *added), rule.limit_days)
        return together > rule.limit_per_person and together > max(
            most_within(present, rule.limit_days), most_within(added, rule.limit_days)
        )

    def _merge(self, left: NodeId, right: NodeId) -> None:
        times = self._times[left]
        for name, added in self._times.pop(right).items():
            times[name] = (*times.get(name, ()), *added)
        if right in self._records:
            self._records[left] = [*self._records.get(left, ()), *self._records.pop(right)]
        self._naming[left] = max(self._naming[left], self._naming.pop(right))
        self._parent[right] = left


def most_within(times: _Times, days: int | None) -> int:
    """Return how many of the times lie within so many days of each other at most; all of them where days is None."""
    if days is None or len(times) == 1:
        return len(times)
    ordered = sorted(times)
    start = most = 0
    for end, time in enumerate(ordered):
        while time - ordered[start] > days * _DAY_MS:
            start += 1
        most = max(most, end - start + 1)
    return most
