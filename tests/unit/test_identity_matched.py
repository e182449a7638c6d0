"""What like and unlike records do to who is one person, told as records."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import pytest

from identity import matched
from identity.graph import Block, Card, Ruling, RulingKind
from identity.matching.default import default_model
from identity.matching.likeness import Likeness, centibits
from identity.matching.link import log_odds
from identity.matching.records import encode_record, match_record
from identity.nodes import NodeId
from identity.policy import IdentityPolicy, Matching
from identity.policy_file import default_policy
from identity.resolution import LinkId, resolve
from tests.property.engine_model import Event, Identified, event, identifier, oracle_cards, tight_policy

MATCHING = Matching(unite=0.9, suggest=0.5, refuse=0.01, block_cap=60, model="")
POLICY = replace(default_policy(), matching=MATCHING)
LIKENESS = Likeness(default_model())

ANN, BEN = identifier("customer_id", "ann"), identifier("customer_id", "ben")
ROWS = [identifier("crm_id", f"row {number}") for number in range(4)]
COOKIE, MAIL = identifier("cookie", "cookie"), identifier("email", "star77@example.org")

ANNA = {"first_name": "Anna", "last_name": "Huber", "birth_date": "1980-01-02", "postcode": "10115"}
HER_SLIP = {**ANNA, "last_name": "Hubar"}
HER_TWIN = {**ANNA, "first_name": "Otto"}
OTTO = {"first_name": "Otto", "last_name": "Schwarz", "birth_date": "1957-12-31", "postcode": "50667"}
MAYBE = {"first_name": "Anne", "last_name": "Huber", "postcode": "10115"}
UNPLACED = {"first_name": "Anna", "last_name": "Huber", "birth_date": "1980-01-02"}

Cards = dict[NodeId, Card]
Traits = Mapping[Identified, Mapping[str, str]]


def gathered(traits: Traits, *events: list[Event], policy: IdentityPolicy = POLICY) -> Cards:
    """Return cards with such records, each alike to the others as their blocks would say."""
    seen = [one for part in events for one in part] + [event(f"of {part.value}", 1, part) for part in traits]
    cards = oracle_cards(seen, policy)
    for part, told in traits.items():
        cards[part.node].record = encode_record(match_record(told, []))
    for part in traits:
        cards[part.node].alike = {
            other.node: found for other in traits if other != part and (found := alike(traits[part], traits[other])) > 0
        }
    return cards


def alike(one: Mapping[str, str], other: Mapping[str, str]) -> int:
    return LIKENESS.centibits(*(encode_record(match_record(told, [])) for told in (one, other)))


def together(times: int, *whom: Identified) -> list[Event]:
    name = "+".join(part.value for part in whom)
    return [event(f"{name} {number}", 2 + number, *whom) for number in range(times)]


def people(cards: Cards, policy: IdentityPolicy = POLICY) -> set[frozenset[str]]:
    found = resolve(cards, policy, LIKENESS).people
    return {frozenset(cards[node].value for node in person.nodes) for person in found}


def verdicts(cards: Cards, one: Identified, other: Identified, policy: IdentityPolicy = POLICY) -> list[str]:
    found = resolve(cards, policy, LIKENESS).verdicts
    return [found[link] for link in (LinkId(one.node, other.node), LinkId(other.node, one.node)) if link in found]


def decide(cards: Cards, one: Identified, other: Identified, kind: RulingKind) -> None:
    for node, far in ((one.node, other.node), (other.node, one.node)):
        cards[node].rulings = {far: Ruling(1, kind)}


def test_people_whose_records_are_alike_are_one_person() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: HER_SLIP})
    assert people(cards) == {frozenset({"row 0", "row 1"})}
    assert verdicts(cards, ROWS[0], ROWS[1]) == ["matched"]


def test_people_whose_records_are_somewhat_alike_are_suggested() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: MAYBE})
    assert 0 < alike(ANNA, MAYBE) < centibits(log_odds(MATCHING.unite))
    assert people(cards) == {frozenset({"row 0"}), frozenset({"row 1"})}
    assert verdicts(cards, ROWS[0], ROWS[1]) == ["suggested"]


def test_how_alike_they_are_is_told_with_the_verdict() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: MAYBE})
    link = LinkId(*sorted((ROWS[0].node, ROWS[1].node)))
    assert resolve(cards, POLICY, LIKENESS).alike == {link: alike(ANNA, MAYBE)}


def test_without_a_likeness_or_matching_records_say_nothing() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: ANNA})
    for found in (resolve(cards, POLICY), resolve(cards, replace(POLICY, matching=None), LIKENESS)):
        assert (len(found.people), found.verdicts, found.alike) == (2, {}, {})


def test_an_identifier_of_people_whose_records_contradict_joins_them_not() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: OTTO}, together(3, ROWS[0], MAIL), together(2, ROWS[1], MAIL))
    assert {frozenset({"row 0"}), frozenset({"row 1"})} <= people(cards)
    assert people(cards, replace(POLICY, matching=None)) == {frozenset({"row 0", "row 1", MAIL.value})}


def test_an_identifier_that_one_of_the_contradicting_dominates_is_theirs() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: OTTO}, together(9, ROWS[0], MAIL), together(2, ROWS[1], MAIL))
    assert people(cards) == {frozenset({"row 0", MAIL.value}), frozenset({"row 1"})}
    assert verdicts(cards, ROWS[1], MAIL) == ["unlike_records"]


def test_an_identifier_that_no_contradicting_one_dominates_is_nobodys() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: OTTO}, together(2, ROWS[0], MAIL), together(2, ROWS[1], MAIL))
    assert frozenset({MAIL.value}) in people(cards)
    assert verdicts(cards, ROWS[0], MAIL) == verdicts(cards, ROWS[1], MAIL) == ["ambiguous_identifier"]


def test_contradicting_records_that_were_seen_together_are_two_people() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: OTTO}, together(5, ROWS[0], ROWS[1]))
    assert people(cards) == {frozenset({"row 0"}), frozenset({"row 1"})}
    assert verdicts(cards, ROWS[0], ROWS[1]) == ["unlike_records"]


def test_a_link_that_was_out_is_joined_where_likeness_made_its_ends_one_person() -> None:
    cards = gathered(
        {ANN: OTTO, ROWS[0]: ANNA, ROWS[1]: ANNA}, together(1, ANN, ROWS[0]), together(1, ROWS[0], ROWS[1])
    )
    assert frozenset({"row 0", "row 1"}) in people(cards)
    assert verdicts(cards, ROWS[0], ROWS[1]) == ["joined"]
    assert verdicts(cards, ANN, ROWS[0]) == ["ambiguous_identifier"]


def test_an_identifier_without_a_record_joins_as_ever() -> None:
    cards = gathered({ROWS[0]: ANNA}, together(1, ROWS[0], ROWS[1]), together(1, ROWS[1], COOKIE))
    assert people(cards) == {frozenset({"row 0", "row 1", "cookie"})}


def test_one_record_that_agrees_is_enough_for_people_of_several() -> None:
    """Whoever wrote Otto on one of Anna's cards does not part her from her others."""
    cards = gathered(
        {ROWS[0]: ANNA, ROWS[1]: OTTO, ROWS[2]: HER_SLIP}, together(9, ROWS[0], MAIL), together(3, ROWS[2], MAIL)
    )
    assert frozenset({"row 0", "row 2", MAIL.value}) in people(cards)


def test_a_decision_that_contradicting_people_are_one_holds() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: OTTO}, together(5, ROWS[0], ROWS[1]))
    decide(cards, ROWS[0], ROWS[1], RulingKind.RELEASE)
    assert people(cards) == {frozenset({"row 0", "row 1"})}


def test_people_with_an_identifier_each_of_a_unique_type_are_never_matched() -> None:
    cards = gathered({ANN: ANNA, BEN: ANNA})
    assert people(cards) == {frozenset({"ann"}), frozenset({"ben"})}
    assert verdicts(cards, ANN, BEN) == ["suggested_past_limit"]


def test_of_two_of_a_unique_type_only_one_is_united_with_a_third() -> None:
    cards = gathered({ANN: ANNA, BEN: UNPLACED, ROWS[0]: ANNA})
    assert people(cards) == {frozenset({"ann", "row 0"}), frozenset({"ben"})}
    assert verdicts(cards, ANN, ROWS[0]) == ["matched"]
    assert verdicts(cards, BEN, ROWS[0]) == ["suggested_past_limit"]


def test_likeness_carries_identifiers_along() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: ANNA}, together(1, ROWS[0], COOKIE), together(1, ROWS[1], MAIL))
    assert people(cards) == {frozenset({"row 0", "row 1", "cookie", MAIL.value})}


def test_like_people_who_were_decided_apart_are_two_and_no_suggestion() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: ANNA})
    decide(cards, ROWS[0], ROWS[1], RulingKind.APART)
    assert people(cards) == {frozenset({"row 0"}), frozenset({"row 1"})}
    assert verdicts(cards, ROWS[0], ROWS[1]) == ["decided_apart"]


def test_who_was_decided_apart_is_not_united_by_way_of_a_third() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: ANNA, ROWS[2]: ANNA})
    decide(cards, ROWS[0], ROWS[1], RulingKind.APART)
    assert not any({"row 0", "row 1"} <= person for person in people(cards))


@pytest.mark.parametrize("kind", [RulingKind.TOGETHER, RulingKind.RELEASE])
def test_suggested_people_are_one_by_decision_and_how_alike_they_are_stays_told(kind: RulingKind) -> None:
    for other in ROWS[1:]:
        cards = gathered({ROWS[0]: ANNA, other: MAYBE})
        decide(cards, ROWS[0], other, kind)
        assert people(cards) == {frozenset({"row 0", other.value})}
        assert verdicts(cards, ROWS[0], other) == ["decided_together"]
        assert list(resolve(cards, POLICY, LIKENESS).alike.values()) == [alike(ANNA, MAYBE)]


def test_a_pair_that_a_link_speaks_of_has_the_links_verdict() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: ANNA}, together(1, ROWS[0], ROWS[1]))
    assert verdicts(cards, ROWS[0], ROWS[1]) == ["joined"]


def test_a_pair_with_a_node_elsewhere_is_suggested_on_the_smaller_nodes_side_only() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: MAYBE})
    smaller, larger = sorted(cards)
    found = resolve({smaller: cards[smaller]}, POLICY, LIKENESS)
    assert found.verdicts == {LinkId(smaller, larger): "suggested"}
    assert found.alike == {LinkId(smaller, larger): alike(ANNA, MAYBE)}
    assert resolve({larger: cards[larger]}, POLICY, LIKENESS).verdicts == {}


def test_a_pair_elsewhere_is_suggested_in_company_too() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: MAYBE}, together(1, ROWS[0], COOKIE), together(1, ROWS[1], MAIL))
    smaller, larger = sorted((ROWS[0].node, ROWS[1].node))
    near = {
        node: card
        for node, card in cards.items()
        if node in {smaller, COOKIE.node if smaller == ROWS[0].node else MAIL.node}
    }
    assert LinkId(smaller, larger) in resolve(near, POLICY, LIKENESS).verdicts
    rest = {node: card for node, card in cards.items() if node not in near}
    assert LinkId(smaller, larger) not in resolve(rest, POLICY, LIKENESS).verdicts


def test_where_a_pair_gathers_changes_nothing_of_its_suggestion() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: MAYBE})
    apart = [resolve({node: card}, POLICY, LIKENESS) for node, card in cards.items()]
    at_once = resolve(cards, POLICY, LIKENESS)
    assert {link: verdict for found in apart for link, verdict in found.verdicts.items()} == at_once.verdicts
    assert {link: bits for found in apart for link, bits in found.alike.items()} == at_once.alike


@pytest.mark.parametrize("at_once", [True, False])
def test_a_blocked_node_takes_no_part(at_once: bool) -> None:  # noqa: FBT001  # drawn by name
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: ANNA, ROWS[2]: OTTO})
    cards[ROWS[0].node].block = Block(1, blocked=True)
    shown = cards if at_once else {ROWS[0].node: cards[ROWS[0].node]}
    found = resolve(shown, POLICY, LIKENESS)
    assert (len(found.people), found.verdicts) == (len(shown), {})


def test_a_shared_node_takes_no_part() -> None:
    policy = replace(tight_policy(crm_id=1), matching=MATCHING)
    cards = gathered(
        {ROWS[0]: ANNA, ROWS[1]: ANNA}, together(1, ROWS[0], COOKIE), together(1, ROWS[0], MAIL), policy=policy
    )
    assert cards[ROWS[0].node].shared
    assert not any({"row 0", "row 1"} <= person for person in people(cards, policy))
    assert verdicts(cards, ROWS[0], ROWS[1], policy) == []


def test_too_many_records_that_hang_together_are_only_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matched, "MOST_COMPARED", 3)
    cards = gathered(dict.fromkeys(ROWS, ANNA))
    assert len(people(cards)) == len(ROWS)
    assert verdicts(cards, ROWS[0], ROWS[1]) == ["suggested"]
    del cards[ROWS[3].node]
    for card in cards.values():
        card.alike = {node: bits for node, bits in card.alike.items() if node in cards}
    assert people(cards) == {frozenset({"row 0", "row 1", "row 2"})}


def test_too_many_records_elsewhere_leave_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matched, "MOST_COMPARED", 2)
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: ANNA, ROWS[2]: OTTO, ROWS[3]: OTTO})
    assert people(cards) == {frozenset({"row 0", "row 1"}), frozenset({"row 2", "row 3"})}


def test_every_pair_of_records_counts_whether_they_met_in_a_block_or_not() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: ANNA, ROWS[2]: HER_SLIP})
    whole = people(cards)
    for one, other in ((ROWS[0], ROWS[2]), (ROWS[2], ROWS[0])):
        cards[one.node].alike = {node: bits for node, bits in cards[one.node].alike.items() if node != other.node}
    assert people(cards) == whole == {frozenset({"row 0", "row 1", "row 2"})}


def test_a_record_of_a_card_is_untouched_by_resolving() -> None:
    cards = gathered({ROWS[0]: ANNA, ROWS[1]: MAYBE, ROWS[2]: HER_TWIN}, together(1, ROWS[0], COOKIE))
    before = {node: msgspec.structs.replace(card) for node, card in cards.items()}
    resolve(cards, POLICY, LIKENESS)
    assert cards == before
