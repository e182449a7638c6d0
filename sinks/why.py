"""Why two identifiers are one person, or are not: the links between them with their evidence, out of the lake."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import networkx as nx

from sinks.reader import LakeReader

_NODE: Final = """
    SELECT node_id, type, value, customer_id, shared, first_seen FROM identifiers WHERE type = ? AND value = ?
"""

_NODES_OF: Final = """
    SELECT node_id, type, value, customer_id, shared, first_seen FROM identifiers
    WHERE customer_id IN (SELECT unnest(?::VARCHAR[])) OR node_id IN (SELECT unnest(?::VARCHAR[]))
"""

_LINKS: Final = """
    WITH mine AS (SELECT unnest(?::VARCHAR[]) AS id),
    pairs AS (
        SELECT anchor_id, unnest(node_ids[2:]) AS node_id, event_time, event_id, source
        FROM touchpoints WHERE list_has_any(node_ids, ?::VARCHAR[])
    ), seen AS (
        SELECT anchor_id, node_id, count(*) AS times, min(event_time) AS first_at, max(event_time) AS last_at,
               arg_min(event_id, (event_time, event_id)) AS first_event,
               arg_max(event_id, (event_time, event_id)) AS last_event, histogram(source) AS sources
        FROM pairs WHERE anchor_id IN (FROM mine) OR node_id IN (FROM mine) GROUP BY ALL
    )
    SELECT anchor_id, links.node_id, status, rule, policy_version, probability, coalesce(times, 0) AS times,
           first_at, last_at,
           first_event, last_event, coalesce(sources, MAP {}) AS sources
    FROM links LEFT JOIN seen USING (anchor_id, node_id)
    WHERE status <> 'withdrawn' AND (anchor_id IN (FROM mine) OR links.node_id IN (FROM mine))
    ORDER BY times DESC, first_at, anchor_id, links.node_id
"""

_DECISIONS: Final = """
    SELECT kind, state, node_id, other_node_id, made_at, made_by, reason FROM decisions
    WHERE node_id IN (SELECT unnest(?::VARCHAR[])) OR other_node_id IN (SELECT unnest(?::VARCHAR[]))
    ORDER BY made_at
"""


@dataclass(frozen=True, slots=True)
class NodeRow:
    """An identifier and whose it is; the fields are the columns of ``identifiers`` of the same name."""

    node_id: str
    type: str
    value: str
    customer_id: str
    shared: bool
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class LinkRow:
    """Two identifiers, what was decided on them, and how often they were seen together.

    Attributes:
        anchor_id: node id that holds the evidence.
        node_id: the other one.
        status: joined, quarantined or suggested.
        rule: what quarantined it; decided_together where a decision joined it, matched where likeness did.
        policy_version: of the policy that decided.
        probability: of like records: how probably they are one person's.
        times: touchpoints with both; 0 where there is but a decision.
        first_at: event time of the first of them, UTC.
        last_at: event time of the last of them, UTC.
        first_event: its event id.
        last_event: its event id.
        sources: how many came from each source.
    """

    anchor_id: str
    node_id: str
    status: str
    rule: str | None
    policy_version: str
    probability: float | None
    times: int
    first_at: datetime | None
    last_at: datetime | None
    first_event: str | None
    last_event: str | None
    sources: dict[str, int]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What a steward decided; the fields are the columns of ``decisions`` of the same name."""

    kind: str
    state: str
    node_id: str
    other_node_id: str
    made_at: datetime
    made_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Why:
    """What is known of one identifier's person, or of two identifiers.

    Attributes:
        one: the identifier asked for.
        other: the second one, None where one was asked for.
        nodes: all identifiers that are named below, by node id.
        chain: joined links that lead from one to the other, strongest way; empty where they are two people.
        joined: all joined links of the people asked for.
        quarantined: links of theirs that join nobody; of two people the ones between them, and those with a third
            that both were seen with.
        suggested: links by likeness that are not enough; of two people the ones between them.
        decisions: on any of their identifiers, withdrawn ones too.
        would_separate: the fewest joined links without which the two would be two people.
    """

    one: NodeRow
    other: NodeRow | None
    nodes: dict[str, NodeRow]
    chain: list[LinkRow]
    joined: list[LinkRow]
    quarantined: list[LinkRow]
    suggested: list[LinkRow]
    decisions: list[DecisionRow]
    would_separate: list[LinkRow]

    @property
    def same_person(self) -> bool:
        """Whether both belong to one customer."""
        return self.other is not None and self.one.customer_id == self.other.customer_id


def find_node(reader: LakeReader, identifier_type: str, normalised_value: str) -> NodeRow | None:
    """Return an identifier, None where it was never seen."""
    found = reader.records(_NODE, [identifier_type, normalised_value])
    return NodeRow(**found[0]) if found else None


def why(
    reader: LakeReader,
    one: NodeRow,
    other: NodeRow | None,
    strength: Callable[[LinkRow, NodeRow, NodeRow], Any],
    names_person: Callable[[NodeRow], bool],
) -> Why:
    """Return why an identifier belongs to its person, or why two are one person or two.

    Args:
        reader: of the lake.
        one: an identifier.
        other: another one, or None.
        strength: sort key of a joined link, the strongest first.
        names_person: whether an identifier names a person; links of others make no one person of two.
    """
    customers = [node.customer_id for node in (one, other) if node is not None]
    nodes = _nodes(reader, customers, [])
    mine = list(nodes)
    links = [LinkRow(**{**row, "sources": dict(row["sources"])}) for row in reader.records(_LINKS, [mine, mine])]
    nodes |= _nodes(reader, [], [end for link in links for end in (link.anchor_id, link.node_id)])
    links = [link for link in links if link.anchor_id in nodes and link.node_id in nodes]
    joined = sorted(
        (link for link in links if link.status == "joined"),
        key=lambda link: strength(link, nodes[link.anchor_id], nodes[link.node_id]),
    )
    quarantined = [link for link in links if link.status == "quarantined"]
    suggested = sorted(
        (link for link in links if link.status == "suggested"), key=lambda link: -(link.probability or 0)
    )
    decisions = [DecisionRow(**row) for row in reader.records(_DECISIONS, [mine, mine])]
    if other is None:
        return Why(one, None, nodes, [], joined, quarantined, suggested, decisions, [])
    if one.customer_id != other.customer_id:
        both = {one.customer_id, other.customer_id}
        quarantined = _between(quarantined, nodes, both)
        suggested = [link for link in suggested if _owners(link, nodes) == both]
        return Why(one, other, nodes, [], joined, quarantined, suggested, decisions, [])
    making = (
        [link for link in joined if _may_unite(link, nodes, names_person)]
        if names_person(one) and names_person(other)
        else joined
    )
    chain = _chain(making, one.node_id, other.node_id)
    separating = _fewest(making, one.node_id, other.node_id)
    return Why(one, other, nodes, chain, joined, quarantined, suggested, decisions, separating)


def _nodes(reader: LakeReader, customers: Sequence[str], node_ids: Sequence[str]) -> dict[str, NodeRow]:
    rows = reader.records(_NODES_OF, [list(customers), list(node_ids)])
    return {row["node_id"]: NodeRow(**row) for row in rows}


def _owners(link: LinkRow, nodes: dict[str, NodeRow]) -> set[str]:
    return {nodes[link.anchor_id].customer_id, nodes[link.node_id].customer_id}


def _between(quarantined: Sequence[LinkRow], nodes: dict[str, NodeRow], both: set[str]) -> list[LinkRow]:
    """Return the links between two people, and those of either with an identifier that both were seen with."""
    seen_by: dict[str, set[str]] = {}
    for link in quarantined:
        for near, far in ((link.anchor_id, link.node_id), (link.node_id, link.anchor_id)):
            seen_by.setdefault(far, set()).add(nodes[near].customer_id)
    return [
        link
        for link in quarantined
        if _owners(link, nodes) == both or any(both <= seen_by[end] for end in (link.anchor_id, link.node_id))
    ]


def _may_unite(link: LinkRow, nodes: dict[str, NodeRow], names_person: Callable[[NodeRow], bool]) -> bool:
    """Whether a joined link may have made one person of two: not by way of what names nobody, unless decided."""
    return link.rule == "decided_together" or all(names_person(nodes[end]) for end in (link.anchor_id, link.node_id))


def _graph(joined: Sequence[LinkRow]) -> "nx.Graph[str]":
    graph: nx.Graph[str] = nx.Graph()
    for place, link in enumerate(joined):
        if not graph.has_edge(link.anchor_id, link.node_id):
            graph.add_edge(link.anchor_id, link.node_id, place=place)
    return graph


def _chain(joined: Sequence[LinkRow], start: str, end: str) -> list[LinkRow]:
    """Return the way between two nodes whose weakest link is as strong as can be.

    It is the way in the minimum spanning tree over the order of strength, along which resolution united them.
    """
    graph = _graph(joined)
    if start not in graph or end not in graph or not nx.has_path(graph, start, end):
        return []
    tree = nx.minimum_spanning_tree(graph, weight="place")
    way = nx.shortest_path(tree, start, end)
    return [joined[tree.edges[left, right]["place"]] for left, right in pairwise(way)]


def _fewest(joined: Sequence[LinkRow], start: str, end: str) -> list[LinkRow]:
    """Return the smallest set of links that cuts two nodes apart (Ford and Fulkerson, 1956)."""
    graph = _graph(joined)
    if start == end or start not in graph or end not in graph or not nx.has_path(graph, start, end):
        return []
    cut = nx.minimum_edge_cut(graph, start, end)
    return sorted((joined[graph.edges[left, right]["place"]] for left, right in cut), key=joined.index)
