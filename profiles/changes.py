"""What happened to customers as a whole, told from who belonged to whom before and after. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from identity.graph import Member
from identity.nodes import NodeId
from identity.resolution import LinkId, Person, Verdict
from schemas.records import Change

Kind = Literal["merged", "split", "identifier_added", "identifier_moved"]

_DECIDED: frozenset[Verdict] = frozenset(
    {"decided_together", "decided_apart", "contradicting_decision", "withdrawn", "blocked_identifier"}
)


@dataclass(frozen=True, slots=True)
class Regrouping:
    """One resolution of a gathering and what was told before it.

    Attributes:
        members: of the gathering, with evidence.
        before: the customer that each node was told to belong to; None where it was never told of.
        customers: ids that were active customers before.
        people: as resolved now.
        news: links whose verdict is new, in order of identifiers.
        revision: of the publication.
        now_ms: processing time.
    """

    members: Mapping[NodeId, Member]
    before: Mapping[NodeId, NodeId | None]
    customers: frozenset[NodeId]
    people: Iterable[Person]
    news: Mapping[LinkId, Verdict]
    revision: int
    now_ms: int

    def changes(self) -> Iterator[Change]:
        """Yield the changes; each other customer is told of once for each customer it lost identifiers to."""
        for person in self.people:
            yield from self._of_person(person)

    def _of_person(self, person: Person) -> Iterator[Change]:
        customer = person.founder
        came: defaultdict[NodeId, list[NodeId]] = defaultdict(list)
        added: list[NodeId] = []
        merged: list[NodeId] = []
        for node in person.nodes:
            past = self.before[node]
            if past == customer:
                continue
            if self.members[node].named and node != customer:
                merged.append(node)
            if past is None:
                added.append(node)
            elif past:
                came[past].append(node)
        for other in merged:
            yield self._change("merged", customer, other, came.pop(other, [other]))
        for other, nodes in came.items():
            has_split = self.before[customer] == other
            yield self._change("split" if has_split else "identifier_moved", customer, other, nodes)
        if added and customer in self.customers:
            yield self._change("identifier_added", customer, None, added)

    def _change(self, kind: Kind, customer: NodeId, other: NodeId | None, nodes: list[NodeId]) -> Change:
        cause, cause_id = self._cause(set(nodes))
        return {
            "kind": kind,
            "customer_id": customer.hex(),
            "other_customer_id": None if other is None else other.hex(),
            "identifiers": [node.hex() for node in nodes],
            "cause": cause,
            "cause_id": cause_id,
            "revision": self.revision,
            "occurred_at": self.now_ms,
        }

    def _cause(self, nodes: set[NodeId]) -> tuple[Literal["event", "decision", "rule"], str | None]:
        """Return what moved the nodes: a decision before a link that came, a link that came before one that went."""
        near = {link: verdict for link, verdict in self.news.items() if not nodes.isdisjoint(link)}
        news = near or self.news
        for link, verdict in news.items():
            if verdict in _DECIDED:
                return "decision", f"{link.anchor.hex()}:{link.node.hex()}"
        for link, verdict in news.items():
            evidence = self.members[link.anchor].card.links.get(link.node)
            if verdict == "joined" and evidence is not None:
                return "event", evidence.first.event
        for verdict in news.values():
            return "rule", verdict
        return "event", None
