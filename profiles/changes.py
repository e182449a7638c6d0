"""What happened to customers as a whole, told from who belonged to whom before and after. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from identity.graph import Member
from identity.nodes import NodeId
from identity.resolution import LinkId, Person, Verdict
from schemas.records import Change

Kind = Literal["merged", "split", "identifier_added", "identifier_moved"]

DECIDED: frozenset[Verdict] = frozenset(
    {"decided_together", "decided_apart", "contradicting_decision", "withdrawn", "blocked_identifier"}
)
"""What a link is by decision."""


@dataclass(frozen=True)
class Regrouping:
    """One resolution of a gathering and what was told before it.

    Attributes:
        members: of the gathering, with evidence.
        before: the customer that each node was told to belong to; None where it was never told of.
        people: as resolved now.
        news: links whose verdict is new.
        undone: those of them whose verdict was by decision before.
        by_policy: version of the policy that alone had the gathering resolved anew; None where more has changed.
        revision: of the publication.
        now_ms: processing time.
    """

    members: Mapping[NodeId, Member]
    before: Mapping[NodeId, NodeId | None]
    people: Iterable[Person]
    news: Mapping[LinkId, Verdict]
    undone: frozenset[LinkId]
    by_policy: str | None
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
        if added and self.before[customer] == customer:
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

    def _cause(self, nodes: set[NodeId]) -> tuple[Literal["event", "decision", "rule", "policy"], str | None]:
        """Return what moved the nodes: a decision before a link that came, a link that came before one that went."""
        if self.by_policy is not None:
            return "policy", self.by_policy
        near = dict(sorted({place: link for node in nodes for place, link in self._news_of.get(node, ())}.items()))
        news = {link: self.news[link] for link in near.values()} or self.news
        if any(verdict in DECIDED or link in self.undone for link, verdict in news.items()):
            for link in (*news, *self.news):
                key = self._decision(link)
                if key is not None:
                    return "decision", key
        for link, verdict in news.items():
            evidence = self.members[link.anchor].card.links.get(link.node)
            if verdict == "joined" and evidence is not None:
                return "event", evidence.first.event
        for verdict in news.values():
            return "rule", verdict
        return "event", None

    @cached_property
    def _news_of(self) -> dict[NodeId, list[tuple[int, LinkId]]]:
        """The links whose verdict is new by each of their ends, with their place among all."""
        found: dict[NodeId, list[tuple[int, LinkId]]] = {}
        for place, link in enumerate(self.news):
            for node in link:
                found.setdefault(node, []).append((place, link))
        return found

    def _decision(self, link: LinkId) -> str | None:
        """Return the key of the newest decision on a link's ends, where a decision is what its verdict changed by."""
        if self.news[link] not in DECIDED and link not in self.undone:
            return None
        both = ":".join(node.hex() for node in sorted(link))
        made = [(0, "")]
        for node, far in (link, reversed(link)):
            if node in self.members:  # else a past owner told of the link
                card = self.members[node].card
                made.append((card.block.made_at, node.hex()))
                if far in card.rulings:
                    made.append((card.rulings[far].made_at, both))
        newest, key = max(made)
        return key if newest else None
