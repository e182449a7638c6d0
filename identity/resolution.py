"""Who is one person: a pure function of what gathered and the policy.

Links are united in order of strength like Kruskal's edges (J. B. Kruskal, 1956), and a union that would give one
person more identifiers of a type than the policy allows is refused. An identifier pulled by several people with none
dominating (a family tablet) belongs to none of them: its links are taken out and the rest is resolved again. Links of
shared nodes never count. Strength and ties are decided by evidence and identifiers, never by arrival or by node ids,
so the result is the same for any order of events, any partitioning and any key.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from identity.graph import Card, Evidence
from identity.nodes import NodeId
from identity.policy import IdentityPolicy

Verdict = Literal["joined", "shared_identifier", "limit_per_person", "ambiguous_identifier"]
VERDICTS: tuple[Verdict, ...] = ("joined", "shared_identifier", "limit_per_person", "ambiguous_identifier")
"""In the order of the numbers they are stored as; append only."""


class LinkId(NamedTuple):
    """A link: the anchor that holds the evidence, and the other node."""

    anchor: NodeId
    node: NodeId


class Person(NamedTuple):
    """Nodes that are one person.

    Attributes:
        founder: the node seen first by event time; its id is the customer id.
        nodes: all of them, strongest type and then value first.
    """

    founder: NodeId
    nodes: tuple[NodeId, ...]


class Resolution(NamedTuple):
    """The people of a gathering and what became of each link."""

    people: tuple[Person, ...]
    verdicts: Mapping[LinkId, Verdict]


def resolve(cards: Mapping[NodeId, Card], policy: IdentityPolicy) -> Resolution:
    """Decide who is one person.

    Args:
        cards: the gathered nodes; links to nodes that are not among them do not count.
        policy: limits and dominance.

    Returns:
        Every node in exactly one person, people ordered by founder; a verdict for every link between the nodes.
    """
    present = {node: card for node, card in cards.items() if card.type in policy.identifiers}
    if len(present) == 1:
        (only,) = present
        return Resolution((Person(only, (only,)),), _shared_verdicts(present))
    verdicts = _shared_verdicts(present)
    links = _by_strength(present, policy)
    ambiguous: set[NodeId] = set()
    while True:
        usable = [link for link in links if link.anchor not in ambiguous and link.node not in ambiguous]
        groups = _Groups(present, policy)
        refused = [link for link in usable if not groups.unite(link.anchor, link.node)]
        found = _ambiguous(usable, refused, groups, present, policy)
        if not found:
            break
        ambiguous |= found
    taken_out = set(links) - set(usable)
    verdicts.update(dict.fromkeys(links, "joined"))
    verdicts.update(dict.fromkeys(taken_out, "ambiguous_identifier"))
    verdicts.update(dict.fromkeys(refused, "limit_per_person"))
    return Resolution(_people(groups.members(), present, policy), verdicts)


def _shared_verdicts(cards: Mapping[NodeId, Card]) -> dict[LinkId, Verdict]:
    return {
        LinkId(anchor, node): "shared_identifier"
        for anchor, card in cards.items()
        for node, evidence in card.links.items()
        if evidence.far_shared or (node in cards and cards[node].shared)
    }


def _evidence(cards: Mapping[NodeId, Card], link: LinkId) -> Evidence:
    return cards[link.anchor].links[link.node]


def _by_strength(cards: Mapping[NodeId, Card], policy: IdentityPolicy) -> list[LinkId]:
    """Return the usable links, strongest first: by the weaker end's type, the other's, evidence, then identifiers."""
    rules = policy.identifiers

    def strength(link: LinkId) -> tuple[int, int, int, int, str, str, str, str]:
        one, other = cards[link.anchor], cards[link.node]
        ranks = sorted((rules[one.type].rank, rules[other.type].rank), reverse=True)
        evidence = _evidence(cards, link)
        return (
            ranks[0],
            ranks[1],
            -evidence.touches,
            evidence.first.time,
            one.type,
            one.value,
            other.type,
            other.value,
        )

    links = [
        LinkId(anchor, node)
        for anchor, card in cards.items()
        if not card.shared
        for node, evidence in card.links.items()
        if node in cards and not cards[node].shared and not evidence.far_shared
    ]
    return sorted(links, key=strength)


class _Groups:
    """Disjoint sets of nodes that know how many identifiers of each type they hold."""

    def __init__(self, cards: Mapping[NodeId, Card], policy: IdentityPolicy) -> None:
        self._parent = {node: node for node in cards}
        self._types = {node: Counter([card.type]) for node, card in cards.items()}
        self._limits = {name: rule.limit_per_person for name, rule in policy.identifiers.items()}

    def root(self, node: NodeId) -> NodeId:
        parent = self._parent
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    def unite(self, one: NodeId, other: NodeId) -> bool:
        """Make two groups one; return False, and change nothing, where a limit forbids it."""
        left, right = self.root(one), self.root(other)
        if left == right:
            return True
        together = self._types[left] + self._types[right]
        if any(count > self._limits[name] for name, count in together.items()):
            return False
        self._parent[right] = left
        self._types[left] = together
        return True

    def members(self) -> Iterable[list[NodeId]]:
        found: dict[NodeId, list[NodeId]] = {}
        for node in self._parent:
            found.setdefault(self.root(node), []).append(node)
        return found.values()


def _ambiguous(
    usable: Iterable[LinkId],
    refused: Iterable[LinkId],
    groups: _Groups,
    cards: Mapping[NodeId, Card],
    policy: IdentityPolicy,
) -> set[NodeId]:
    """Return the nodes pulled by several people with none dominating.

    A refused link speaks of its weaker end: that end's evidence with its own person is held against the evidence with
    the strongest other one.
    """
    suspects = {_weaker_end(link, cards, policy) for link in refused}
    pulls: dict[NodeId, Counter[NodeId]] = {node: Counter() for node in suspects}
    for link in usable:
        for node, other in ((link.anchor, link.node), (link.node, link.anchor)):
            if node in suspects:
                pulls[node][groups.root(other)] += _evidence(cards, link).touches
    found = set()
    for node, pull in pulls.items():
        own = pull.pop(groups.root(node), 0)
        several = len(pull) > (0 if own else 1)
        if several and own < policy.dominance * max(pull.values()):
            found.add(node)
    return found


def _weaker_end(link: LinkId, cards: Mapping[NodeId, Card], policy: IdentityPolicy) -> NodeId:
    def weakness(node: NodeId) -> tuple[int, str]:
        return policy.identifiers[cards[node].type].rank, cards[node].value

    return max(link, key=weakness)


def _people(groups: Iterable[list[NodeId]], cards: Mapping[NodeId, Card], policy: IdentityPolicy) -> tuple[Person, ...]:
    def strongest_first(node: NodeId) -> tuple[int, str]:
        return policy.identifiers[cards[node].type].rank, cards[node].value

    def earliest_first(node: NodeId) -> tuple[int, int, str]:
        return cards[node].first_seen, *strongest_first(node)

    people = [Person(min(group, key=earliest_first), tuple(sorted(group, key=strongest_first))) for group in groups]
    return tuple(sorted(people, key=lambda person: earliest_first(person.founder)))
