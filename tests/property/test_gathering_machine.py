"""Gathering ends, and ends right, whatever goes wrong on the way: checked against networkx and a plain count."""

from collections.abc import Iterable

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from identity.graph import Card, Gathering
from identity.nodes import NodeId
from identity.policy import IdentityPolicy
from profiles import fragment as fragments
from tests.property.effort import examples
from tests.property.engine_model import (
    Disorder,
    Engine,
    Happening,
    Identified,
    event,
    oracle_cards,
    oracle_fragment,
    run,
)
from tests.property.strategies import IDENTIFIERS, POLICY, decisions, disorders, histories, many_events, seeds


def owner_of_each_node(gatherings: dict[NodeId, Gathering]) -> dict[NodeId, NodeId]:
    """Return where each node gathered; no node gathers twice."""
    owners: dict[NodeId, NodeId] = {}
    for owner, gathering in gatherings.items():
        for member in gathering.members:
            assert member not in owners, "a node belongs to two gatherings"
            owners[member] = owner
    return owners


def check_ownership(engine: Engine) -> dict[NodeId, NodeId]:
    """Every node is in the one gathering that its chain of pointers ends at."""
    nodes = engine.nodes()
    owners = owner_of_each_node(engine.gatherings())
    assert owners.keys() == nodes.keys()
    for node in nodes:
        end, steps = node, 0
        while nodes[end].owner != end:
            assert nodes[end].owner < end, "a pointer leads to a worse rank"
            end, steps = nodes[end].owner, steps + 1
            assert steps <= len(nodes)
        assert owners[node] == end
    return owners


def check_connection(cards: dict[NodeId, Card], owners: dict[NodeId, NodeId]) -> None:
    """Nodes that links join, directly or not, are in one gathering."""
    graph = nx.Graph()
    graph.add_nodes_from(cards)
    graph.add_edges_from((anchor, node) for anchor, card in cards.items() for node in card.links if node in cards)
    graph.remove_nodes_from([node for node, card in cards.items() if card.shared])
    for component in nx.connected_components(graph):
        assert len({owners[node] for node in component}) == 1, "linked nodes gathered at two owners"
    for node, card in cards.items():
        for other in card.rulings:
            assert owners[node] == owners[other], "decided on, gathered at two owners"


def check_content(engine: Engine, events: Iterable[Happening], policy: IdentityPolicy) -> None:
    """Cards and fragments, at the node and at its owner, hold exactly what all events add up to."""
    events = list(events)
    expected = oracle_cards(events, policy)
    nodes, gatherings = engine.nodes(), engine.gatherings()
    assert nodes.keys() == expected.keys()
    owners = owner_of_each_node(gatherings)
    for node, card in expected.items():
        assert nodes[node].card == card
        assert gatherings[owners[node]].members[node].card == card
        folded = oracle_fragment(events, node, engine.folding)
        assert fragments.decode(nodes[node].fragment) == folded
        assert fragments.decode(engine.fragment(owners[node], node)) == folded
    check_connection(expected, owners)


@settings(max_examples=examples(600))
@given(events=histories(), seed=seeds, disorder=disorders(same_redo=False))
def test_gathering_ends_with_everything_in_its_place(events: list[Happening], seed: int, disorder: Disorder) -> None:
    """Any order, chunks, partitions, repeats and crashes: complete, exact, and within a bound of messages."""
    engine = run(events, POLICY, seed, disorder)
    check_ownership(engine)
    check_content(engine, events, POLICY)


@settings(max_examples=examples(12))
@given(seed=seeds, partitions=st.integers(2, 5))
def test_without_accidents_messages_stay_few(seed: int, partitions: int) -> None:
    """A touchpoint of at most three identifiers costs some messages, not a multiple of all nodes."""
    events = many_events(seed, 100)
    engine = run(events, POLICY, seed, Disorder(partitions))
    assert engine.sent <= 30 * len(events)
    check_ownership(engine)
    check_content(engine, events, POLICY)


class GatheringMachine(RuleBasedStateMachine):
    """Partitions that work in any order, crash and receive twice; what they end with is checked once all is quiet."""

    partitions = 3

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine(self.partitions, POLICY)
        self.events: list[Happening] = []

    @rule(
        seen=st.lists(st.sampled_from(IDENTIFIERS), min_size=1, max_size=3, unique=True),
        time=st.integers(1, 20),
        source=st.sampled_from(["web", "crm"]),
    )
    def something_happens(self, seen: list[Identified], time: int, source: str) -> None:
        """An event reaches its anchor's partition."""
        happened = event(f"event {len(self.events)}", time, *seen, source=source)
        self.events.append(happened)
        self.engine.deliver(happened)

    @rule(decision=decisions())
    def a_steward_decides(self, decision: Happening) -> None:
        """The nodes that are decided on are told."""
        self.events.append(decision)
        self.engine.deliver(decision)

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def an_event_arrives_again(self, data: st.DataObject) -> None:
        """A source repeats itself."""
        self.engine.deliver(data.draw(st.sampled_from(self.events)))

    @precondition(lambda self: self.engine.busy())
    @rule(
        data=st.data(),
        touches=st.integers(0, 4),
        messages=st.integers(0, 8),
        crash=st.booleans(),
        arrives_twice=st.booleans(),
        touches_first=st.booleans(),
    )
    def a_partition_works(  # a step is made of its accidents
        self,
        data: st.DataObject,
        touches: int,
        messages: int,
        crash: bool,  # noqa: FBT001  # drawn by name
        arrives_twice: bool,  # noqa: FBT001  # drawn by name
        touches_first: bool,  # noqa: FBT001  # drawn by name
    ) -> None:
        """A chunk of any size, which may be lost after its messages were sent."""
        index = data.draw(st.sampled_from(self.engine.busy()))
        self.engine.work(
            index, touches, messages, crash=crash, repeat=lambda: arrives_twice, turn=lambda: touches_first
        )

    def teardown(self) -> None:
        """Work until all is quiet and look at what came out."""
        steps = 0
        while busy := self.engine.busy():
            self.engine.work(busy[steps % len(busy)], 2, 3)
            steps += 1
            assert steps < 20_000, "messages go round for ever"
        check_ownership(self.engine)
        check_content(self.engine, self.events, POLICY)


GatheringMachine.TestCase.settings = settings(max_examples=examples(60), stateful_step_count=40)
TestGatheringMachine = GatheringMachine.TestCase
