"""The same events give the same people, in any order and any cut of the work; resolving looks at content alone."""

import random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.graph import Card, Evidence, Moment
from identity.nodes import NodeId, node_id
from identity.policy import Naming
from identity.resolution import Resolution, resolve
from profiles import fragment as fragments
from schemas.contracts import PROFILE, contracts
from schemas.records import Profile
from tests.property.effort import examples
from tests.property.engine_model import (
    Disorder,
    Engine,
    Event,
    Happening,
    Subscriber,
    content,
    event,
    fold_everything,
    oracle_cards,
    oracle_fragment,
    run,
    subscribe,
)
from tests.property.strategies import POLICY, disorders, event_lists, histories, many_events, seeds


def live_profiles(subscriber: Subscriber) -> dict[str, Profile]:
    return {
        customer: content(profile) for customer, profile in subscriber.profiles.items() if profile["status"] == "active"
    }


def final_people(engine: Engine) -> dict[NodeId, tuple[Any, ...]]:
    """Return the people as resolved from what is stored: their nodes, and the merge of their fragments."""
    people = {}
    for owner, gathering in engine.gatherings().items():
        cards = {node: member.card for node, member in gathering.members.items()}
        for person in resolve(cards, POLICY).people:
            parts = [fragments.decode(engine.fragment(owner, node)) for node in person.nodes]
            people[person.founder] = person.nodes, engine.folding.merge(parts)
    return people


def final_verdicts(engine: Engine) -> dict[tuple[NodeId, NodeId], str]:
    return {
        (link.anchor, link.node): verdict
        for gathering in engine.gatherings().values()
        for link, verdict in resolve(
            {node: member.card for node, member in gathering.members.items()}, POLICY
        ).verdicts.items()
    }


@settings(max_examples=examples(400))
@given(events=histories(), seed=seeds, disorder=disorders(same_redo=False))
def test_any_way_of_working_leads_to_the_same_people_and_verdicts(
    events: list[Happening], seed: int, disorder: Disorder
) -> None:
    """Order, chunks, partitions, repeats and crashes leave no trace in who is who and what they did."""
    engine = run(events, POLICY, seed, disorder)
    plain = run(events, POLICY, 0, Disorder(1))
    assert final_people(engine) == final_people(plain)
    assert final_verdicts(engine) == final_verdicts(plain)


@settings(max_examples=examples(200))
@given(events=histories(), seed=seeds, disorder=disorders(same_redo=True))
def test_any_way_of_working_publishes_the_same_profiles(events: list[Happening], seed: int, disorder: Disorder) -> None:
    """What a subscriber keeps differs in revision and time of update only, down to the bytes."""
    heard = live_profiles(subscribe(run(events, POLICY, seed, disorder), seed))
    truth = live_profiles(fold_everything(events, POLICY))
    assert heard == truth


@settings(max_examples=examples(15))
@given(seed=seeds, disorder=disorders(same_redo=False))
def test_many_events_lead_to_the_same_people_in_any_order(seed: int, disorder: Disorder) -> None:
    """The same at a size where gatherings meet across several hands."""
    events = many_events(seed, 80)
    assert final_people(run(events, POLICY, seed, disorder)) == final_people(run(events, POLICY, 0, Disorder(1)))


@settings(max_examples=examples(100))
@given(events=histories(), seed=seeds)
def test_an_event_delivered_twice_counts_once(events: list[Happening], seed: int) -> None:
    """Every event again, in another order."""
    once = run(events, POLICY, seed, Disorder(2))
    twice = run([*events, *events], POLICY, seed, Disorder(2))
    assert final_people(twice) == final_people(once)


@settings(max_examples=examples(100))
@given(events=histories())
def test_each_profile_is_the_fold_of_its_own_events(events: list[Happening]) -> None:
    """A profile's touches, money, traits and consents are those of the events anchored at its identifiers."""
    engine = run(events, POLICY, 1, Disorder(2))
    for nodes, whole in final_people(engine).values():
        parts = [oracle_fragment(events, node, engine.folding) for node in nodes]
        assert whole == engine.folding.merge(parts)


def later_than(events: list[Event], more: list[Event]) -> list[Event]:
    """Return events of other ids that happened after all the others."""
    since = max(one.time for one in events)
    return [event(f"later {one.event_id}", since + one.time, *one.seen, source=one.source) for one in more]


@settings(max_examples=examples(100))
@given(events=event_lists(), more=event_lists(max_size=4))
def test_a_customer_id_stays_with_its_founder_unless_one_seen_before_joins(
    events: list[Event], more: list[Event]
) -> None:
    """Whatever happens later: who has the founder has its id, or the id of an identifier that was known before it."""
    before = final_people(run(events, POLICY, 1, Disorder(1)))
    after = final_people(run([*events, *later_than(events, more)], POLICY, 1, Disorder(1)))
    cards = oracle_cards(events, POLICY)

    def first_known(node: NodeId) -> tuple[int, tuple[int, int], str]:
        return cards[node].first_seen, POLICY.strength(cards[node].type, cards[node].value), cards[node].value

    for founder, (nodes, _) in after.items():
        assert founder in nodes
        if known := [node for node in nodes if node in cards]:
            assert founder == min(known, key=first_known)
        for past in before.keys() & set(nodes):
            assert first_known(founder) <= first_known(past)


@settings(max_examples=examples(100))
@given(events=event_lists(), more=event_lists(max_size=4))
def test_a_customer_that_only_grows_keeps_its_name(events: list[Event], more: list[Event]) -> None:
    """Growth by identifiers that were not known before renames nobody."""
    before = final_people(run(events, POLICY, 1, Disorder(1)))
    after = final_people(run([*events, *later_than(events, more)], POLICY, 1, Disorder(1)))
    known = {node for nodes, _ in before.values() for node in nodes}
    named = {frozenset(nodes): founder for founder, (nodes, _) in before.items()}
    for founder, (nodes, _) in after.items():
        past = named.get(frozenset(known.intersection(nodes)))
        assert past is None or founder == past


def by_content(resolution: Resolution, cards: dict[NodeId, Card]) -> tuple[Any, ...]:
    """Return a resolution with types and values in place of ids."""

    def name(node: NodeId) -> tuple[str, str]:
        return cards[node].type, cards[node].value

    people = [(name(person.founder), [name(node) for node in person.nodes]) for person in resolution.people]
    verdicts = {(name(link.anchor), name(link.node)): verdict for link, verdict in resolution.verdicts.items()}
    return people, verdicts


@settings(max_examples=examples(200))
@given(events=histories(), seed=seeds)
def test_resolving_does_not_depend_on_the_order_of_its_input(events: list[Happening], seed: int) -> None:
    """Cards, their links and their neighbours may come in any order."""
    cards = oracle_cards(events, POLICY)
    chance = random.Random(seed)  # noqa: S311  # an order of a test
    shuffled = {
        node: msgspec.structs.replace(
            card,
            links=dict(chance.sample(sorted(card.links.items()), len(card.links))),
            neighbours=dict(chance.sample(sorted(card.neighbours.items()), len(card.neighbours))),
        )
        for node, card in chance.sample(sorted(cards.items(), key=lambda item: item[0]), len(cards))
    }
    assert resolve(shuffled, POLICY) == resolve(cards, POLICY)


@settings(max_examples=examples(200))
@given(events=histories(), key=st.binary(min_size=16, max_size=64))
def test_resolving_does_not_depend_on_the_key_of_the_node_ids(events: list[Happening], key: bytes) -> None:
    """Under another key every id is another, and the same identifiers are the same people."""
    cards = oracle_cards(events, POLICY)
    renamed = {node: node_id(key, card.type, card.value) for node, card in cards.items()}
    other = {
        renamed[node]: msgspec.structs.replace(
            card,
            links={renamed[to]: evidence for to, evidence in card.links.items()},
            neighbours={renamed[to]: shared for to, shared in card.neighbours.items()},
            rulings={renamed[to]: ruling for to, ruling in card.rulings.items()},
        )
        for node, card in cards.items()
    }
    assert by_content(resolve(other, POLICY), other) == by_content(resolve(cards, POLICY), cards)


@settings(max_examples=examples(100))
@given(events=event_lists())
def test_everybody_is_exactly_one_person_within_the_limits(events: list[Event]) -> None:
    """Each node in one person, none with more identifiers of a type than it may have; a verdict for every link."""
    cards = oracle_cards(events, POLICY)
    resolution = resolve(cards, POLICY)
    placed = [node for person in resolution.people for node in person.nodes]
    assert sorted(placed) == sorted(cards)
    for person in resolution.people:
        types = [cards[node].type for node in person.nodes]
        assert all(types.count(kind) <= POLICY.identifiers[kind].limit_per_person for kind in types)
        assert person.founder in person.nodes
    assert {tuple(link) for link in resolution.verdicts} == {
        (anchor, node) for anchor, card in cards.items() for node in card.links
    }


def names(card: Card, least: Naming) -> bool:
    return POLICY.naming(card.type, card.value) >= least


def parties(cards: dict[NodeId, Card], least: Naming) -> dict[NodeId, NodeId]:
    """Return what stands for those that links of such nodes and decisions that join connect, directly or not."""
    party = {node: node for node in cards}
    pairs = [(one, other) for one, card in cards.items() for other in card.links if other in cards]
    links = [pair for pair in pairs if all(names(cards[node], least) for node in pair)]
    bonds = [(one, other) for one, card in cards.items() for other, ruling in card.rulings.items() if ruling.kind.joins]
    for one, other in [*links, *bonds]:
        kept, gone = party[one], party[other]
        party = {node: kept if root == gone else root for node, root in party.items()}
    return party


@settings(max_examples=examples(300))
@given(events=histories(), least=st.sampled_from([Naming.OFFICE, Naming.PERSON]))
def test_what_names_less_joins_no_two_that_name_more(events: list[Happening], least: Naming) -> None:
    """Identifiers of one person hang together by links and decisions with no device, nor an office, in between."""
    cards = oracle_cards(events, POLICY)
    party = parties(cards, least)
    for person in resolve(cards, POLICY).people:
        assert len({party[node] for node in person.nodes if names(cards[node], least)}) <= 1


@settings(max_examples=examples(300))
@given(events=event_lists())
def test_a_device_that_one_personal_identifier_was_seen_with_is_theirs(events: list[Event]) -> None:
    """Browsing before and after the one login is theirs, unless something is shared or another device contends."""
    cards = oracle_cards(events, POLICY)
    resolution = resolve(cards, POLICY)
    person_of = {node: person.founder for person in resolution.people for node in person.nodes}
    for node, card in cards.items():
        anchors = [anchor for anchor in card.neighbours if POLICY.identifiers[cards[anchor].type].personal]
        is_device = not POLICY.identifiers[card.type].personal
        if is_device and len(anchors) == 1 and not card.shared and not cards[anchors[0]].shared:
            assert person_of[node] == person_of[anchors[0]]


@settings(max_examples=examples(100))
@given(events=event_lists())
def test_joined_means_one_person_and_shared_links_join_nobody(events: list[Event]) -> None:
    """Both ends of a joined link are one person; a shared identifier is alone."""
    cards = oracle_cards(events, POLICY)
    resolution = resolve(cards, POLICY)
    person_of = {node: person.founder for person in resolution.people for node in person.nodes}
    for link, verdict in resolution.verdicts.items():
        if verdict == "joined":
            assert person_of[link.anchor] == person_of[link.node]
        elif verdict == "shared_identifier":
            assert cards[link.anchor].shared or cards[link.node].shared
    for person in resolution.people:
        if any(cards[node].shared for node in person.nodes):
            assert len(person.nodes) == 1


@settings(max_examples=examples(100))
@given(events=histories(), seed=seeds)
def test_replay_in_any_order_gives_the_same_bytes(events: list[Happening], seed: int) -> None:
    """Profiles are equal as Avro bytes too, revision aside."""
    one = live_profiles(subscribe(run(events, POLICY, seed, Disorder(1)), 0))
    other = live_profiles(subscribe(run(events, POLICY, seed + 1, Disorder(3)), 1))
    encode = contracts()[PROFILE].encode
    assert {name: encode(profile) for name, profile in one.items()} == {
        name: encode(profile) for name, profile in other.items()
    }


def test_evidence_is_compared_by_content() -> None:
    """Two moments at the same time are told apart by their events."""
    early, late = Moment(1, "a"), Moment(1, "b")
    assert early < late
    assert Evidence(1, early, late, {}) != Evidence(1, late, late, {})
