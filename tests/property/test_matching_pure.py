"""Matching is a function of records, scores and decisions: never of an order, never of what was before."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.graph import Card
from identity.matching.blocks import block_keys
from identity.matching.compare import COMPARISONS, LEVELS
from identity.matching.default import default_model
from identity.matching.likeness import Likeness, centibits, probability
from identity.matching.link import MOST_BITS, MOST_COMPARED, LinkPolicy, components, link, log_odds
from identity.matching.memory import Index, Linkage, MatchPolicy, match_all, score_all
from identity.matching.model import Evidence, Frequencies, Scorer, evidence_of, from_json, resized, to_json
from identity.matching.records import MatchRecord, encode_record
from identity.nodes import node_id
from identity.policy_file import default_policy_text, parse_policy
from identity.resolution import resolve
from tests.property.effort import examples

_GIVEN = ("anna", "ann", "bill", "william", "otto", "b", "maria")
_SURNAMES = ("huber", "hubar", "meyer", "maier", "de vries", "")
_DATES = ("19800102", "19800201", "19800101", "19800000", "19571231", "")
_POSTCODES = ("10115", "10151", "80331", "")
_EMAILS = ("star77@example.org", "star77@example.net", "anna.huber@example.org")

records = st.builds(
    MatchRecord,
    given=st.lists(st.sampled_from(_GIVEN), min_size=1, max_size=2).map(tuple),
    surname=st.sampled_from(_SURNAMES),
    born=st.sampled_from(_DATES),
    street=st.sampled_from(("langestrasse", "")),
    house=st.sampled_from(("5", "7", "")),
    postcode=st.sampled_from(_POSTCODES),
    city=st.sampled_from(("berlin", "muenchen", "")),
    gender=st.sampled_from(("f", "m", "")),
    emails=st.lists(st.sampled_from(_EMAILS), max_size=1).map(tuple),
    phones=st.lists(st.sampled_from(("+49301234567", "+49301234576")), max_size=1).map(tuple),
    numbers=st.lists(st.sampled_from(("ssn:123456789", "ssn:123465789", "tax:1")), max_size=2, unique=True).map(tuple),
)


def towns(max_size: int = 14) -> st.SearchStrategy[dict[str, MatchRecord]]:
    """Records by name."""
    return st.lists(records, min_size=1, max_size=max_size).map(
        lambda found: {f"record {number}": record for number, record in enumerate(found)}
    )


MODEL = resized(default_model(), 1_000)
SCORER = Scorer(MODEL)
POLICIES = st.builds(
    MatchPolicy,
    block_cap=st.sampled_from([2, 3, 5, 100]),
    links=st.sampled_from([LinkPolicy(), LinkPolicy(0.99, 0.9), LinkPolicy(0.6, 0.5)]),
)
seeds = st.integers(0, 2**32 - 1)
Found = dict[tuple[str, str], Evidence]


@settings(max_examples=examples(300))
@given(one=records, other=records)
def test_a_score_does_not_depend_on_which_record_comes_first(one: MatchRecord, other: MatchRecord) -> None:
    assert SCORER.bits(one, other) == SCORER.bits(other, one)
    assert 0.0 <= SCORER.score(one, other) <= 1.0


@settings(max_examples=examples(300))
@given(one=records, other=records)
def test_an_explanation_adds_up_to_the_score(one: MatchRecord, other: MatchRecord) -> None:
    explanation = SCORER.explain(one, other)
    assert explanation.probability == pytest.approx(SCORER.score(one, other))
    assert sum(weight.bits for weight in explanation.weights) == pytest.approx(SCORER.bits(one, other))
    for weight in explanation.weights:
        assert not weight.level or weight.level in LEVELS[weight.comparison]


_RARITIES = st.builds(
    Frequencies,
    known=st.dictionaries(st.sampled_from(_GIVEN + _SURNAMES), st.floats(1e-6, 0.5), max_size=4),
    other=st.floats(1e-6, 0.5),
    mean_rarity=st.lists(st.just(0.0) | st.floats(1.0, 1e5), min_size=9, max_size=9),
)


@settings(max_examples=examples(300))
@given(
    one=records,
    other=records,
    least=st.integers(-4_000, 4_000),
    rarities=st.dictionaries(st.sampled_from(("given", "surname", "address")), _RARITIES),
)
def test_records_are_at_least_so_alike_or_not_as_their_score_says(
    one: MatchRecord, other: MatchRecord, least: int, rarities: dict[str, Frequencies]
) -> None:
    likeness = Likeness(msgspec.structs.replace(MODEL, frequencies=rarities))
    stored = encode_record(one), encode_record(other)
    found = likeness.centibits(*stored)
    assert likeness.at_least(least, *stored) == (found if found >= least else None)
    assert likeness.at_least(found, *stored) == found
    assert likeness.at_least(found + 1, *stored) is None


@given(record=records)
def test_a_record_survives_msgpack(record: MatchRecord) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=MatchRecord) == record


@given(record=records, key=st.binary(min_size=1, max_size=64))
def test_block_keys_are_short_and_tell_nothing_without_the_key(record: MatchRecord, key: bytes) -> None:
    keys = block_keys(record, key)
    assert all(len(found) == 8 for found in keys)
    assert list(keys) == sorted(set(keys))
    assert set(keys).isdisjoint(block_keys(record, b"another key"))


@given(number=st.integers(2, 10**9))
def test_a_model_survives_json(number: int) -> None:
    model = resized(default_model(), number)
    assert from_json(to_json(model)) == model
    assert to_json(from_json(to_json(model))) == to_json(model)


@settings(max_examples=examples(150))
@given(town=towns(), policy=POLICIES, seed=seeds)
def test_one_at_a_time_equals_all_at_once(town: dict[str, MatchRecord], policy: MatchPolicy, seed: int) -> None:
    """Records in any order, some of them twice, some with another content before."""
    chance = random.Random(seed)  # noqa: S311  # an order of a test
    names = sorted(town)
    arrivals = [(name, town[name]) for name in [*names, *chance.choices(names, k=3)]]
    chance.shuffle(arrivals)
    index: Index[str] = Index(SCORER, policy)
    for name in chance.sample(names, len(names) // 3):
        index.add(name, town[chance.choice(names)])
    for name, record in arrivals:
        index.add(name, record)
    expected = match_all(town, SCORER, policy)
    assert index.linkage_of_all() == expected
    for name in names:
        _assert_part(index.linkage(name), expected)
        assert index.group(name) in expected.groups


def _assert_part(part: Linkage[str], whole: Linkage[str]) -> None:
    assert set(part.groups) <= set(whole.groups)
    assert set(part.suggestions) <= set(whole.suggestions)


@settings(max_examples=examples(150))
@given(town=towns(), policy=POLICIES)
def test_memory_decides_as_resolution_does(town: dict[str, MatchRecord], policy: MatchPolicy) -> None:
    _assert_resolved_alike(town, policy)


@pytest.mark.parametrize("number", [MOST_COMPARED, MOST_COMPARED + 1])
def test_of_too_many_records_that_hang_together_memory_unites_none_as_resolution_does(number: int) -> None:
    record = MatchRecord(given=("anna",), surname="huber", born="19800102", postcode="10115")
    town = {f"record {place:03d}": record for place in range(number)}
    policy = MatchPolicy(block_cap=number)
    _assert_resolved_alike(town, policy)
    assert len(match_all(town, SCORER, policy).groups) == (1 if number <= MOST_COMPARED else number)


def _assert_resolved_alike(town: dict[str, MatchRecord], policy: MatchPolicy) -> None:
    """Nodes with the records of a town and what the blocks tell, resolved as one gathering."""
    rules = parse_policy(
        default_policy_text().partition("\n[matching]")[0].replace("limit_per_person = 100", "limit_per_person = 1000")
        + f"\n[matching]\nunite = {policy.links.unite}\nsuggest = {policy.links.suggest}\n"
    )
    likeness = Likeness(MODEL)
    ids = {name: node_id(bytes(16), "crm_id", name) for name in town}
    cards = {
        ids[name]: Card("crm_id", name, 1, 1, shared=False, links={}, neighbours={}, record=encode_record(record))
        for name, record in town.items()
    }
    least = centibits(log_odds(policy.links.suggest))
    for (one, other), found in score_all(town, SCORER, policy).items():
        if (bits := centibits(found.bits)) >= least:
            cards[ids[one]].alike[ids[other]] = cards[ids[other]].alike[ids[one]] = bits
    resolution = resolve(cards, rules, likeness)
    linkage = match_all(town, SCORER, policy)
    assert {frozenset(cards[node].value for node in person.nodes) for person in resolution.people} == {
        frozenset(group) for group in linkage.groups
    }
    assert sorted(
        (*sorted(cards[node].value for node in pair), probability(resolution.alike[pair]))
        for pair, verdict in resolution.verdicts.items()
        if verdict in ("suggested", "too_many_alike")
    ) == [tuple(suggestion) for suggestion in linkage.suggestions]


@settings(max_examples=examples(150))
@given(town=towns(), policy=POLICIES, seed=seeds)
def test_a_record_that_is_withdrawn_was_never_there(
    town: dict[str, MatchRecord], policy: MatchPolicy, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # a choice of a test
    index: Index[str] = Index(SCORER, policy)
    for name, record in town.items():
        index.add(name, record)
    gone = chance.sample(sorted(town), len(town) // 2)
    for name in [*gone, "nobody"]:
        index.remove(name)
    rest = {name: record for name, record in town.items() if name not in gone}
    assert index.linkage_of_all() == match_all(rest, SCORER, policy)


@settings(max_examples=examples(50))
@given(record=records, copies=st.integers(2, 6), cap=st.integers(2, 4))
def test_a_block_above_its_cap_yields_nothing(record: MatchRecord, copies: int, cap: int) -> None:
    """The same record so many times shares all of its blocks."""
    town = {f"copy {number}": record for number in range(copies)}
    groups = match_all(town, SCORER, MatchPolicy(block_cap=cap)).groups
    if copies > cap:
        assert all(len(group) == 1 for group in groups)


NAMES = [f"r{number}" for number in range(7)]
PAIRS = [(one, other) for place, one in enumerate(NAMES) for other in NAMES[place + 1 :]]
WEIGHTS = st.lists(st.none() | st.floats(-15, 15), min_size=3, max_size=3).map(tuple)


evidence_sets = st.dictionaries(
    st.sampled_from(PAIRS), st.builds(evidence_of, st.floats(-10, 2), WEIGHTS), max_size=len(PAIRS)
)
decisions = st.lists(st.sampled_from(PAIRS), max_size=3)


@settings(max_examples=examples(300))
@given(evidence=evidence_sets, together=decisions, apart=decisions, seed=seeds)
def test_linking_does_not_depend_on_the_order_of_anything(
    evidence: Found, together: list[tuple[str, str]], apart: list[tuple[str, str]], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # an order of a test
    turned = {(pair if chance.random() < 0.5 else pair[::-1]): told for pair, told in _shuffled(evidence, chance)}
    assert link(
        chance.sample(NAMES, len(NAMES)),
        turned,
        LinkPolicy(),
        [pair[::-1] for pair in reversed(together)],
        [pair[::-1] for pair in reversed(apart)],
    ) == link(NAMES, evidence, LinkPolicy(), together, apart)


def _shuffled(evidence: Found, chance: random.Random) -> list[tuple[tuple[str, str], Evidence]]:
    return chance.sample(sorted(evidence.items(), key=lambda item: item[0]), len(evidence))


@settings(max_examples=examples(300))
@given(evidence=evidence_sets, together=decisions, apart=decisions)
def test_decisions_are_respected(
    evidence: Found, together: list[tuple[str, str]], apart: list[tuple[str, str]]
) -> None:
    """Pairs that must be apart never meet; without any, pairs that must be together do."""
    groups = link(NAMES, evidence, LinkPolicy(), together, apart)
    group_of = {name: group for group in groups for name in group}
    assert sorted(group_of) == NAMES
    for one, other in apart:
        assert group_of[one] != group_of[other]
    free = link(NAMES, evidence, LinkPolicy(), together)
    for one, other in together:
        assert any({one, other} <= set(group) for group in free)


@settings(max_examples=examples(200))
@given(evidence=evidence_sets, together=decisions, apart=decisions)
def test_linking_components_one_by_one_equals_linking_all(
    evidence: Found, together: list[tuple[str, str]], apart: list[tuple[str, str]]
) -> None:
    found: list[tuple[str, ...]] = []
    for part in components(NAMES, evidence, log_odds(LinkPolicy().unite), together):
        inside = set(part)
        found += link(
            part,
            {pair: told for pair, told in evidence.items() if inside.issuperset(pair)},
            LinkPolicy(),
            [pair for pair in together if inside.issuperset(pair)],
            [pair for pair in apart if inside.issuperset(pair)],
        )
    assert sorted(found) == sorted(link(NAMES, evidence, LinkPolicy(), together, apart))


@settings(max_examples=examples(200))
@given(evidence=evidence_sets)
def test_a_group_has_a_pair_that_reaches_the_threshold(evidence: Found) -> None:
    policy = LinkPolicy()
    for group in link(NAMES, evidence, policy):
        inside = [told.bits for pair, told in evidence.items() if set(pair) <= set(group)]
        assert len(group) == 1 or max(inside) >= log_odds(policy.unite)
    assert log_odds(policy.unite) < MOST_BITS


def test_every_comparison_has_levels_and_every_kind_knows_them() -> None:
    for kind in default_model().kinds.values():
        for name, shares in kind.levels.items():
            assert name in COMPARISONS
            assert len(shares) == len(LEVELS[name])
            assert sum(shares) == pytest.approx(1.0, abs=1e-4)
