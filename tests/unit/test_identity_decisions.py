"""What a steward decides comes before what was seen, and can be taken back exactly."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.graph import Block, Card, Ruling, RulingKind, merge_cards
from identity.policy import IdentityPolicy
from identity.resolution import LinkId, resolve
from tests.property.engine_model import Identified, event, identifier, oracle_cards
from tests.unit.resolving import POLICY, Cards, decide, gathered, seen

ANN, BEN, CAT = (identifier("customer_id", name) for name in ("ann", "ben", "cat"))
ANNS_MAIL, BENS_MAIL = identifier("email", "ann@example.org"), identifier("email", "ben@example.org")
TABLET, COOKIE = identifier("device_id", "tablet"), identifier("cookie", "cookie")
NUMBER = identifier("phone", "+4930123456")
TOGETHER, APART, WITHDRAWN = RulingKind.TOGETHER, RulingKind.APART, RulingKind.WITHDRAWN


def people(cards: Cards, policy: IdentityPolicy = POLICY) -> set[frozenset[str]]:
    return {frozenset(cards[node].value for node in person.nodes) for person in resolve(cards, policy).people}


def verdict(cards: Cards, one: Identified, other: Identified) -> str | None:
    verdicts = resolve(cards, POLICY).verdicts
    return verdicts.get(LinkId(one.node, other.node)) or verdicts.get(LinkId(other.node, one.node))


def test_two_whom_nothing_links_are_one_person_by_decision() -> None:
    cards = gathered(seen(1, ANN, ANNS_MAIL), seen(1, BENS_MAIL, COOKIE))
    decide(cards, ANN, BENS_MAIL, TOGETHER)
    assert people(cards) == {frozenset({"ann", "ann@example.org", "ben@example.org", "cookie"})}
    assert verdict(cards, ANN, BENS_MAIL) == "decided_together"


def test_a_decision_goes_past_a_limit() -> None:
    cards = gathered(seen(1, ANN, ANNS_MAIL), seen(1, BEN, BENS_MAIL))
    decide(cards, ANN, BEN, TOGETHER)
    assert people(cards) == {frozenset({"ann", "ben", "ann@example.org", "ben@example.org"})}


def test_what_a_decision_exceeded_forbids_nothing_but_more_of_the_same() -> None:
    cards = gathered(seen(1, ANN, COOKIE), seen(1, BEN, BENS_MAIL), seen(1, CAT, ANNS_MAIL), seen(1, BEN, ANNS_MAIL))
    decide(cards, ANN, BEN, TOGETHER)
    assert frozenset({"ann", "ben", "cookie", "ben@example.org"}) <= next(one for one in people(cards) if "ann" in one)
    assert not any({"ann", "cat"} <= person for person in people(cards))


def test_two_who_are_linked_are_two_people_by_decision() -> None:
    cards = gathered(seen(9, ANN, ANNS_MAIL))
    decide(cards, ANN, ANNS_MAIL, APART)
    assert people(cards) == {frozenset({"ann"}), frozenset({"ann@example.org"})}
    assert verdict(cards, ANN, ANNS_MAIL) == "decided_apart"


def test_a_chain_between_two_apart_breaks_at_its_weakest_link() -> None:
    cards = gathered(seen(9, ANN, ANNS_MAIL), seen(9, BENS_MAIL, NUMBER), seen(1, ANNS_MAIL, NUMBER))
    assert len(people(cards)) == 1
    decide(cards, ANN, BENS_MAIL, APART)
    assert people(cards) == {frozenset({"ann", "ann@example.org"}), frozenset({"ben@example.org", NUMBER.value})}
    assert verdict(cards, ANNS_MAIL, NUMBER) == "decided_apart"


def test_a_decision_that_is_withdrawn_leaves_no_trace_in_the_people() -> None:
    cards = gathered(seen(3, ANN, ANNS_MAIL, COOKIE), seen(2, BEN, COOKIE))
    before = people(cards)
    decide(cards, ANN, COOKIE, APART, at=1)
    decide(cards, ANN, BEN, TOGETHER, at=2)
    assert people(cards) != before
    decide(cards, ANN, COOKIE, WITHDRAWN, at=3)
    decide(cards, ANN, BEN, WITHDRAWN, at=4)
    assert people(cards) == before


def test_the_newest_decision_on_two_holds() -> None:
    cards = gathered(seen(1, ANN, ANNS_MAIL))
    decide(cards, ANN, ANNS_MAIL, APART, at=5)
    decide(cards, ANN, ANNS_MAIL, TOGETHER, at=4)
    assert people(cards) == {frozenset({"ann"}), frozenset({"ann@example.org"})}


def test_of_two_decisions_at_the_same_moment_the_cautious_one_holds() -> None:
    cards = gathered(seen(1, ANN, ANNS_MAIL))
    decide(cards, ANN, ANNS_MAIL, APART)
    decide(cards, ANN, ANNS_MAIL, TOGETHER)
    assert len(people(cards)) == 2


def test_a_circle_of_decisions_keeps_the_older_ones_and_says_which_contradicts() -> None:
    cards = gathered(seen(1, ANN), seen(1, BEN), seen(1, CAT))
    decide(cards, ANN, BEN, TOGETHER, at=1)
    decide(cards, BEN, CAT, TOGETHER, at=2)
    decide(cards, ANN, CAT, APART, at=3)
    assert people(cards) == {frozenset({"ann", "ben"}), frozenset({"cat"})}
    assert verdict(cards, BEN, CAT) == "contradicting_decision"
    assert verdict(cards, ANN, CAT) == "decided_apart"


def test_a_released_link_joins_past_the_rule_that_quarantined_it() -> None:
    cards = gathered(seen(3, ANN, TABLET), seen(3, BEN, TABLET))
    assert verdict(cards, ANN, TABLET) == "ambiguous_identifier"
    decide(cards, ANN, TABLET, RulingKind.RELEASE)
    assert people(cards) == {frozenset({"ann", "tablet"}), frozenset({"ben"})}


def test_a_blocked_identifier_joins_nobody() -> None:
    cards = gathered(seen(3, ANN, ANNS_MAIL), seen(3, BENS_MAIL, COOKIE), seen(3, ANNS_MAIL, COOKIE))
    cards[ANNS_MAIL.node].block = Block(1, blocked=True)
    anns, bens = frozenset({"ann@example.org"}), frozenset({"ben@example.org", "cookie"})
    assert people(cards) == {frozenset({"ann"}), anns, bens}
    assert verdict(cards, ANN, ANNS_MAIL) == "blocked_identifier"


def test_a_blocked_identifier_is_together_with_nobody_either() -> None:
    cards = gathered(seen(1, ANN), seen(1, ANNS_MAIL))
    decide(cards, ANN, ANNS_MAIL, TOGETHER)
    cards[ANNS_MAIL.node].block = Block(1, blocked=True)
    assert len(people(cards)) == 2


def test_a_decision_that_a_block_overrides_says_so() -> None:
    cards = gathered(seen(1, ANN), seen(1, ANNS_MAIL))
    decide(cards, ANN, ANNS_MAIL, TOGETHER)
    cards[ANNS_MAIL.node].block = Block(1, blocked=True)
    assert verdict(cards, ANN, ANNS_MAIL) == "blocked_identifier"


@pytest.mark.parametrize("bens", [1, 3, 20])
def test_whom_an_identifier_must_stay_apart_from_does_not_pull_it(bens: int) -> None:
    """Decided not to be Ann's, the cookie is Ben's, however often it was seen with her."""
    cards = gathered(seen(3, ANNS_MAIL, COOKIE), seen(bens, BENS_MAIL, COOKIE))
    decide(cards, ANNS_MAIL, COOKIE, APART)
    assert people(cards) == {frozenset({"ann@example.org"}), frozenset({"ben@example.org", "cookie"})}
    assert verdict(cards, ANNS_MAIL, COOKIE) == "decided_apart"
    assert verdict(cards, BENS_MAIL, COOKIE) == "joined"


def test_an_identifier_that_was_only_decided_on_is_nobody() -> None:
    cards = gathered(seen(1, ANN))
    cards[ANNS_MAIL.node] = Card("email", ANNS_MAIL.value, 0, 2**62, shared=False, links={}, neighbours={})
    decide(cards, ANN, ANNS_MAIL, TOGETHER)
    assert people(cards) == {frozenset({"ann"})}


def test_a_limit_may_hold_for_a_window_of_days() -> None:
    """Two addresses a year are usual; two in a week are not one person's."""
    day = 24 * 3600 * 1000
    mails = [identifier("email", f"{number}@example.org") for number in range(3)]
    times = (0, 300 * day, 302 * day)
    events = [event(f"{mail.value}", time, ANN, mail) for mail, time in zip(mails, times, strict=True)]
    rule = replace(POLICY.identifiers["email"], limit_per_person=1, limit_days=30)
    policy = replace(POLICY, identifiers={**POLICY.identifiers, "email": rule})
    found = people(oracle_cards(events, policy), policy)
    assert frozenset({"ann", "0@example.org", "1@example.org"}) in found
    assert frozenset({"2@example.org"}) in found


def test_evidence_outweighs_the_type_of_those_an_identifier_was_seen_with() -> None:
    """Seen twenty times beside Ann's address and once beside Ben's number, a tablet is Ann's."""
    cards = gathered(seen(1, ANN, ANNS_MAIL), seen(20, ANNS_MAIL, TABLET), seen(1, BEN, TABLET))
    assert people(cards) == {frozenset({"ann", "ann@example.org", "tablet"}), frozenset({"ben"})}


rulings = st.builds(Ruling, st.integers(0, 5), st.sampled_from(RulingKind))


@st.composite
def ruled_cards(draw: st.DrawFn) -> Card:
    nodes = [ANN.node, BEN.node, CAT.node]
    told = draw(st.dictionaries(st.sampled_from(nodes), rulings))
    block = Block(draw(st.integers(0, 3)), blocked=draw(st.booleans()))
    return Card("email", "x", 0, 0, shared=False, links={}, neighbours={}, rulings=told, block=block)


@given(ruled_cards(), ruled_cards(), ruled_cards())
def test_decisions_on_cards_merge_without_an_order(one: Card, two: Card, three: Card) -> None:
    assert merge_cards(one, two) == merge_cards(two, one)
    assert merge_cards(merge_cards(one, two), three) == merge_cards(one, merge_cards(two, three))
    assert merge_cards(one, one) == one


def test_a_link_to_a_shared_identifier_is_told_as_shared_whether_or_not_it_is_blocked_too() -> None:
    """A shared one may have gathered elsewhere, where its block is not seen."""
    customers = [identifier("customer_id", f"customer {number}") for number in range(11)]
    cards = gathered(*(seen(1, customer, COOKIE) for customer in customers))
    cards[COOKIE.node].block = Block(1, blocked=True)
    told = verdict(cards, customers[0], COOKIE)
    del cards[COOKIE.node]
    assert told == verdict(cards, customers[0], COOKIE) == "shared_identifier"
