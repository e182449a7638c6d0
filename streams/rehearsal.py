"""Rehearsing a policy: who would be who under it, from all of history in the lake, without touching what is live."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from identity.matching.likeness import Likeness
from identity.nodes import NodeId
from identity.policy import IdentityPolicy
from identity.resolution import Verdict, resolve
from profiles.people import STATUS
from profiles.policy import ProfilePolicy
from schemas.records import DecidedIdentifier, Decision
from sinks.reader import LakeReader
from sinks.tallies import alike_links, quarantined_by_rule
from streams.decisions import decision_messages
from streams.history import History

_EXAMPLES = 10
_LARGEST = 5
_DECISIONS = """
    SELECT kind, state, node_id, type, value, other_node_id, other_type, other_value,
           epoch_ms(made_at) AS made_at, made_by, reason
    FROM decisions
"""
_PEOPLE = "SELECT node_id, customer_id FROM identifiers"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What is rehearsed: the identity policy, how its model finds records alike, and which traits survive."""

    identity: IdentityPolicy
    likeness: Likeness
    profile: ProfilePolicy


@dataclass(frozen=True, slots=True)
class Regrouped:
    """One customer or more that would be others: an example.

    Attributes:
        customers: the customer ids of today that it is about.
        groups: the identifiers of each person that they would be, as TYPE:VALUE.
    """

    customers: list[str]
    groups: list[list[str]]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a policy would change.

    Attributes:
        policy_version: of the policy rehearsed.
        touchpoints: read from the lake.
        unusable: those of them without any usable identifier under it.
        people_before: customers in the lake.
        people_after: people under the policy.
        merges: people that would be made of two customers or more.
        splits: customers that would be two people or more.
        customers_affected: customers whose identifiers would not be exactly one person's.
        merge_examples: some of the merges, the largest first.
        split_examples: some of the splits, the largest first.
        largest_before: numbers of identifiers of the largest customers.
        largest_after: of the largest people.
        quarantine_before: links in quarantine by rule.
        quarantine_after: the same under the policy.
        suggested_before: links suggested to data stewards.
        suggested_after: the same under the policy.
    """

    policy_version: str
    touchpoints: int
    unusable: int
    people_before: int
    people_after: int
    merges: int
    splits: int
    customers_affected: int
    merge_examples: list[Regrouped]
    split_examples: list[Regrouped]
    largest_before: list[int]
    largest_after: list[int]
    quarantine_before: dict[str, int]
    quarantine_after: dict[str, int]
    suggested_before: int
    suggested_after: int


def rehearse(reader: LakeReader, rehearsed: Rehearsed, key: bytes, on_progress: Callable[[int], None]) -> Rehearsal:
    """Resolve all of the lake's touchpoints and decisions under a policy and compare with the customers there are.

    Args:
        reader: of the lake; all statements see the state it is at.
        rehearsed: what to resolve by.
        key: of node ids, the installation's.
        on_progress: called with the number of touchpoints newly read.
    """
    history = History(rehearsed.identity, rehearsed.profile, key, rehearsed.likeness)
    history.read(reader, on_progress)
    history.match()
    for decision in _decisions(reader):
        for message in decision_messages(decision):
            history.gatherer.receive(message)
    history.gatherer.settle()
    before = {NodeId(bytes.fromhex(node)): customer for node, customer in reader.execute(_PEOPLE).fetchall()}
    _, suggested = alike_links(reader)
    return _compared(_Outcome(history, rehearsed), before, quarantined_by_rule(reader), suggested)


def _decisions(reader: LakeReader) -> Iterator[Decision]:
    for row in reader.records(_DECISIONS):
        other: DecidedIdentifier = {
            "node_id": row["other_node_id"],
            "type": row["other_type"],
            "value": row["other_value"],
        }
        yield {
            "kind": row["kind"],
            "state": row["state"],
            "one": {"node_id": row["node_id"], "type": row["type"], "value": row["value"]},
            "other": other if row["other_node_id"] else None,
            "made_at": row["made_at"],
            "made_by": row["made_by"],
            "reason": row["reason"],
        }


class _Outcome:
    """Who is who under the policy."""

    def __init__(self, history: History, rehearsed: Rehearsed) -> None:
        self.version = rehearsed.identity.version
        self.touchpoints = history.touchpoints
        self.unusable = history.unusable
        self.people: list[tuple[NodeId, ...]] = []
        self.verdicts: Counter[Verdict] = Counter()
        self._names: dict[NodeId, str] = {}
        for gathering in history.graph.gatherings():
            cards = {node: member.card for node, member in gathering.members.items()}
            found = resolve(cards, rehearsed.identity, rehearsed.likeness)
            self.people += [person.nodes for person in found.people]
            self.verdicts.update(found.verdicts.values())
            self._names.update((node, f"{card.type}:{card.value}") for node, card in cards.items())

    @property
    def quarantine(self) -> dict[str, int]:
        """Number of links in quarantine by rule."""
        return {
            rule: number
            for rule, number in sorted(self.verdicts.items())
            if STATUS.get(rule, "quarantined") == "quarantined"
        }

    def names(self, person: int) -> list[str]:
        """Return the identifiers of a person."""
        return [self._names[node] for node in self.people[person]]


def _compared(
    outcome: _Outcome, before: Mapping[NodeId, str], quarantined: Mapping[str, int], suggested: int
) -> Rehearsal:
    customers: dict[str, list[NodeId]] = {}
    for node, customer in before.items():
        customers.setdefault(customer, []).append(node)
    person_of = {node: number for number, nodes in enumerate(outcome.people) for node in nodes}
    united = [
        (sorted(whose), number)
        for number, nodes in enumerate(outcome.people)
        if len(whose := {before[node] for node in nodes if node in before}) > 1
    ]
    divided = [
        (customer, sorted(into))
        for customer, nodes in customers.items()
        if len(into := {person_of[node] for node in nodes if node in person_of}) > 1
    ]
    affected = {customer for whose, _ in united for customer in whose} | {customer for customer, _ in divided}
    united.sort(key=lambda merge: (-len(merge[0]), merge[0]))
    divided.sort(key=lambda split: (-len(split[1]), split[0]))
    return Rehearsal(
        policy_version=outcome.version,
        touchpoints=outcome.touchpoints,
        unusable=outcome.unusable,
        people_before=len(customers),
        people_after=len(outcome.people),
        merges=len(united),
        splits=len(divided),
        customers_affected=len(affected),
        merge_examples=[Regrouped(whose, [outcome.names(number)]) for whose, number in united[:_EXAMPLES]],
        split_examples=[
            Regrouped([customer], [outcome.names(number) for number in into]) for customer, into in divided[:_EXAMPLES]
        ],
        largest_before=sorted((len(nodes) for nodes in customers.values()), reverse=True)[:_LARGEST],
        largest_after=sorted((len(nodes) for nodes in outcome.people), reverse=True)[:_LARGEST],
        quarantine_before=dict(sorted(quarantined.items())),
        quarantine_after=outcome.quarantine,
        suggested_before=suggested,
        suggested_after=sum(number for rule, number in outcome.verdicts.items() if STATUS.get(rule) == "suggested"),
    )
