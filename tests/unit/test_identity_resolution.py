"""Who is one person, told as what happened."""

from dataclasses import replace

from identity.policy import IdentityPolicy
from identity.policy_file import default_policy
from identity.resolution import Resolution, resolve
from tests.property.engine_model import Event, Identified, event, identifier, oracle_cards, tight_policy

POLICY = default_policy()

ANN, BEN, CAT = (identifier("customer_id", name) for name in ("ann", "ben", "cat"))
ANNS_MAIL, BENS_MAIL = identifier("email", "ann@example.org"), identifier("email", "ben@example.org")
TABLET, PHONE = identifier("device_id", "tablet"), identifier("device_id", "phone")
COOKIE = identifier("cookie", "cookie")


def resolved(events: list[Event], policy: IdentityPolicy = POLICY) -> Resolution:
    return resolve(oracle_cards(events, policy), policy)


def people(events: list[Event], policy: IdentityPolicy = POLICY) -> set[frozenset[str]]:
    """Return the people as the values of their identifiers."""
    cards = oracle_cards(events, policy)
    return {frozenset(cards[node].value for node in person.nodes) for person in resolve(cards, policy).people}


def verdict(events: list[Event], anchor: Identified, other: Identified, policy: IdentityPolicy = POLICY) -> str:
    verdicts = {tuple(link): rule for link, rule in resolved(events, policy).verdicts.items()}
    return verdicts[anchor.node, other.node]


def seen(times: int, *whom: Identified, since: int = 1) -> list[Event]:
    """Return as many events that name the same."""
    name = "+".join(part.value for part in whom)
    return [event(f"{name} {number}", since + number, *whom) for number in range(times)]


def test_nobody_is_nobody() -> None:
    assert resolve({}, POLICY) == Resolution((), {})


def test_a_lone_cookie_is_an_anonymous_person() -> None:
    assert people(seen(1, COOKIE)) == {frozenset({"cookie"})}


def test_identifiers_seen_together_are_one_person() -> None:
    events = seen(1, ANN, ANNS_MAIL, COOKIE)
    assert people(events) == {frozenset({"ann", "ann@example.org", "cookie"})}
    assert verdict(events, ANN, COOKIE) == "joined"


def test_identifiers_seen_together_one_after_the_other_are_one_person() -> None:
    events = [*seen(1, ANN, ANNS_MAIL), *seen(1, ANNS_MAIL, PHONE), *seen(1, PHONE, COOKIE)]
    assert people(events) == {frozenset({"ann", "ann@example.org", "phone", "cookie"})}


def test_anonymous_browsing_before_the_login_belongs_to_the_person() -> None:
    events = [*seen(5, COOKIE, since=1), *seen(1, ANN, COOKIE, since=50)]
    assert people(events) == {frozenset({"ann", "cookie"})}


def test_the_founder_is_the_identifier_seen_first() -> None:
    """Not the strongest, and not the first to arrive: the earliest by event time."""
    events = [*seen(1, ANN, COOKIE, since=50), *seen(1, COOKIE, since=1)]
    assert [person.founder for person in resolved(events).people] == [COOKIE.node]


def test_of_identifiers_first_seen_at_the_same_time_the_strongest_is_the_founder() -> None:
    assert resolved(seen(1, COOKIE, ANNS_MAIL, ANN)).people[0].founder == ANN.node


def test_a_persons_identifiers_are_listed_strongest_first() -> None:
    assert resolved(seen(1, COOKIE, ANNS_MAIL, ANN)).people[0].nodes == (ANN.node, ANNS_MAIL.node, COOKIE.node)


def test_people_are_listed_by_when_they_were_first_seen() -> None:
    events = [*seen(1, BEN, since=9), *seen(1, ANN, since=20), *seen(1, CAT, since=1)]
    assert [person.founder for person in resolved(events).people] == [CAT.node, BEN.node, ANN.node]


def test_a_family_tablet_belongs_to_nobody() -> None:
    """Two people use it alike, so it is a person of its own and joins neither."""
    events = [*seen(3, ANN, TABLET), *seen(3, BEN, TABLET)]
    assert people(events) == {frozenset({"ann"}), frozenset({"ben"}), frozenset({"tablet"})}
    assert verdict(events, ANN, TABLET) == verdict(events, BEN, TABLET) == "ambiguous_identifier"


def test_a_tablet_that_one_person_dominates_stays_with_that_person() -> None:
    events = [*seen(9, ANN, TABLET), *seen(3, BEN, TABLET)]
    assert people(events) == {frozenset({"ann", "tablet"}), frozenset({"ben"})}
    assert verdict(events, ANN, TABLET) == "joined"
    assert verdict(events, BEN, TABLET) == "device_alone"


def test_just_below_dominance_the_tablet_is_nobodys() -> None:
    events = [*seen(8, ANN, TABLET), *seen(3, BEN, TABLET)]
    assert frozenset({"tablet"}) in people(events)


def test_dominance_is_policy() -> None:
    events = [*seen(4, ANN, TABLET), *seen(3, BEN, TABLET)]
    assert people(events, replace(POLICY, dominance=1.2)) == {frozenset({"ann", "tablet"}), frozenset({"ben"})}


def test_taking_a_family_tablet_out_takes_nothing_else_from_its_users() -> None:
    events = [
        *seen(2, ANN, ANNS_MAIL),
        *seen(2, BEN, BENS_MAIL),
        *seen(3, ANN, TABLET),
        *seen(3, BEN, TABLET),
    ]
    assert people(events) == {
        frozenset({"ann", "ann@example.org"}),
        frozenset({"ben", "ben@example.org"}),
        frozenset({"tablet"}),
    }


def test_two_customer_numbers_on_one_cookie_stay_two_people() -> None:
    events = [*seen(1, ANN, COOKIE), *seen(1, BEN, COOKIE)]
    assert people(events) == {frozenset({"ann"}), frozenset({"ben"}), frozenset({"cookie"})}


def test_two_customer_numbers_on_one_event_stay_two_people() -> None:
    events = seen(1, ANN, BEN)
    assert people(events) == {frozenset({"ann"}), frozenset({"ben"})}
    assert verdict(events, ANN, BEN) == "limit_per_person"


def test_a_link_past_the_limit_is_quarantined_and_the_weaker_evidence_stays_out() -> None:
    """Two loyalty cards are allowed; the third, seen least, is not."""
    cards = [identifier("loyalty_id", f"card {number}") for number in range(3)]
    events = [
        *seen(1, ANN, cards[0]),
        *seen(5, ANN, cards[1]),
        *seen(5, ANN, cards[2]),
    ]
    assert frozenset({"ann", "card 1", "card 2"}) in people(events)
    assert frozenset({"card 0"}) in people(events)
    assert verdict(events, ANN, cards[0]) != "joined"


def test_stronger_types_are_joined_before_weaker_ones() -> None:
    """A customer number and an e-mail seen once go together before a cookie seen often has its say."""
    events = [*seen(1, ANN, ANNS_MAIL), *seen(1, ANNS_MAIL, COOKIE), *seen(9, BEN, COOKIE)]
    assert people(events) == {frozenset({"ann", "ann@example.org"}), frozenset({"ben", "cookie"})}


def test_a_kiosk_that_all_use_is_shared_and_joins_nobody() -> None:
    policy = tight_policy(device_id=3)
    customers = [identifier("customer_id", f"customer {number}") for number in range(4)]
    kiosk = identifier("device_id", "kiosk")
    events = [one for customer in customers for one in seen(1, customer, kiosk)]
    assert people(events, policy) == {frozenset({customer.value}) for customer in customers} | {frozenset({"kiosk"})}
    assert {verdict(events, customer, kiosk, policy) for customer in customers} == {"shared_identifier"}


def test_a_kiosk_within_its_limit_of_neighbours_is_not_shared() -> None:
    policy = tight_policy(device_id=4)
    mails = [identifier("email", f"{number}@example.org") for number in range(4)]
    kiosk = identifier("device_id", "kiosk")
    events = [one for mail in mails for one in seen(1, mail, kiosk)]
    apart = {frozenset({mail.value}) for mail in mails}
    assert people(events, policy) == apart | {frozenset({"kiosk"})}
    assert {verdict(events, mail, kiosk, policy) for mail in mails} == {"ambiguous_identifier"}


def test_once_shared_all_links_are_out_those_from_before_too() -> None:
    policy = tight_policy(device_id=3)
    kiosk = identifier("device_id", "kiosk")
    others = [identifier("customer_id", f"customer {number}") for number in range(3)]
    events = [*seen(100, ANN, kiosk), *(one for other in others for one in seen(1, other, kiosk, since=500))]
    assert frozenset({"ann"}) in people(events, policy)
    assert verdict(events, ANN, kiosk, policy) == "shared_identifier"


def test_a_shared_identifier_keeps_its_own_anonymous_events() -> None:
    policy = tight_policy(cookie=1)
    events = [*seen(5, COOKIE), *seen(1, ANN, COOKIE), *seen(1, BEN, COOKIE)]
    cards = oracle_cards(events, policy)
    assert cards[COOKIE.node].touches == 5
    assert frozenset({"cookie"}) in people(events, policy)


def test_a_link_to_a_node_that_did_not_gather_does_not_count() -> None:
    cards = oracle_cards(seen(1, ANN, COOKIE), POLICY)
    del cards[COOKIE.node]
    resolution = resolve(cards, POLICY)
    assert [person.nodes for person in resolution.people] == [(ANN.node,)]
    assert resolution.verdicts == {}


def test_identifiers_of_a_type_without_a_rule_are_left_out() -> None:
    """A policy may drop a type; what was gathered under it joins nobody."""
    fewer = {name: rule for name, rule in POLICY.identifiers.items() if name != "cookie"}
    cards = oracle_cards([*seen(1, ANN, ANNS_MAIL), *seen(1, ANN, COOKIE)], POLICY)
    found = resolve(cards, replace(POLICY, identifiers=fewer)).people
    assert [person.nodes for person in found] == [(ANN.node, ANNS_MAIL.node)]


def test_a_suspect_is_judged_by_stronger_ones_that_were_judged_before() -> None:
    """Two customer numbers on one touchpoint make the second a suspect; a cookie of both is nobody's all the same."""
    events = [*seen(1, ANN, COOKIE), *seen(1, ANN, BEN), *seen(2, BEN, COOKIE)]
    assert people(events) == {frozenset({"ann"}), frozenset({"ben"}), frozenset({"cookie"})}
