"""So many who look alike that they are a crowd: whom it unites is a rule on all of them, whatever the order was."""

import random
from collections.abc import Iterable, Mapping, Sequence
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from identity import crowds
from identity.graph import Block, Card, Ruling, RulingKind
from identity.matching.likeness import least_centibits
from identity.nodes import NodeId
from identity.policy import IdentityPolicy
from tests.property.effort import examples
from tests.property.engine_model import Blocking, Decision, Event, Happening, Identified, identifier
from tests.property.partition_model import Accidents, Outcome, Thresholds, expected, outcome, run, stored_outcome
from tests.property.strategies import seeds

NAMES = (("Anna", "Huber"), ("Anna", "Hubar"), ("Anne", "Gruber"), ("Anna", "Meyer"), ("Otto", "Meyer"))
BORN = ("1980-01-02", "1980-01-03", "1981-01-02")
TOWNS = ("Bonn", "Köln")


def crowd(people: int, seed: int) -> list[Happening]:
    """Return events of people of few names, some of whom are told otherwise later, and a few decisions."""
    chance = random.Random(seed)  # noqa: S311  # a made-up world
    happened: list[Happening] = []
    ends: list[Identified] = []
    for number in range(people):
        own = [
            identifier("customer_id", f"c{number}"),
            identifier("email", f"star{number * 7919 % 997:03}@example.org"),
        ]
        ends += own
        shown = (own[:1], own[1:], own, [*own[:1], identifier("phone", f"+49301234{number // 2:03}")])
        for time, seen in enumerate(chance.sample(shown, chance.randint(1, 3)), 1):
            told = _traits(chance)
            happened.append(Event(f"event {number} {time}", 10 * number + time, "crm", tuple(sorted(seen)), told))
    for at in range(chance.randint(0, 4)):
        one, other = chance.sample(ends, 2)
        happened.append(Decision(one, other, Ruling(at, chance.choice(list(RulingKind)))))
    blocked = chance.sample(ends, chance.randint(0, 2))
    return [*happened, *(Blocking(one, Block(chance.randint(1, 3), chance.random() < 0.7)) for one in blocked)]


def told_later(happened: Sequence[Happening], at: int, seed: int) -> list[Happening]:
    """Return what some are told to be later, and who is blocked or no more: others are alike then."""
    chance = random.Random(seed)  # noqa: S311  # a made-up world
    anchors = sorted({one.anchor for one in happened if isinstance(one, Event)})
    return [
        Blocking(one, Block(at, blocked=chance.random() < 0.7))
        if chance.random() < 0.5
        else Event(f"later {at} {one.value}", 10_000 + at, "crm", (one,), _traits(chance))
        for one in chance.sample(anchors, chance.randint(1, len(anchors)))
    ]


def _traits(chance: random.Random) -> tuple[tuple[str, str], ...]:
    first, last = chance.choice(NAMES)
    born = (("birth_date", chance.choice(BORN)),) if chance.random() < 0.8 else ()
    return (("first_name", first), ("last_name", last), *born, ("city", chance.choice(TOWNS)))


def by_the_rule(happened: Iterable[Happening], policy: IdentityPolicy, most: int) -> Outcome:
    """Return what must come out: as if those in crowds were not alike enough, and each such pair a suggestion."""
    cards = expected(happened, policy, 1).cards
    assert policy.matching is not None
    least = least_centibits(policy.matching.unite)
    chains = _hanging_together(cards, _links(cards, policy))
    chain_of = {node: number for number, chain in enumerate(chains) for node in chain}
    likely = {
        (one, other)
        for one, card in cards.items()
        for other, found in card.alike.items()
        if one < other and found >= least
    }
    crowded = {
        node
        for piece in _hanging_together(cards, [*_links(cards, policy), *likely])
        if len(piece) > most
        for node in piece
    }
    refused = {pair for pair in likely if pair[0] in crowded and chain_of[pair[0]] != chain_of[pair[1]]}
    unlike = {
        node: structs.replace(
            card,
            alike={
                other: least - 1 if (min(node, other), max(node, other)) in refused else found
                for other, found in card.alike.items()
            },
        )
        for node, card in cards.items()
    }
    found = outcome([unlike], policy)
    names = {node: (card.type, card.value) for node, card in cards.items()}
    pairs = {frozenset((names[one], names[other])) for one, other in refused}
    verdicts = {
        (pair, "too_many_alike" if pair in pairs and verdict == "suggested" else verdict)
        for pair, verdict in found.verdicts
    }
    return Outcome(found.people, found.founders, frozenset(verdicts))


def _links(cards: Mapping[NodeId, Card], policy: IdentityPolicy) -> list[tuple[NodeId, NodeId]]:
    links = [
        (node, other)
        for node, card in cards.items()
        for other in card.links
        if not card.shared and not cards[other].shared
    ]
    seen = {node for node, card in cards.items() if card.first_seen < 2**62 and card.type in policy.identifiers}
    decided = [
        (node, other) for node, card in cards.items() for other, ruling in card.rulings.items() if ruling.kind.joins
    ]
    return [link for link in [*links, *decided] if seen.issuperset(link)]


def _hanging_together(nodes: Iterable[NodeId], pairs: Iterable[tuple[NodeId, NodeId]]) -> list[set[NodeId]]:
    parts = {node: {node} for node in nodes}
    for one, other in pairs:
        if parts[one] is not parts[other]:
            parts[one] |= parts[other]
            for node in parts[other]:
                parts[node] = parts[one]
    return list({id(part): part for part in parts.values()}.values())


accidents = st.builds(
    Accidents,
    partitions=st.integers(1, 4),
    repeated=st.sampled_from([0.0, 0.2]),
    crashes=st.integers(0, 4),
    reordered=st.booleans(),
    largest_chunk=st.sampled_from([1, 4, 30]),
)


@settings(max_examples=examples(40))
@given(
    people=st.integers(3, 24),
    world=st.integers(0, 100_000),
    most=st.integers(2, 12),
    policy=st.sampled_from([Thresholds(3), Thresholds(6), Thresholds(60), Thresholds(60, neighbours=5)]),
    seed=seeds,
    how=accidents,
)
def test_a_crowd_is_the_same_customers_links_and_suggestions_in_any_order(
    people: int, world: int, most: int, policy: Thresholds, seed: int, how: Accidents
) -> None:
    """Whatever is taken back or repeated, in partitions or one; blocks that open and close take likeness back too."""
    happened = crowd(people, world)
    with patch.object(crowds, "MOST_ALIKE", most):
        cluster = run(happened, policy.text, seed, how)
        assert stored_outcome(cluster, policy.policy) == by_the_rule(happened, policy.policy, most)


@settings(max_examples=examples(30))
@given(
    people=st.integers(3, 24),
    world=st.integers(0, 100_000),
    most=st.integers(2, 12),
    seed=seeds,
    how=accidents,
)
def test_what_a_crowd_kept_apart_comes_together_once_it_is_none(
    people: int, world: int, most: int, seed: int, how: Accidents
) -> None:
    """After all was told and settled, so that whoever was told of a crowd must be told that it is no more."""
    happened, policy = crowd(people, world), Thresholds(60)
    with patch.object(crowds, "MOST_ALIKE", most):
        cluster = run(happened, policy.text, seed, how)
        for at in range(10, 13):
            later = told_later(happened, at, world + at)
            for one in later:
                cluster.deliver(one)
            cluster.settle()
            happened += later
            assert stored_outcome(cluster, policy.policy) == by_the_rule(happened, policy.policy, most)
