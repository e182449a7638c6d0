"""What a steward decided holds in every history, and shows where it cannot hold."""

import msgspec
from hypothesis import given, settings

from identity.graph import NEVER_SEEN, Card, RulingKind
from identity.nodes import NodeId
from identity.resolution import LinkId, Resolution, Verdict, resolve
from tests.property.effort import examples
from tests.property.engine_model import Happening, oracle_cards
from tests.property.strategies import POLICY, histories

Cards = dict[NodeId, Card]


def seen(cards: Cards) -> Cards:
    return {node: card for node, card in cards.items() if card.first_seen < NEVER_SEEN}


def pairs(cards: Cards, *kinds: RulingKind) -> set[frozenset[NodeId]]:
    """Return the pairs of seen nodes with such a decision."""
    present = seen(cards)
    return {
        frozenset({node, other})
        for node, card in present.items()
        for other, ruling in card.rulings.items()
        if other in present and ruling.kind in kinds
    }


def blocked(cards: Cards) -> set[NodeId]:
    return {node for node, card in seen(cards).items() if card.block.blocked}


def founders(resolution: Resolution) -> dict[NodeId, NodeId]:
    return {node: person.founder for person in resolution.people for node in person.nodes}


def verdict(resolution: Resolution, pair: frozenset[NodeId]) -> Verdict | None:
    one, other = pair
    found = (resolution.verdicts.get(LinkId(one, other)), resolution.verdicts.get(LinkId(other, one)))
    return next((each for each in found if each in _SHOWS_A_DECISION), None)


_SHOWS_A_DECISION = {"decided_apart", "decided_together", "contradicting_decision", "blocked_identifier"}


@settings(max_examples=examples(300))
@given(happened=histories())
def test_who_was_decided_apart_is_never_one_person(happened: list[Happening]) -> None:
    """Whatever links the two, and whoever was decided together with either."""
    cards = oracle_cards(happened, POLICY)
    of = founders(resolve(cards, POLICY))
    for one, other in pairs(cards, RulingKind.APART):
        assert of[one] != of[other]


@settings(max_examples=examples(300))
@given(happened=histories())
def test_who_was_decided_together_is_one_person_or_it_shows_why_not(happened: list[Happening]) -> None:
    """Every decision has a verdict; only another decision keeps it from holding."""
    cards = oracle_cards(happened, POLICY)
    resolution = resolve(cards, POLICY)
    of, out = founders(resolution), blocked(cards)
    for pair in pairs(cards, RulingKind.TOGETHER, RulingKind.RELEASE):
        one, other = pair
        if not out.isdisjoint(pair):
            assert verdict(resolution, pair) == "blocked_identifier"
        elif of[one] == of[other]:
            assert verdict(resolution, pair) == "decided_together"
        else:
            assert verdict(resolution, pair) == "contradicting_decision"
            assert pairs(cards, RulingKind.APART)


@settings(max_examples=examples(300))
@given(happened=histories())
def test_a_blocked_identifier_is_always_alone(happened: list[Happening]) -> None:
    cards = oracle_cards(happened, POLICY)
    for person in resolve(cards, POLICY).people:
        assert len(person.nodes) == 1 or blocked(cards).isdisjoint(person.nodes)


@settings(max_examples=examples(300))
@given(happened=histories())
def test_withdrawn_decisions_are_as_if_they_had_never_been_made(happened: list[Happening]) -> None:
    cards = oracle_cards(happened, POLICY)
    without = {
        node: msgspec.structs.replace(
            card,
            rulings={other: ruling for other, ruling in card.rulings.items() if ruling.kind != RulingKind.WITHDRAWN},
        )
        for node, card in cards.items()
    }
    assert resolve(without, POLICY) == resolve(cards, POLICY)
