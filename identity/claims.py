"""Whose an identifier may be though it is not: of those who were seen with it and lost it, to others or to nobody."""

from collections.abc import Iterator, Mapping

from identity.graph import Member, Ruling, RulingKind
from identity.nodes import NodeId
from identity.resolution import Verdict
from identity.told import last_known_verdict

CONTESTED: frozenset[Verdict] = frozenset(
    {"ambiguous_identifier", "limit_per_person", "unlike_records", "device_alone", "decided_apart"}
)
"""Verdicts on a link by which its weaker end may still be of the person at the other one."""


def claimed(members: Mapping[NodeId, Member], node: NodeId) -> Iterator[NodeId]:
    """Yield the members that a node was seen with as its own and that are not its person's, as was told last.

    Not those of which a steward decided that they are not.
    """
    for other, number in members[node].verdicts.items():
        if other in members and last_known_verdict(number) in CONTESTED and not _are_apart(members, node, other):
            yield other


def claimants(members: Mapping[NodeId, Member], node: NodeId) -> Iterator[NodeId]:
    """Yield the members by which a node is claimed."""
    for anchor in members[node].card.neighbours:
        if anchor in members and node in claimed(members, anchor):
            yield anchor


def _are_apart(members: Mapping[NodeId, Member], one: NodeId, other: NodeId) -> bool:
    rulings = members[one].card.rulings.get(other), members[other].card.rulings.get(one)
    newest = max((ruling for ruling in rulings if ruling is not None), default=Ruling(0, RulingKind.WITHDRAWN))
    return newest.kind is RulingKind.APART
