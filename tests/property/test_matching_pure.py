"""Matching is a function of records, scores and decisions: never of an order, never of what was before."""

import random
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.matching.blocks import block_keys
from identity.matching.compare import COMPARISONS, LEVELS
from identity.matching.default import default_model
from identity.matching.link import MOST_BITS, Linkage, LinkPolicy, components, link, log_odds
from identity.matching.memory import Index, MatchPolicy, match_all
from identity.matching.model import Evidence, Scorer, evidence_of, from_json, resized, to_json
from identity.matching.records import MatchRecord

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


SCORER = Scorer(resized(default_model(), 1_000))
POLICIES = st.builds(
    MatchPolicy,
    block_cap=st.sampled_from([2, 3, 5, 100]),
    links=st.sampled_from([LinkPolicy(), LinkPolicy(0.99, 0.9), LinkPolicy(0.6, 0.5)]),
)
seeds = st.integers(0, 2**32 - 1)
Found = dict[tuple[str, str], Evidence]


@settings(max_examples=300)
@given(one=records, other=records)
def test_a_score_does_not_depend_on_which_record_comes_first(one: MatchRecord, other: MatchRecord) -> None:
    assert SCORER.bits(one, other) == SCORER.bits(other, one)
    assert 0.0 <= SCORER.score(one, other) <= 1.0


@settings(max_examples=300)
@given(one=records, other=records)
def test_an_explanation_adds_up_to_the_score(one: MatchRecord, other: MatchRecord) -> None:
    explanation = SCORER.explain(one, other)
    assert explanation.probability == pytest.approx(SCORER.score(one, other))
    assert sum(weight.bits for weight in explanation.weights) == pytest.approx(SCORER.bits(one, other))
    for weight in explanation.weights:
        assert not weight.level or weight.level in LEVELS[weight.comparison]


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


@settings(max_examples=150)
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


@settings(max_examples=150)
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


@settings(max_examples=50)
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


@settings(max_examples=300)
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


@settings(max_examples=300)
@given(evidence=evidence_sets, together=decisions, apart=decisions)
def test_decisions_are_respected(
    evidence: Found, together: list[tuple[str, str]], apart: list[tuple[str, str]]
) -> None:
    """Pairs that must be apart never meet; without any, pairs that must be together do."""
    linkage = link(NAMES, evidence, LinkPolicy(), together, apart)
    group_of = {name: group for group in linkage.groups for name in group}
    assert sorted(group_of) == NAMES
    for one, other in apart:
        assert group_of[one] != group_of[other]
    shown = {(suggestion.one, suggestion.other) for suggestion in linkage.suggestions}
    assert shown.isdisjoint((group_of[one][0], group_of[other][0]) for one, other in apart)
    free = link(NAMES, evidence, LinkPolicy(), together)
    for one, other in together:
        assert any({one, other} <= set(group) for group in free.groups)


@settings(max_examples=200)
@given(evidence=evidence_sets)
def test_linking_components_one_by_one_equals_linking_all(evidence: Found) -> None:
    policy = LinkPolicy()
    found = _by_components(evidence, policy, policy.suggest)
    whole = link(NAMES, evidence, policy)
    assert sorted(group for linkage in found for group in linkage.groups) == sorted(whole.groups)
    assert sorted(shown for linkage in found for shown in linkage.suggestions) == sorted(whole.suggestions)


@settings(max_examples=200)
@given(evidence=evidence_sets, together=decisions, apart=decisions)
def test_for_the_groups_alone_the_likely_pairs_are_enough(
    evidence: Found, together: list[tuple[str, str]], apart: list[tuple[str, str]]
) -> None:
    found = _by_components(evidence, LinkPolicy(), LinkPolicy().unite, together, apart)
    whole = link(NAMES, evidence, LinkPolicy(), together, apart)
    assert sorted(group for linkage in found for group in linkage.groups) == sorted(whole.groups)


def _by_components(
    evidence: Found,
    policy: LinkPolicy,
    least: float,
    together: Iterable[tuple[str, str]] = (),
    apart: Iterable[tuple[str, str]] = (),
) -> list[Linkage[str]]:
    found = []
    for part in components(NAMES, evidence, log_odds(least), together):
        inside = set(part)
        found.append(
            link(
                part,
                {pair: told for pair, told in evidence.items() if inside.issuperset(pair)},
                policy,
                [pair for pair in together if inside.issuperset(pair)],
                [pair for pair in apart if inside.issuperset(pair)],
            )
        )
    return found


@settings(max_examples=200)
@given(evidence=evidence_sets)
def test_a_group_has_a_pair_that_reaches_the_threshold_and_a_suggestion_is_below_it(evidence: Found) -> None:
    policy = LinkPolicy()
    linkage = link(NAMES, evidence, policy)
    for group in linkage.groups:
        inside = [told.bits for pair, told in evidence.items() if set(pair) <= set(group)]
        assert len(group) == 1 or max(inside) >= log_odds(policy.unite)
    for suggestion in linkage.suggestions:
        assert policy.suggest - 1e-9 <= suggestion.probability < policy.unite
    assert log_odds(policy.unite) < MOST_BITS


def test_every_comparison_has_levels_and_every_kind_knows_them() -> None:
    for kind in default_model().kinds.values():
        for name, shares in kind.levels.items():
            assert name in COMPARISONS
            assert len(shares) == len(LEVELS[name])
            assert sum(shares) == pytest.approx(1.0, abs=1e-4)
