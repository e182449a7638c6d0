"""What must come out, told from what was published alone: one process, no partitions, no messages, no order.

It shares with the engine what defines the outcome, and no more: schemas and mappings of sources, normalising, what a
record that is matched is made of and how alike two are, :func:`identity.resolution.resolve`, and the folds of
:mod:`profiles.folding`. Everything that gathers, stores, sends, repeats or counts is left out: evidence is collected in
plain dictionaries, who may be one person hangs together in a plain graph, and a person's touchpoints are folded one by
one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import networkx as nx

from identity.graph import MOST_OTHERS, Card, Node, Standing
from identity.matching.blocks import block_keys
from identity.matching.default import model_in
from identity.matching.likeness import Likeness, least_centibits
from identity.matching.records import decode_record
from identity.nodes import NodeId, node_id
from identity.normalise import Normaliser
from identity.policy import IdentityPolicy
from identity.policy_file import default_policy, parse_policy
from identity.regions import told_region
from identity.resolution import Person, resolve
from profiles.comparable import comparable_record, note_person
from profiles.customer import Customer, profile_of
from profiles.facts import Facts
from profiles.folding import Folding, denials_of, denied_besides
from profiles.fragment import Fragment
from profiles.people import STATUS
from profiles.policy_file import default_profile_policy, default_text
from profiles.standing import outlook
from schemas.accepted import AcceptedTouchpoint
from schemas.framing import SingleObjectFraming
from schemas.records import Touchpoint
from schemas.sources import TO_CANONICAL
from tests.faults.harness import KEY, Sent
from tests.property.engine_model import KEY as MODEL_KEY
from tests.property.engine_model import Blocking, Decision, Event, Happening, Identified, oracle_cards, oracle_claims

_FRAMES = SingleObjectFraming()
_NO_TIMESTAMP = -1

Content = Mapping[str, Any]
"""Of a profile: all but what may differ between two orders of the same events."""

EventKey = tuple[str, str]
"""Source and event id."""


class UnfitWorldError(Exception):
    """A world whose outcome may depend on order: more hangs together than may gather."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What must come out.

    Attributes:
        people: what each profile must say, by customer id.
        events: every touchpoint that must count, once.
        links: by two node ids, what links between them must be: joined, quarantined, suggested or withdrawn.
    """

    people: Mapping[str, Content]
    events: frozenset[EventKey]
    links: Mapping[frozenset[str], Counter[str]]


def touchpoints(records: Iterable[Sent]) -> dict[EventKey, AcceptedTouchpoint]:
    """Return the usable touchpoints of what was published, each once."""
    normaliser = Normaliser(default_policy(), MODEL_KEY)
    found: dict[EventKey, AcceptedTouchpoint] = {}
    for record in records:
        if record.event is not None and record.event not in found:
            name, content = _FRAMES.decode(record.value)
            mapping: Any = TO_CANONICAL.get(name, lambda canonical: canonical)
            touchpoint: Touchpoint = mapping(content)
            found[record.event] = {
                "source": record.source,
                "received_at": _NO_TIMESTAMP,
                "origin_topic": "",
                "origin_partition": 0,
                "origin_offset": 0,
                "nodes": list(
                    normaliser.understand(
                        touchpoint["identifiers"], source=record.source, country=told_region(touchpoint["traits"])
                    ).nodes
                ),
                "touchpoint": touchpoint,
            }
    return found


def event_of(accepted: AcceptedTouchpoint) -> Event:
    """Return whom a touchpoint names, and when."""
    ranks = default_policy().identifiers
    seen = tuple(Identified(ranks[node["type"]].rank, node["type"], node["value"]) for node in accepted["nodes"])
    touchpoint = accepted["touchpoint"]
    return Event(touchpoint["event_id"], touchpoint["event_time"], accepted["source"], seen)


def truth(records: Iterable[Sent], decisions: Sequence[Decision | Blocking]) -> Truth:
    """Return what must come out of records and decisions, however often and in whatever order they were published.

    Raises:
        UnfitWorldError: the safety valve of gathering may open, and what comes out then depends on order.
    """
    policy, folding, likeness = default_policy(), Folding(default_profile_policy()), Likeness(model_in(None))
    usable = touchpoints(records)
    happened: list[Happening] = [event_of(accepted) for accepted in usable.values()]
    cards = oracle_cards([*happened, *decisions], policy, lambda one: usable[one.source, one.event_id])
    anchored: defaultdict[NodeId, list[AcceptedTouchpoint]] = defaultdict(list)
    for accepted in usable.values():
        anchored[NodeId(accepted["nodes"][0]["node_id"])].append(accepted)
    for node, card in cards.items():
        card.record = _record(node, card, anchored[node], policy, folding)
    _match(cards, policy, likeness)
    people: dict[str, Content] = {}
    links: defaultdict[frozenset[str], Counter[str]] = defaultdict(Counter)
    names = {node: node_id(KEY, card.type, card.value).hex() for node, card in cards.items()}
    for gathered in _hanging_together(cards, policy):
        own = {node: cards[node] for node in gathered}
        resolution = resolve(own, policy, likeness)
        for person in resolution.people:
            told = [accepted for node in person.nodes for accepted in anchored[node]]
            denied = [denied_besides(cards[node].denials) for node in person.nodes]
            for node in oracle_claims(own, resolution.verdicts, person.nodes):
                denied += [denied_besides(cards[node].denials), _denied_there(anchored[node], folding)]
            people[names[person.founder]] = content(_profile(person, own, told, denied, policy, folding))
        for link, verdict in resolution.verdicts.items():
            links[frozenset(names[node] for node in link)][STATUS.get(verdict, "quarantined")] += 1
    return Truth(people, frozenset(usable), links)


def content(profile: Mapping[str, Any]) -> Content:
    """Return of a profile what does not depend on order, time, or the key of node ids; lists without order sorted."""
    left_out = {"customer_id", "revision", "updated_at", "caps"}
    kept: dict[str, Any] = {name: value for name, value in profile.items() if name not in left_out}
    kept["identifiers"] = sorted(
        ({name: value for name, value in one.items() if name != "node_id"} for one in profile["identifiers"]), key=str
    )
    kept["segments"] = sorted(segment["name"] for segment in profile["segments"])
    for name in ("traits", "computed", "tags", "offers", "consents", "permissions"):
        kept[name] = sorted(profile[name], key=str)
    return kept


def _match(cards: Mapping[NodeId, Card], policy: IdentityPolicy, likeness: Likeness) -> None:
    """Note on each card what is alike to it."""
    matching = policy.matching
    if matching is None:
        return
    blocks: defaultdict[bytes, set[NodeId]] = defaultdict(set)
    for node, card in cards.items():
        for block in (
            block_keys(decode_record(card.record), MODEL_KEY) if card.record and not card.block.blocked else ()
        ):
            blocks[block].add(node)
    open_blocks = (sorted(inside) for inside in blocks.values() if len(inside) <= matching.block_cap)
    for one, other in {pair for inside in open_blocks for pair in combinations(inside, 2)}:
        found = likeness.centibits(cards[one].record, cards[other].record)
        if found >= least_centibits(matching.suggest):
            cards[one].alike[other] = cards[other].alike[one] = found


def _record(
    node_id: NodeId, card: Card, own: Sequence[AcceptedTouchpoint], policy: IdentityPolicy, folding: Folding
) -> bytes:
    """Return what is compared of a node."""
    compared = {name for name, rule in policy.identifiers.items() if rule.compared}
    whole = Fragment()
    others = {(part["type"], part["value"]) for one in own for part in one["nodes"][1:] if part["type"] in compared}
    node = Node(card, node_id, b"", sorted(others)[:MOST_OTHERS])
    for one in own:
        note_person(node, one, policy)
        folding.fold(whole, one)
    return comparable_record(node, whole, policy)


def _hanging_together(cards: Mapping[NodeId, Card], policy: IdentityPolicy) -> Iterable[set[NodeId]]:
    """Return the nodes that links, decisions and likeness connect, directly or not."""
    graph: Any = nx.Graph()
    graph.add_nodes_from(cards)
    least = least_centibits(policy.matching.unite) if policy.matching else 0
    for node, card in cards.items():
        graph.add_edges_from((node, other) for other, seen in card.links.items() if not seen.far_shared)
        graph.add_edges_from((node, other) for other in card.rulings)
        graph.add_edges_from((node, other) for other, found in card.alike.items() if found >= least)
    parts: list[set[NodeId]] = list(nx.connected_components(graph))
    largest = max(map(len, parts), default=0)
    if largest > policy.max_gathering:
        raise UnfitWorldError(f"{largest} identifiers hang together, and {policy.max_gathering} may gather")
    return parts


def _denied_there(told: Iterable[AcceptedTouchpoint], folding: Folding) -> Fragment:
    """Return what was denied on touchpoints, without all else that they tell."""
    return folding.merge(denied_besides(denials_of(accepted)) for accepted in told)


def _profile(
    person: Person,
    cards: Mapping[NodeId, Card],
    told: Iterable[AcceptedTouchpoint],
    denied: Sequence[Fragment],
    policy: IdentityPolicy,
    folding: Folding,
) -> Any:  # noqa: ANN401  # a Profile, to be compared as a dictionary
    whole = Fragment()
    for accepted in told:
        folding.fold(whole, accepted)
    whole = folding.merge([whole, *denied])
    known = any(policy.identifiers[cards[node].type].personal for node in person.nodes)
    ahead = outlook(whole, Facts(whole, known=known, now_ms=None, folding=folding), None, folding)
    standing = Standing(dict.fromkeys(sorted(ahead.holds), 0), ahead.due)
    customer = Customer(person, [(node, cards[node]) for node in person.nodes], whole, known, standing, None)
    return profile_of(customer, folding, parse_policy(default_text()).version, 0, 0)
