"""Records that are alike are found in the stream as if all had been known from the start, whatever goes wrong."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from identity.graph import Block, Card, Ruling, RulingKind
from identity.nodes import NodeId, node_id
from schemas.records import Profile
from streams import gather
from tests.property.effort import examples
from tests.property.engine_model import (
    Blocking,
    Decision,
    Event,
    Happening,
    Identified,
    Subscriber,
    content,
    identifier,
)
from tests.property.partition_model import (
    Accidents,
    Chunk,
    Cluster,
    Expected,
    Thresholds,
    expected,
    outcome,
    run,
    stored_outcome,
)
from tests.property.strategies import seeds

RARE = (HealthCheck.too_slow, HealthCheck.filter_too_much)
"""Not checked where only some histories have what a test is about."""

POLICIES = st.sampled_from([Thresholds(2), Thresholds(3), Thresholds(4), Thresholds(60)])
SWITCHES = st.sampled_from(
    [
        Thresholds(0),
        Thresholds(2),
        Thresholds(3),
        Thresholds(60),
        Thresholds(60, dominance=1.0),
        Thresholds(60, 0.9999),
        Thresholds(60, 0.6),
        Thresholds(3, 0.99, 0.95),
        Thresholds(60, 0.9, 0.5, 0.4),
    ]
)

IDENTIFIERS: tuple[Identified, ...] = (
    *(identifier("customer_id", f"c{index}") for index in range(2)),
    *(identifier("crm_id", f"r{index}") for index in range(5)),
    *(identifier("email", f"star7{index}@example.org") for index in range(2)),
    *(identifier("cookie", f"k{index}") for index in range(2)),
)

traits = st.builds(
    lambda *values: tuple(
        (name, value)
        for name, value in zip(("first_name", "last_name", "birth_date", "postcode"), values, strict=True)
        if value
    ),
    st.sampled_from(("Anna", "Anna", "Anne", "Otto", "")),
    st.sampled_from(("Huber", "Huber", "Hubar", "Meyer")),
    st.sampled_from(("1950-01-02", "02.01.1950", "1950-02-01", "1957-12-31", "2099-01-01", "")),
    st.sampled_from(("10115", "10115", "10151", "")),
)


@st.composite
def event_lists(draw: st.DrawFn, max_size: int = 16) -> list[Event]:
    """Events of unique ids over few identifiers; most of them tell traits, from few values."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(1, 9),
                st.sampled_from(["crm", "web"]),
                st.lists(st.sampled_from(IDENTIFIERS), min_size=1, max_size=2, unique=True),
                st.one_of(traits, traits, traits, st.just(())),
            ),
            min_size=4,
            max_size=max_size,
        )
    )
    return [
        Event(f"event {number}", time, source, tuple(sorted(seen)), told)
        for number, (time, source, seen, told) in enumerate(drawn)
    ]


def decisions() -> st.SearchStrategy[Happening]:
    """A steward's decisions on two of the few identifiers, or on one."""
    ones = st.sampled_from(IDENTIFIERS)
    rulings = st.builds(Ruling, st.integers(1, 5), st.sampled_from(RulingKind))
    pairs = st.lists(ones, min_size=2, max_size=2, unique=True)
    on_two = st.builds(lambda pair, ruling: Decision(pair[0], pair[1], ruling), pairs, rulings)
    on_one = st.builds(Blocking, ones, st.builds(Block, st.integers(1, 3), st.booleans()))
    return st.one_of(on_two, on_one)


PERSONS = st.sampled_from(
    [
        (("first_name", "Anna"), ("last_name", "Huber"), ("birth_date", "1950-01-02"), ("postcode", "10115")),
        (("first_name", "Anna"), ("last_name", "Huber"), ("birth_date", "1950-01-02"), ("postcode", "10151")),
        (("first_name", "Otto"), ("last_name", "Meyer"), ("birth_date", "1957-12-31"), ("postcode", "10115")),
    ]
)


@st.composite
def crowds(draw: st.DrawFn) -> list[Happening]:
    """Few rows that tell now this person and now that, so that blocks open and close all the time."""
    rows = st.sampled_from([part for part in IDENTIFIERS if part.type == "crm_id"])
    drawn = draw(st.lists(st.tuples(rows, st.integers(1, 9), PERSONS), min_size=6, max_size=16))
    return [
        *(Event(f"event {number}", time, "crm", (row,), told) for number, (row, time, told) in enumerate(drawn)),
        *draw(st.lists(st.builds(Blocking, rows, st.builds(Block, st.integers(1, 3), st.booleans())), max_size=2)),
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[Happening]:
    """Events, and in half of the cases a few decisions."""
    decided = draw(st.one_of(st.just([]), st.lists(decisions(), max_size=3)))
    return [*draw(event_lists()), *decided]


accidents = st.builds(
    Accidents,
    partitions=st.integers(1, 3),
    repeated=st.sampled_from([0.0, 0.2]),
    crashes=st.integers(0, 6),
    reordered=st.booleans(),
    largest_chunk=st.sampled_from([1, 4, 30]),
)


def check(cluster: Cluster, happened: Sequence[Happening], policy: Thresholds) -> Expected:
    """Compare what a cluster stored with what must come out."""
    rules = policy.policy
    truth = expected(happened, rules, len(cluster.sites))
    check_blocks(cluster, truth)
    check_cards(cluster, truth)
    found, right = stored_outcome(cluster, rules), outcome([truth.cards], rules)
    assert (found.people, found.founders) == (right.people, right.founders)
    assert right.verdicts <= found.verdicts
    # Of what became shared by a later policy, the evidence it held is still there.
    shared = {(card.type, card.value) for card in truth.cards.values() if card.shared}
    for pair, verdict in found.verdicts - right.verdicts:
        assert verdict == "shared_identifier"
        assert not shared.isdisjoint(pair)
    return truth


def check_blocks(cluster: Cluster, truth: Expected) -> None:
    """Every block holds those whose records say so, and its partition found those alike."""
    stored = {block: inside for number in range(len(cluster.sites)) for block, inside in cluster.blocks(number).items()}
    assert stored == truth.blocks
    for number in range(len(cluster.sites)):
        found = {node: placing.alike for node, placing in cluster.placings(number).items() if placing.alike}
        assert found == truth.alike[number]


def check_cards(cluster: Cluster, truth: Expected) -> None:
    """The node and its owner know its record and all that any partition finds alike to it."""
    nodes = cluster.nodes()
    assert nodes.keys() == truth.cards.keys()
    for node, card in truth.cards.items():
        assert nodes[node].card.record == card.record
        assert nodes[node].card.alike == card.alike
    members = [member for gathering in cluster.gatherings().values() for member in gathering.members.items()]
    assert len(members) == len(nodes)
    for node, member in members:
        assert member.card == nodes[node].card


@settings(max_examples=examples(100))
@given(happened=st.one_of(histories(), crowds()), policy=POLICIES, seed=seeds, how=accidents)
def test_any_way_of_working_finds_who_is_alike_and_who_is_one_person(
    happened: list[Happening], policy: Thresholds, seed: int, how: Accidents
) -> None:
    """Order, chunks, partitions, repeats, crashes and late messages leave no trace."""
    check(run(happened, policy.text, seed, how), happened, policy)


@contextmanager
def small_steps(size: int) -> Iterator[None]:
    """Have a new policy go through so few nodes, placings and gatherings in a commit."""
    with patch.dict(gather._ANEW, dict.fromkeys(gather._ANEW, size)):
        yield


@settings(max_examples=examples(100))
@given(
    happened=st.one_of(histories(), crowds()),
    policies=st.lists(SWITCHES, min_size=2, max_size=4),
    generous=st.integers(0, 2),
    step=st.integers(1, 3),
    seed=seeds,
    how=accidents,
)
def test_a_policy_that_came_late_ends_as_if_it_had_held_from_the_start(
    happened: list[Happening], policies: list[Thresholds], generous: int, step: int, seed: int, how: Accidents
) -> None:
    """Applied at any moment, to each partition at another, and before an earlier one was gone through.

    Limits of neighbours only fall: what was shared once stays so.
    """
    policies[:generous] = [policy._replace(neighbours=100) for policy in policies[:generous]]
    texts = [policy.text for policy in policies]
    with small_steps(step):
        check(run([*happened, *texts[1:]], texts[0], seed, how), happened, policies[-1])


def told_at_once(happened: Sequence[Happening], policy: Thresholds) -> Subscriber:
    """Return a subscriber of one partition that worked everything off in one commit."""
    cluster = Cluster(policy.text, random.Random(0), Accidents(1))  # noqa: S311  # no chance in it
    for one in happened:
        cluster.deliver(one)
    cluster.work(0, Chunk(*cluster.sites[0].waiting(), messages_first=False))
    return cluster.heard(0)


def check_heard(heard: Subscriber, truth: Subscriber, cards: Mapping[NodeId, Card]) -> None:
    """Compare what a subscriber keeps with the truth told at once."""
    alive = {name: told(profile) for name, profile in truth.profiles.items() if profile["status"] == "active"}
    holder = {part["node_id"]: name for name, profile in alive.items() for part in profile["identifiers"]}
    assert alive.items() <= {name: told(profile) for name, profile in heard.profiles.items()}.items()
    for name, profile in heard.profiles.items():
        assert name in alive or (profile["status"], profile["merged_into"]) == ("merged", holder[name])
    verdicts = {key: (link["status"], link["rule"]) for key, link in heard.links.items()}
    final = {key: (link["status"], link["rule"]) for key, link in truth.links.items()}
    assert final.items() <= verdicts.items()
    for (anchor, _), verdict in verdicts.items() - final.items():
        shared = cards[NodeId(bytes.fromhex(anchor))].shared
        assert verdict == ("withdrawn", None) or (shared and verdict == ("quarantined", "shared_identifier"))


def told(profile: Profile) -> Profile:
    """Return a profile without what may differ; people whom a policy leaves as they are keep its past version."""
    return {**content(profile), "policy_version": ""}


@settings(max_examples=examples(100))
@given(
    happened=st.one_of(histories(), crowds()),
    policies=st.lists(SWITCHES, min_size=1, max_size=3),
    step=st.integers(1, 3),
    seed=seeds,
    how=accidents,
)
def test_a_subscriber_that_keeps_the_highest_revisions_knows_who_is_alike(
    happened: list[Happening], policies: list[Thresholds], step: int, seed: int, how: Accidents
) -> None:
    """Profiles, and the verdicts on links and like records, whatever went wrong and whichever policies held before."""
    texts = [policy.text for policy in policies]
    with small_steps(step):
        cluster = run([*happened, *texts[1:]], texts[0], seed, how)
    cards = expected(happened, policies[-1].policy, 1).cards
    check_heard(cluster.heard(seed), told_at_once(happened, policies[-1]), cards)


def decided(pair: Iterable[tuple[str, str]], at: int, kind: RulingKind) -> Decision:
    one, other = sorted(pair)
    return Decision(identifier(*one), identifier(*other), Ruling(at, kind))


def are_one_person(people: Iterable[frozenset[tuple[str, str]]], pair: frozenset[tuple[str, str]]) -> bool:
    return any(pair <= person for person in people)


def check_decision(
    happened: list[Event], pair: frozenset[tuple[str, str]], kind: RulingKind, seed: int, how: Accidents
) -> None:
    """A decision on a pair holds, leaves profiles of their own events, and is taken back without a trace."""
    policy = Thresholds(60)
    before = outcome([expected(happened, policy.policy, 1).cards], policy.policy)
    cluster = run(happened, policy.text, seed, how)
    history: list[Happening] = [*happened, decided(pair, 1, kind)]
    cluster.deliver(history[-1])
    cluster.settle()
    truth = check(cluster, history, policy)
    now = stored_outcome(cluster, policy.policy)
    assert are_one_person(now.people, pair) == kind.joins
    assert {verdict for of, verdict in now.verdicts if of == pair} == {
        "decided_together" if kind.joins else "decided_apart"
    }
    check_heard(cluster.heard(seed), told_at_once(history, policy), truth.cards)
    history.append(decided(pair, 2, RulingKind.WITHDRAWN))
    cluster.deliver(history[-1])
    cluster.settle()
    assert stored_outcome(cluster, policy.policy) == before
    check_heard(cluster.heard(seed), told_at_once(history, policy), truth.cards)


@settings(max_examples=examples(60), suppress_health_check=RARE)
@given(happened=event_lists(), seed=seeds, how=accidents, data=st.data())
def test_like_people_are_kept_apart_by_a_decision_and_one_again_without_it(
    happened: list[Event], seed: int, how: Accidents, data: st.DataObject
) -> None:
    """The pair that is decided on is one person by likeness alone, or by links too."""
    policy = Thresholds(60).policy
    found = outcome([expected(happened, policy, 1).cards], policy)
    pairs = sorted((sorted(pair) for pair, verdict in found.verdicts if verdict == "matched"))
    assume(pairs)
    check_decision(happened, frozenset(data.draw(st.sampled_from(pairs))), RulingKind.APART, seed, how)


@settings(max_examples=examples(60), suppress_health_check=RARE)
@given(
    happened=event_lists(),
    kind=st.sampled_from([RulingKind.TOGETHER, RulingKind.RELEASE]),
    seed=seeds,
    how=accidents,
    data=st.data(),
)
def test_suggested_people_are_one_by_a_decision_and_two_again_without_it(
    happened: list[Event], kind: RulingKind, seed: int, how: Accidents, data: st.DataObject
) -> None:
    """Wherever the two gathered before."""
    policy = Thresholds(60).policy
    found = outcome([expected(happened, policy, 1).cards], policy)
    pairs = sorted((sorted(pair) for pair, verdict in found.verdicts if verdict == "suggested"))
    assume(pairs)
    check_decision(happened, frozenset(data.draw(st.sampled_from(pairs))), kind, seed, how)


@settings(max_examples=examples(150))
@given(happened=st.one_of(histories(), crowds()), policy=POLICIES, key=st.binary(min_size=16, max_size=64), seed=seeds)
def test_who_is_alike_does_not_depend_on_the_key_of_the_node_ids_or_an_order(
    happened: list[Happening], policy: Thresholds, key: bytes, seed: int
) -> None:
    """Under another key every id is another, and the same identifiers are the same people."""
    cards = expected(happened, policy.policy, 1).cards
    chance = random.Random(seed)  # noqa: S311  # an order of a test
    renamed = {node: node_id(key, card.type, card.value) for node, card in cards.items()}

    def turned(told: Mapping[NodeId, Any]) -> dict[NodeId, Any]:
        return {renamed[node]: what for node, what in chance.sample(list(told.items()), len(told))}

    other = {
        node: structs.replace(
            card,
            links=turned(card.links),
            neighbours=turned(card.neighbours),
            rulings=turned(card.rulings),
            alike=turned(card.alike),
        )
        for node, card in turned(cards).items()
    }
    assert outcome([other], policy.policy) == outcome([cards], policy.policy)


@settings(max_examples=examples(100))
@given(happened=st.one_of(histories(), crowds()), seed=seeds, how=accidents)
def test_who_finds_no_room_in_a_gathering_is_matched_no_more_and_gathers_once(
    happened: list[Happening], seed: int, how: Accidents
) -> None:
    """They are shared, so their records are in no block and nobody is alike to them."""
    cluster = run(happened, Thresholds(60, gathering=3).text, seed, how)
    nodes = cluster.nodes()
    shared = {node for node, state in nodes.items() if state.card.shared}
    for number in range(how.partitions):
        assert all(shared.isdisjoint(inside) for inside in cluster.blocks(number).values())
    for node, state in nodes.items():
        assert shared.isdisjoint(state.card.alike)
        assert node not in shared or (state.card.record, state.card.alike) == (b"", {})
    members = [member for gathering in cluster.gatherings().values() for member in gathering.members]
    assert sorted(members) == sorted(nodes)
