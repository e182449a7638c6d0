"""Whose a device is, told as what happened: alone, it never makes one person of two personal identifiers."""

import pytest

from identity.graph import RulingKind
from identity.matching.default import default_model
from identity.matching.likeness import Likeness
from identity.matching.records import encode_record, match_record
from identity.resolution import resolve
from tests.property.engine_model import Identified, identifier
from tests.unit.resolving import POLICY, Cards, decide, gathered, seen

LIKENESS = Likeness(default_model())

ANN, BEN, CAT = (identifier("email", f"{name}@example.org") for name in ("ann", "ben", "cat"))
ANNS_PHONE, ANNS_CARD = identifier("phone", "+491701234567"), identifier("loyalty_id", "card")
BROWSER, OTHER_BROWSER = (identifier("cookie", f"browser {number}") for number in range(2))
TABLET, HANDSET = identifier("device_id", "tablet"), identifier("device_id", "handset")
ANNA = {"first_name": "Anna", "last_name": "Huber", "birth_date": "1950-01-02", "postcode": "10115"}


def people(cards: Cards) -> set[frozenset[Identified]]:
    known = {identifier(card.type, card.value).node: identifier(card.type, card.value) for card in cards.values()}
    return {frozenset(known[node] for node in person.nodes) for person in resolve(cards, POLICY, LIKENESS).people}


def verdict(cards: Cards, anchor: Identified, other: Identified) -> str:
    verdicts = {tuple(link): rule for link, rule in resolve(cards, POLICY, LIKENESS).verdicts.items()}
    return verdicts[anchor.node, other.node]


def apart(*parts: Identified | set[Identified]) -> set[frozenset[Identified]]:
    return {frozenset(part) if isinstance(part, set) else frozenset({part}) for part in parts}


# --- one device, several people -----------------------------------------------------------------------------------


def test_a_browser_of_a_family_is_nobodys() -> None:
    cards = gathered(seen(4, ANN, BROWSER), seen(3, BEN, BROWSER), seen(2, CAT, BROWSER))
    assert people(cards) == apart(ANN, BEN, CAT, BROWSER)
    assert {verdict(cards, one, BROWSER) for one in (ANN, BEN, CAT)} == {"ambiguous_identifier"}


def test_a_browser_on_which_another_one_logged_in_once_stays_its_owners() -> None:
    cards = gathered(seen(40, ANN, BROWSER), seen(1, BEN, BROWSER))
    assert people(cards) == apart({ANN, BROWSER}, BEN)
    assert verdict(cards, ANN, BROWSER) == "joined"
    assert verdict(cards, BEN, BROWSER) == "device_alone"


def test_a_kiosk_on_which_each_logs_in_once_is_nobodys() -> None:
    customers = [identifier("crm_id", f"customer {number}") for number in range(8)]
    cards = gathered(*(seen(1, customer, TABLET) for customer in customers))
    assert people(cards) == apart(*customers, TABLET)


@pytest.mark.parametrize("kind", ["crm_id", "customer_id", "loyalty_id", "email", "phone", "social_handle"])
@pytest.mark.parametrize("device", ["cookie", "device_id", "advertising_id"])
def test_a_clerk_who_looks_at_two_accounts_joins_them_not(kind: str, device: str) -> None:
    one, other, browser = identifier(kind, "+491701"), identifier(kind, "+491702"), identifier(device, "clerk")
    assert people(gathered(seen(1, one, browser), seen(1, other, browser))) == apart(one, other, browser)


def test_personal_identifiers_of_different_types_are_as_apart() -> None:
    cards = gathered(seen(1, ANNS_CARD, TABLET), seen(1, BEN, TABLET))
    assert people(cards) == apart(ANNS_CARD, BEN, TABLET)


def test_two_who_share_two_devices_are_two_people() -> None:
    cards = gathered(seen(9, ANN, TABLET), seen(9, BEN, BROWSER), seen(1, BEN, TABLET), seen(1, ANN, BROWSER))
    assert people(cards) == apart({ANN, TABLET}, {BEN, BROWSER})


def test_an_address_that_changed_on_one_device_is_another_person_until_something_says_more() -> None:
    events = [seen(30, ANN, BROWSER), seen(20, BEN, BROWSER)]
    assert people(gathered(*events)) == apart(ANN, BEN, BROWSER)
    assert people(gathered(*events, seen(1, ANN, BEN))) == apart({ANN, BEN, BROWSER})


# --- one person -----------------------------------------------------------------------------------------------------


def test_anonymous_browsing_before_the_one_login_stays_theirs() -> None:
    cards = gathered(seen(20, BROWSER), seen(1, ANN, BROWSER))
    assert people(cards) == apart({ANN, BROWSER})


def test_one_touchpoint_with_both_makes_them_one_person_and_the_device_theirs() -> None:
    cards = gathered(seen(2, ANN, BROWSER), seen(2, BEN, BROWSER), seen(1, ANN, BEN, BROWSER))
    assert people(cards) == apart({ANN, BEN, BROWSER})


def test_personal_identifiers_join_one_after_the_other_and_take_their_devices_along() -> None:
    cards = gathered(
        seen(1, ANNS_CARD, ANN), seen(1, ANN, ANNS_PHONE), seen(1, ANNS_CARD, TABLET), seen(1, ANNS_PHONE, TABLET)
    )
    assert people(cards) == apart({ANNS_CARD, ANN, ANNS_PHONE, TABLET})


def test_those_whom_likeness_makes_one_person_get_the_device_they_dominate_together() -> None:
    cards = gathered(seen(3, ANN, BROWSER), seen(3, BEN, BROWSER), seen(2, CAT, BROWSER))
    assert people(cards) == apart(ANN, BEN, CAT, BROWSER)
    for one, other in ((ANN, BEN), (BEN, ANN)):
        cards[one.node].record = encode_record(match_record(ANNA, []))
        cards[one.node].alike = {other.node: 1000}
    assert people(cards) == apart({ANN, BEN, BROWSER}, CAT)
    assert verdict(cards, ANN, BROWSER) == verdict(cards, BEN, BROWSER) == "joined"
    assert verdict(cards, CAT, BROWSER) == "device_alone"


# --- devices in a row -----------------------------------------------------------------------------------------------


def test_a_row_of_devices_joins_nobody() -> None:
    cards = gathered(
        seen(1, ANN, BROWSER), seen(5, TABLET, BROWSER), seen(5, TABLET, OTHER_BROWSER), seen(1, BEN, OTHER_BROWSER)
    )
    assert people(cards) == apart({ANN, BROWSER}, {BEN, OTHER_BROWSER}, TABLET)


def test_a_device_between_two_peoples_devices_belongs_to_the_one_who_dominates() -> None:
    cards = gathered(
        seen(1, ANN, BROWSER), seen(9, TABLET, BROWSER), seen(1, TABLET, OTHER_BROWSER), seen(1, BEN, OTHER_BROWSER)
    )
    assert people(cards) == apart({ANN, BROWSER, TABLET}, {BEN, OTHER_BROWSER})
    assert verdict(cards, TABLET, OTHER_BROWSER) == "device_alone"


def test_whose_a_device_is_its_logins_tell_before_other_devices() -> None:
    cards = gathered(seen(1, ANN, BROWSER), seen(1, BEN, TABLET), seen(50, TABLET, BROWSER))
    assert people(cards) == apart({ANN, BROWSER}, {BEN, TABLET})


def test_a_row_of_devices_that_one_person_logged_in_on_is_theirs() -> None:
    cards = gathered(seen(1, ANN, BROWSER), seen(1, TABLET, BROWSER), seen(1, TABLET, OTHER_BROWSER))
    assert people(cards) == apart({ANN, BROWSER, TABLET, OTHER_BROWSER})


def test_a_device_that_is_nobodys_keeps_what_only_it_was_seen_with() -> None:
    cards = gathered(seen(2, ANN, TABLET), seen(2, BEN, TABLET), seen(9, TABLET, BROWSER))
    assert people(cards) == apart(ANN, BEN, {TABLET, BROWSER})


def test_a_device_that_is_nobodys_becomes_nobodys_by_way_of_another_device_either() -> None:
    cards = gathered(
        seen(2, ANN, TABLET),
        seen(2, BEN, TABLET),
        seen(1, ANN, BROWSER),
        seen(1, TABLET, OTHER_BROWSER),
        seen(9, HANDSET, BROWSER),
        seen(9, HANDSET, OTHER_BROWSER),
    )
    assert not any({ANN, TABLET} <= person or {BEN, TABLET} <= person for person in people(cards))


# --- decisions ------------------------------------------------------------------------------------------------------


def test_a_released_link_gives_the_device_to_that_end_and_unites_nobody() -> None:
    cards = gathered(seen(40, ANN, BROWSER), seen(1, BEN, BROWSER))
    decide(cards, BEN, BROWSER, RulingKind.RELEASE)
    assert people(cards) == apart(ANN, {BEN, BROWSER})
    assert verdict(cards, ANN, BROWSER) == "device_alone"


def test_decisions_unite_two_by_way_of_a_device() -> None:
    cards = gathered(seen(4, ANN, BROWSER), seen(4, BEN, BROWSER))
    decide(cards, ANN, BROWSER, RulingKind.TOGETHER)
    decide(cards, BEN, BROWSER, RulingKind.TOGETHER)
    assert people(cards) == apart({ANN, BEN, BROWSER})


def test_a_decision_that_two_are_one_person_gives_them_their_devices() -> None:
    cards = gathered(seen(4, ANN, BROWSER), seen(4, BEN, BROWSER))
    decide(cards, ANN, BEN, RulingKind.TOGETHER)
    assert people(cards) == apart({ANN, BEN, BROWSER})


def test_whom_a_device_was_decided_apart_from_does_not_pull_at_it() -> None:
    cards = gathered(seen(4, ANN, BROWSER), seen(4, BEN, BROWSER))
    decide(cards, BEN, BROWSER, RulingKind.APART)
    assert people(cards) == apart({ANN, BROWSER}, BEN)
