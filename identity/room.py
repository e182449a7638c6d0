"""How many others a node may have, and how much room links take up in a gathering: what likeness brought takes none."""

from collections.abc import Iterable, Mapping

from identity.graph import Card, Member
from identity.nodes import NodeId
from identity.policy import IdentityPolicy


def has_too_many_neighbours(card: Card, policy: IdentityPolicy) -> bool:
    """Whether a node is seen with more others than its type may be; under a newer policy it may not be shared yet."""
    rule = policy.identifiers.get(card.type)
    if rule is None or len(card.links) + len(card.neighbours) <= rule.max_neighbours:
        return False
    return len(card.links.keys() | card.neighbours.keys()) > rule.max_neighbours


def linked_members(members: Mapping[NodeId, Member], newcomer: NodeId, card: Card, least_alike: int) -> int:
    """Return how many members of a gathering share its room with a newcomer: all but those whom likeness brought.

    Those are members that no chain of links or decisions leads to from the newcomer, but that are alike to members of
    another chain. Whoever came for no reason that can be seen yet, since what led here is still on its way, counts.
    Takes time in proportion to the members and, where any are alike, their links.

    Args:
        members: of the gathering.
        newcomer: who asks for room; no member.
        card: the newcomer's.
        least_alike: how alike nodes are that likeness brings together.
    """
    if not any(alike >= least_alike for member in members.values() for alike in member.card.alike.values()):
        return len(members)  # likeness brought nobody, whatever the links are
    cards = {node: member.card for node, member in members.items()} | {newcomer: card}
    chains = _chains(cards)
    counted = 0
    for number, chain in enumerate(_members_of(chains)):
        is_own = chains[newcomer] == number
        if is_own or not _is_brought_by_likeness(chain, cards, chains, least_alike):
            counted += len(chain) - is_own
    return counted


def _chains(cards: Mapping[NodeId, Card]) -> dict[NodeId, int]:
    """Return the number of each node's chain of links and decisions, counted from 0."""
    found: dict[NodeId, int] = {}
    count = 0
    for start in cards:
        if start in found:
            continue
        found[start] = count
        reached = [start]
        while reached:
            card = cards[reached.pop()]
            for other in (*card.links, *card.neighbours, *card.rulings):
                if other in cards and other not in found:
                    found[other] = count
                    reached.append(other)
        count += 1
    return found


def _members_of(chains: Mapping[NodeId, int]) -> list[list[NodeId]]:
    found: list[list[NodeId]] = [[] for _ in set(chains.values())]
    for node, number in chains.items():
        found[number].append(node)
    return found


def _is_brought_by_likeness(
    chain: Iterable[NodeId], cards: Mapping[NodeId, Card], chains: Mapping[NodeId, int], least_alike: int
) -> bool:
    return any(
        alike >= least_alike and chains.get(other, chains[node]) != chains[node]
        for node in chain
        for other, alike in cards[node].alike.items()
    )
