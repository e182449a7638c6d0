"""What like records add to a gathering: people they unite, links they forbid, suggestions."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from identity.graph import Card
from identity.matching.likeness import Likeness, least_centibits
from identity.matching.link import MOST_COMPARED, LinkPolicy, components, link, log_odds
from identity.matching.model import Evidence
from identity.nodes import NodeId
from identity.people import Groups
from identity.policy import Matching

Pair = tuple[NodeId, NodeId]


class Matched:
    """The records of a gathering and how alike they are.

    Pairs come from what the blocks told; within people that such a pair connects, every pair of records is compared, so
    that the outcome does not depend on which of them happened to share a block.

    Args:
        cards: the gathered nodes.
        matching: thresholds.
        likeness: by the policy's model.
        crowd: what stands for the chain of each node in a crowd, as :func:`identity.crowds.crowds` finds it.
    """

    def __init__(
        self,
        cards: Mapping[NodeId, Card],
        matching: Matching,
        likeness: Likeness,
        crowd: Mapping[NodeId, NodeId],
    ) -> None:
        self._matching = matching
        self._crowd = crowd
        self._least = least_centibits(matching.unite)
        self._likeness = likeness
        self._least_bits = log_odds(min(matching.refuse, matching.unite))
        self._cards = {
            node: card for node, card in cards.items() if card.record and not card.shared and not card.block.blocked
        }
        self._alike: dict[Pair, int] = {}
        self._elsewhere: dict[Pair, int] = {}
        for node, card in self._cards.items():
            for other, found in card.alike.items():
                pair = (node, other) if node < other else (other, node)
                if other in self._cards:
                    self._alike[pair] = max(found, self._alike.get(pair, found))
                elif other not in cards and node < other:
                    self._elsewhere[pair] = found

    def are_unlike(self, left: Sequence[bytes], right: Sequence[bytes]) -> bool:
        """Whether no pair of the records of two groups can be one person's."""
        return not any(self._likeness.evidence(one, other).bits >= self._least_bits for one in left for other in right)

    def unite(self, groups: Groups) -> None:
        """Unite the people whose records are alike enough, as far as limits and decisions allow."""
        roots = {node: groups.root(node) for node in self._cards}
        likely = [pair for pair, found in self._alike.items() if found >= self._least and not self._are_in_crowd(pair)]
        connected = [(roots[one], roots[other]) for one, other in likely if roots[one] != roots[other]]
        if not connected:
            return
        records: dict[NodeId, list[NodeId]] = {}
        for node, root in roots.items():
            records.setdefault(root, []).append(node)
        for part in components({root for pair in connected for root in pair}, {}, 0.0, connected):
            self._unite(groups, [records[NodeId(root)] for root in part])

    def verdicts(self, groups: Groups) -> Iterator[tuple[Pair, int, bool]]:
        """Yield the pairs of like records: the smaller node first, how alike, and whether they are one person.

        Pairs that a decision keeps apart are left out. A pair with a node that gathers elsewhere is yielded on the
        smaller node's side only.
        """
        for pair, found in self._alike.items():
            if not groups.must_stay_apart(*pair):
                yield pair, found, groups.root(pair[0]) == groups.root(pair[1])
        yield from ((pair, found, False) for pair, found in self._elsewhere.items())

    def is_of_crowd(self, one: NodeId, other: NodeId) -> bool:
        """Whether two nodes are alike enough to be one person, and so many others are that it does not count."""
        pair = (one, other) if one < other else (other, one)
        found = self._alike.get(pair, self._elsewhere.get(pair, self._least - 1))
        return found >= self._least and self._are_in_crowd(pair)

    def suggestions(self) -> Mapping[Pair, int]:
        """Return the pairs with a node that gathers elsewhere."""
        return self._elsewhere

    def alike(self, one: NodeId, other: NodeId) -> int | None:
        """Return how alike two gathered nodes are, None where no block found them to be."""
        return self._alike.get((one, other) if one < other else (other, one))

    def _are_in_crowd(self, pair: Pair) -> bool:
        one, other = self._crowd.get(pair[0]), self._crowd.get(pair[1])
        return one != other

    def _unite(self, groups: Groups, people: list[list[NodeId]]) -> None:
        """Unite people by average linkage of their records; ties fall by content."""
        if sum(map(len, people)) > MOST_COMPARED:
            return
        names = {node: self._name(node) for records in people for node in records}
        nodes = {name: node for node, name in names.items()}
        together = [pair for records in people for pair in pairwise(sorted(names[node] for node in records))]
        evidence: dict[tuple[str, str], Evidence] = {}
        for left, right in combinations(people, 2):
            for one in left:
                for other in right:
                    first, second = sorted((names[one], names[other]))
                    evidence[first, second] = self._likeness.evidence(
                        self._cards[one].record, self._cards[other].record
                    )

        def may_unite(one: str, other: str) -> bool:
            return groups.unite_alike(nodes[one], nodes[other]) is None

        thresholds = LinkPolicy(self._matching.unite, self._matching.suggest)
        link(nodes, evidence, thresholds, together, may_unite=may_unite)

    def _name(self, node: NodeId) -> str:
        card = self._cards[node]
        return f"{card.type}\x00{card.value}"
