"""Whose an identifier may be though it is not: of those who were seen with it and lost it, to others or to nobody."""

from collections.abc import Iterator, Mapping

from identity.graph import Member, RulingKind
from identity.nodes import NodeId
from identity.resolution import Verdict
from identity.told import last_known_verdict

CONTESTED: frozenset[Verdict] = frozenset(
    {"ambiguous_identifier", "limit_per_person", "unlike_records", "device_alone", "decided_apart"}
)
"""Verdicts on a link by which its weaker end may still be of the person at the other one."""


def claimed_by(members: Mapping[NodeId, Member], node: NodeId) -> Iterator[NodeId]:
    """Yield the members that a node was seen with as its own and that are not its person's, as was told last.

    Not those of which a steward decided that they are not.
    """
    return (other for other in members[node].verdicts if other in members and _claims(members, node, other))


def claimants(members: Mapping[NodeId, Member], node: NodeId) -> Iterator[NodeId]:
    """Yield the members by which a node is claimed."""
    return (anchor for anchor in members[node].card.neighbours if anchor in members and _claims(members, anchor, node))


def _claims(members: Mapping[NodeId, Member], anchor: NodeId, node: NodeId) -> bool:
    number = members[anchor].verdicts.get(node)
    if number is None or last_known_verdict(number) not in CONTESTED:
        return False
    rulings = members[anchor].card.rulings.get(node), members[node].card.rulings.get(anchor)
    newest = max((ruling for ruling in rulings if ruling is not None), default=None)
    return newest is None or newest.kind is not RulingKind.APART
