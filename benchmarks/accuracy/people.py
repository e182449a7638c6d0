"""Who is who among the records: as the lake tells it, or resolved all at once in memory from the same touchpoints."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from identity.graph import Card
from identity.matching.default import model_in
from identity.matching.likeness import Likeness, centibits, least_centibits, probability
from identity.matching.memory import MatchPolicy, score_all
from identity.matching.model import Scorer
from identity.matching.records import MatchRecord, decode_record
from identity.nodes import NodeId
from identity.policy import Matching
from identity.policy_file import parse_policy
from identity.resolution import resolve
from profiles.policy_file import default_profile_policy
from sinks.reader import LakeReader
from streams.history import History

Pair = tuple[str, str]

RECORD = "crm_id"
"""Type of the identifier that each record has to itself."""

_CUSTOMERS = "SELECT customer_id, list(value) FROM identifiers WHERE type = $1 GROUP BY ALL"
_LIKENESSES = """
    SELECT one.value, other.value, links.status = 'suggested', links.probability
    FROM links
    JOIN identifiers AS one ON one.node_id = links.anchor_id
    JOIN identifiers AS other ON other.node_id = links.node_id
    WHERE (links.status = 'suggested' OR links.rule = 'matched')
      AND one.type = $1 AND other.type = $1
"""


class People(NamedTuple):
    """Who is who.

    Attributes:
        groups: the records of each person.
        alike: probability of the pairs of like records, whether one person or suggested; the smaller record first.
        suggested: those of them that are suggested.
    """

    groups: list[tuple[str, ...]]
    alike: dict[Pair, float]
    suggested: set[Pair]

    @property
    def held(self) -> float:
        """Share of the people with a suggested link."""
        group_of = {record: number for number, group in enumerate(self.groups) for record in group}
        held = {group_of[record] for pair in self.suggested for record in pair}
        return len(held) / len(self.groups)


def people_of(reader: LakeReader) -> People:
    """Return who is who by the lake."""
    groups = [tuple(sorted(records)) for _, records in reader.execute(_CUSTOMERS, [RECORD]).fetchall()]
    found = reader.execute(_LIKENESSES, [RECORD]).fetchall()
    alike = {_pair(one, other): likely for one, other, _, likely in found}
    return People(groups, alike, {_pair(one, other) for one, other, suggested, _ in found if suggested})


class Memory:
    """All touchpoints of a lake, resolved in memory by the pure functions alone.

    No message, partition or order of arrival has a part in it: every record's pairs are found at once, and everything
    is resolved as one gathering.

    Args:
        reader: of the lake; read once.
        policy: says what is compared of a touchpoint.
        key: of the node ids, the installation's.
    """

    def __init__(self, reader: LakeReader, policy: str, key: bytes) -> None:
        history = History(parse_policy(policy), default_profile_policy(), key, likeness=None)
        history.read(reader, lambda _: None)
        nodes = ((node, history.graph.node(node)) for node in history.graph.nodes())
        self._cards = {node: state.card for node, state in nodes if state is not None}
        for node, record in history.records():
            self._cards[node].record = record
        self._found_by: tuple[str | None, Matching] | None = None

    def people(self, policy: str, model: str | None) -> People:
        """Return who is who under a policy, and the model that it names or None."""
        rules = parse_policy(policy)
        weights = model_in(model)
        if rules.matching is not None:
            found_by = (model, replace(rules.matching, unite=0.0, refuse=0.0))
            if found_by != self._found_by:
                self._find_alike(Scorer(weights), rules.matching)
                self._found_by = found_by
        resolution = resolve(self._cards, rules, Likeness(weights))
        groups = (self._records(person.nodes) for person in resolution.people)
        likely = {link: verdict for link, verdict in resolution.verdicts.items() if link in resolution.alike}
        pairs = {link: records for link in likely if len(records := self._records(link)) == len(link)}
        return People(
            [group for group in groups if group],
            {_pair(*records): probability(resolution.alike[link]) for link, records in pairs.items()},
            {_pair(*records) for link, records in pairs.items() if likely[link] == "suggested"},
        )

    def _find_alike(self, scorer: Scorer, matching: Matching) -> None:
        records: dict[bytes, MatchRecord] = {
            node: decode_record(card.record) for node, card in self._cards.items() if card.record
        }
        alike: defaultdict[NodeId, dict[NodeId, int]] = defaultdict(dict)
        least = least_centibits(matching.suggest)
        for pair, found in score_all(records, scorer, MatchPolicy(matching.block_cap)).items():
            if (bits := centibits(found.bits)) >= least:
                one, other = map(NodeId, pair)
                alike[one][other] = alike[other][one] = bits
        for node, card in self._cards.items():
            card.alike = alike.get(node, {})

    def _records(self, nodes: Iterable[NodeId]) -> tuple[str, ...]:
        cards: list[Card] = [self._cards[node] for node in nodes]
        return tuple(sorted(card.value for card in cards if card.type == RECORD))


class Differing(NamedTuple):
    """How two say differently who is who.

    Attributes:
        pairs: pairs of records that are one person for one of them only.
        suggestions: pairs that one of them only suggests.
    """

    pairs: int
    suggestions: int


def differing(one: People, other: People) -> Differing:
    """Count what is different."""
    return Differing(len(_together(one) ^ _together(other)), len(one.suggested ^ other.suggested))


def _together(people: People) -> set[Pair]:
    return {pair for group in people.groups for pair in combinations(sorted(group), 2)}


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)
