"""Who is one person: a pure function of what gathered and the policy.

What a steward decided comes first. Then links are united in order of strength like Kruskal's edges (J. B. Kruskal,
1956), and a union that would give one person more identifiers of a type than the policy allows, or that a steward
forbids, is refused. So is one by which a device or an office's mailbox alone, which name nobody, would make one person
of two. An identifier pulled by several people belongs to the one that dominates, or to none of them (a family tablet):
its other links are taken out and the rest is resolved again. Links of shared and blocked nodes never count. Strength
and ties are decided by evidence and identifiers, never by arrival or by node ids, so the result is the same for any
order of events, any partitioning and any key.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple, get_args

from identity.crowds import crowds
from identity.graph import NEVER_SEEN, Card, Evidence, Ruling, RulingKind, merge_rulings
from identity.matched import Matched
from identity.matching.likeness import Likeness, least_centibits
from identity.nodes import NodeId
from identity.people import Groups, Refusal
from identity.policy import IdentityPolicy, Naming
from identity.room import has_too_many_neighbours

Verdict = Literal[
    "joined",
    "shared_identifier",
    "limit_per_person",
    "ambiguous_identifier",
    "blocked_identifier",
    "decided_apart",
    "decided_together",
    "contradicting_decision",
    "withdrawn",
    "unlike_records",
    "matched",
    "suggested",
    "suggested_past_limit",
    "device_alone",
    "too_many_alike",
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""In the order of the numbers they are stored as; append only."""


class LinkId(NamedTuple):
    """A link: the anchor that holds the evidence, and the other node; of a mere decision, the stronger node first."""

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
    """The people of a gathering and what became of each link.

    Attributes:
        people: ordered by founder.
        verdicts: of each link and decision between the nodes, and of each pair of like records.
        alike: how alike the records of such a pair, decided on or not, are in hundredths of a bit of log odds.
    """

    people: tuple[Person, ...]
    verdicts: Mapping[LinkId, Verdict]
    alike: Mapping[LinkId, int] = {}


def resolve(cards: Mapping[NodeId, Card], policy: IdentityPolicy, likeness: Likeness | None = None) -> Resolution:
    """Decide who is one person.

    Args:
        cards: the gathered nodes; links to nodes that are not among them do not count.
        policy: limits and dominance, and thresholds of matching.
        likeness: by the policy's model; None: records do not count.

    Returns:
        Every node that was ever seen in exactly one person, people ordered by founder; a verdict for every link and
        decision between the nodes.
    """
    present = {
        node: card for node, card in cards.items() if card.type in policy.identifiers and card.first_seen < NEVER_SEEN
    }
    matched = None
    if likeness and policy.matching:
        crowd = crowds(present, policy, least_centibits(policy.matching.unite))
        matched = Matched(present, policy.matching, likeness, crowd)
    if len(present) == 1:
        (only,) = present
        alike = {LinkId(*pair): found for pair, found in matched.suggestions().items()} if matched else {}
        verdicts = {link: _of_a_crowd(matched, link) or _SUGGESTED for link in alike} | _out_verdicts(present, policy)
        return Resolution((Person(only, (only,)),), verdicts, alike)
    return _Resolving(present, policy, matched).resolve()


class _Resolving:
    """One resolution, step by step."""

    def __init__(self, cards: Mapping[NodeId, Card], policy: IdentityPolicy, matched: Matched | None) -> None:
        self._cards = cards
        self._policy = policy
        self._matched = matched
        self._verdicts = _out_verdicts(cards, policy)
        self._naming = {node: policy.naming(card.type, card.value) for node, card in cards.items()}
        made = {pair: ruling for pair, ruling in _rulings(cards) if ruling.kind is not RulingKind.WITHDRAWN}
        blocked = {node for node, card in cards.items() if card.block.blocked}
        self._blocked = [pair for pair in made if not blocked.isdisjoint(pair)]
        usable = {pair: ruling for pair, ruling in made.items() if blocked.isdisjoint(pair)}
        self._bonds = sorted(
            (pair for pair, ruling in usable.items() if ruling.kind.joins),
            key=lambda pair: (usable[pair].made_at, *self._names(pair)),
        )
        bonded = {frozenset(pair) for pair in self._bonds}
        self._apart = [pair for pair, ruling in usable.items() if ruling.kind is RulingKind.APART]
        self._links = sorted(
            (link for link in _links(cards) if link not in self._verdicts and frozenset(link) not in bonded),
            key=self._strength,
        )
        self._named = {node for link in self._links for node, other in _both_ways(link) if self._tells(other, node)}
        """Those that were seen with what tells whose they are: it alone does."""
        self._nobodys: set[NodeId] = set()

    def resolve(self) -> Resolution:
        """Return people and verdicts."""
        taken_out: dict[LinkId, Verdict] = {}
        settled: set[NodeId] = set()
        while True:
            usable = [link for link in self._links if link not in taken_out]
            groups, refused = self._united(usable)
            suspects = {self._suspect(link) for link in refused} - settled
            suspects -= {node for bond in self._bonds for node in bond}
            if not suspects:
                break
            strongest = min(self._rank(node) for node in suspects)
            suspects = {node for node in suspects if self._rank(node) == strongest}
            settled |= suspects
            taken_out.update(self._not_theirs(suspects, usable, refused))
        self._verdicts.update(dict.fromkeys(self._links, "joined"))
        self._verdicts.update(taken_out)
        self._verdicts.update(refused)
        alike = self._match(groups)
        for link, verdict in self._verdicts.items():
            if verdict in _OUTDONE and groups.root(link.anchor) == groups.root(link.node):
                self._verdicts[link] = "joined"
        decided = dict(self._decided(groups))
        self._verdicts.update(decided)
        alike |= {link: found for link in decided if (found := self._alike(link)) is not None}
        return Resolution(_people(groups.members(), self._cards, self._policy), self._verdicts, alike)

    def _match(self, groups: Groups) -> dict[LinkId, int]:
        """Unite people with like records; return how alike those are that no link or decision says more of."""
        if self._matched is None:
            return {}
        self._matched.unite(groups)
        self._look_again(groups)
        bonded = {frozenset(bond) for bond in self._bonds}
        alike: dict[LinkId, int] = {}
        for (one, other), found, is_one_person in self._matched.verdicts(groups):
            link, pair = LinkId(one, other), frozenset((one, other))
            if link not in self._verdicts and LinkId(other, one) not in self._verdicts and pair not in bonded:
                alike[link] = found
                self._verdicts[link] = "matched" if is_one_person else self._suggested(groups, link, found)
        return alike

    def _suggested(self, groups: Groups, link: LinkId, found: int) -> Verdict:
        """Say what suggests a pair; of what is not alike enough to gather for that, a limit is no matter."""
        if (verdict := _of_a_crowd(self._matched, link)) is not None:
            return verdict
        matching = self._policy.matching
        is_enough = matching is not None and found >= least_centibits(matching.unite)
        gathered = link.anchor in self._cards and link.node in self._cards
        if is_enough and gathered and groups.refusal(*link) == "limit":
            return "suggested_past_limit"
        return _SUGGESTED

    def _alike(self, link: LinkId) -> int | None:
        return None if self._matched is None else self._matched.alike(*link)

    def _united(self, usable: Iterable[LinkId]) -> tuple[Groups, dict[LinkId, Verdict]]:
        """Unite along bonds and links; return the groups and why which links were refused."""
        naming = self._naming | dict.fromkeys(self._nobodys, Naming.PERSON)
        groups = Groups(self._cards, self._policy, self._apart, self._are_unlike, naming)
        for bond in self._bonds:
            groups.bond(*bond)
        refused: dict[LinkId, Verdict] = {}
        for link in usable:
            means = min(self._naming[link.anchor], self._naming[link.node])
            unite = groups.unite if means == Naming.PERSON else partial(groups.unite_by, means)
            refusal = unite(link.anchor, link.node)
            if refusal is not None:
                refused[link] = _VERDICT_OF[refusal]
        return groups, refused

    def _are_unlike(self, left: Sequence[bytes], right: Sequence[bytes]) -> bool:
        return self._matched is not None and self._matched.are_unlike(left, right)

    def _not_theirs(
        self, suspects: set[NodeId], usable: list[LinkId], refused: Mapping[LinkId, Verdict]
    ) -> dict[LinkId, Verdict]:
        """Return the links of suspects to those people whom they do not belong to; things may be nobody's from now on.

        The people are those without the suspects.
        """
        groups, _ = self._united([link for link in usable if suspects.isdisjoint(link)])
        found: dict[LinkId, Verdict] = {}
        for node, links in self._links_of(suspects, usable).items():
            pull = self._pull(groups, node, links)
            if len(pull) < _SEVERAL:
                continue
            owner = self._dominating(pull)
            is_person = self._naming[node] == Naming.PERSON
            if owner is None and not is_person:
                self._nobodys.add(node)
            lost: Verdict = "limit_per_person" if is_person else "device_alone"
            for link, root in self._to_people(groups, node, links):
                if root != owner:
                    found[link] = "ambiguous_identifier" if owner is None else refused.get(link, lost)
        return found

    def _look_again(self, groups: Groups) -> None:
        """Give what was nobody's to those whom likeness made one person, where they dominate together."""
        links_of = self._links_of(self._nobodys, self._links)
        for node in sorted(self._nobodys, key=self._weakness):
            owner = self._dominating(self._pull(groups, node, links_of[node]))
            if owner is None or groups.unite_alike(node, owner) is not None:
                continue
            for link, root in self._to_people(groups, node, links_of[node]):
                if root != groups.root(node):
                    self._verdicts[link] = "device_alone"

    def _pull(self, groups: Groups, node: NodeId, links: Iterable[LinkId]) -> Counter[NodeId]:
        """Return how often a node was seen with each person."""
        pull: Counter[NodeId] = Counter()
        for link, root in self._to_people(groups, node, links):
            pull[root] += self._evidence(link).touches
        return pull

    def _dominating(self, pull: Counter[NodeId]) -> NodeId | None:
        """Return the person whom an identifier belongs to, None where nobody dominates the next."""
        (top, most), (_, next_most) = (*pull.most_common(2), (None, 0), (None, 0))[:2]
        return top if most > next_most and most >= self._policy.dominance * next_most else None

    def _links_of(self, nodes: Collection[NodeId], links: Iterable[LinkId]) -> dict[NodeId, list[LinkId]]:
        """Return the links of each node to any that is not among them."""
        found: dict[NodeId, list[LinkId]] = {node: [] for node in nodes}
        for link in links:
            for node, other in _both_ways(link):
                if node in found and other not in found:
                    found[node].append(link)
        return found

    def _to_people(self, groups: Groups, node: NodeId, links: Iterable[LinkId]) -> Iterator[tuple[LinkId, NodeId]]:
        """Yield those links of a node by which people pull at it, and what stands for each.

        Not whom it must stay apart from; and not by way of a device where it was seen with people themselves.
        """
        for link in links:
            other = link.node if link.anchor == node else link.anchor
            root = groups.root(other)
            counts = self._tells(other, node) or node not in self._named
            if counts and groups.naming(root) > self._least(node) and not groups.must_stay_apart(node, other):
                yield link, root

    def _decided(self, groups: Groups) -> Iterator[tuple[LinkId, Verdict]]:
        """Yield what became of the decisions that were not withdrawn."""
        for one, other in self._bonds:
            holds = groups.root(one) == groups.root(other)
            yield self._decision_id(one, other), "decided_together" if holds else "contradicting_decision"
        for one, other in self._apart:
            yield self._decision_id(one, other), "decided_apart"
        for one, other in self._blocked:
            yield self._decision_id(one, other), "blocked_identifier"

    def _decision_id(self, one: NodeId, other: NodeId) -> LinkId:
        """Return the link a decision is about, or what stands for it where there is none."""
        for link in (LinkId(one, other), LinkId(other, one)):
            if link.node in self._cards[link.anchor].links:
                return link
        return LinkId(*sorted((one, other), key=self._weakness))

    def _evidence(self, link: LinkId) -> Evidence:
        return self._cards[link.anchor].links[link.node]

    def _strength(self, link: LinkId) -> tuple[tuple[int, int], tuple[int, int], int, int, str, str, str, str]:
        """Order links, strongest first: by the weaker end, the other, evidence, then identifiers."""
        one, other = self._cards[link.anchor], self._cards[link.node]
        stronger, weaker = sorted((self._rank(link.anchor), self._rank(link.node)))
        evidence = self._evidence(link)
        return (
            weaker,
            stronger,
            -evidence.touches,
            evidence.first.time,
            one.type,
            one.value,
            other.type,
            other.value,
        )

    def _names(self, pair: Iterable[NodeId]) -> list[tuple[str, str]]:
        return sorted((self._cards[node].type, self._cards[node].value) for node in pair)

    def _suspect(self, link: LinkId) -> NodeId:
        """Return the end that is in question: the weaker one, of two devices rather the one seen with no person."""
        return max(link, key=lambda node: (-self._naming[node], node not in self._named, *self._weakness(node)))

    def _tells(self, other: NodeId, node: NodeId) -> bool:
        """Whether an identifier tells whose another is: a person's does of all, an office's of devices."""
        return self._naming[other] > self._least(node)

    def _least(self, node: NodeId) -> Naming:
        """Return what names too little to pull at a node."""
        return min(self._naming[node], Naming.OFFICE)

    def _weakness(self, node: NodeId) -> tuple[tuple[int, int], str]:
        return self._rank(node), self._cards[node].value

    def _rank(self, node: NodeId) -> tuple[int, int]:
        return -self._naming[node], self._policy.identifiers[self._cards[node].type].rank


_SUGGESTED: Verdict = "suggested"
_SEVERAL = 2
_OUTDONE: frozenset[Verdict] = frozenset({"ambiguous_identifier", "limit_per_person", "unlike_records", "device_alone"})
"""What kept a link out, and no longer matters where its ends became one person by others or by likeness."""
_VERDICT_OF: Mapping[Refusal, Verdict] = {
    "limit": "limit_per_person",
    "apart": "decided_apart",
    "unlike": "unlike_records",
    "device": "device_alone",
}


def _links(cards: Mapping[NodeId, Card]) -> Iterator[LinkId]:
    """Yield the links between gathered nodes."""
    for anchor, card in cards.items():
        for node in card.links:
            if node in cards:
                yield LinkId(anchor, node)


def _both_ways(link: LinkId) -> tuple[tuple[NodeId, NodeId], tuple[NodeId, NodeId]]:
    return (link.anchor, link.node), (link.node, link.anchor)


def _out_verdicts(cards: Mapping[NodeId, Card], policy: IdentityPolicy) -> dict[LinkId, Verdict]:
    """Return the links that never count, since one end is shared or blocked."""
    shared = {node for node, card in cards.items() if card.shared or has_too_many_neighbours(card, policy)}
    blocked = {node for node, card in cards.items() if card.block.blocked}
    found: dict[LinkId, Verdict] = {}
    for anchor, card in cards.items():
        for node, evidence in card.links.items():
            # Shared comes first: the far end says so, gathered or not, but of a block only its own card knows.
            if evidence.far_shared or anchor in shared or node in shared:
                found[LinkId(anchor, node)] = "shared_identifier"
            elif anchor in blocked or node in blocked:
                found[LinkId(anchor, node)] = "blocked_identifier"
    return found


def _of_a_crowd(matched: Matched | None, link: LinkId) -> Verdict | None:
    """Return what becomes of the likeness of two nodes where it is that of a crowd."""
    return "too_many_alike" if matched is not None and matched.is_of_crowd(*link) else None


def _rulings(cards: Mapping[NodeId, Card]) -> Iterator[tuple[tuple[NodeId, NodeId], Ruling]]:
    """Yield the newest decision on each pair of gathered nodes, once."""
    for node, card in cards.items():
        for other, ruling in card.rulings.items():
            if other in cards and (node < other or node not in cards[other].rulings):
                newest = merge_rulings({other: ruling}, {other: cards[other].rulings.get(node, ruling)})
                yield (node, other), newest[other]


def _people(groups: Iterable[list[NodeId]], cards: Mapping[NodeId, Card], policy: IdentityPolicy) -> tuple[Person, ...]:
    def strongest_first(node: NodeId) -> tuple[tuple[int, int], str]:
        return policy.strength(cards[node].type, cards[node].value), cards[node].value

    def earliest_first(node: NodeId) -> tuple[int, tuple[int, int], str]:
        return cards[node].first_seen, *strongest_first(node)

    people = [Person(min(group, key=earliest_first), tuple(sorted(group, key=strongest_first))) for group in groups]
    return tuple(sorted(people, key=lambda person: earliest_first(person.founder)))
