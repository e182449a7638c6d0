"""Who is like the members of a group: planted groups are found again."""

from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from profiles.buying import Floats
from profiles.likelihood import NotFittedError
from profiles.look_alikes import MOST_REASONS, Facts, Flags, LookAlike, Search, find
from profiles.policy import TraitDeclaration
from streams.look_alikes import _computed, _tells_of_buying

CUSTOMERS = 600
KIND = np.arange(CUSTOMERS) % 6 == 0
"""Who is of the planted kind: much interested in camping, seldom on the web, often from abroad."""
MEMBERS = np.arange(CUSTOMERS) % 12 == 0
"""The half of them of whom it is known."""


def a_crowd(seed: int = 1) -> Facts:
    """Return facts of which three tell of the kind and three of nothing."""
    random = np.random.default_rng(seed)
    abroad = random.random(CUSTOMERS) < np.where(KIND, 0.7, 0.1)
    return Facts(
        {
            "camping": random.poisson(np.where(KIND, 4.0, 1.0)).astype(np.float64),
            "web_visits": random.lognormal(np.where(KIND, 1.0, 2.0), 0.5),
            "noise": random.lognormal(1.0, 2.0, CUSTOMERS),
            "days": random.random(CUSTOMERS) * 100.0,
        },
        {
            "country": ["FR" if one else "DE" for one in abroad],
            "language": [("de", "fr", "")[one] for one in random.integers(3, size=CUSTOMERS)],
        },
    )


def the_rest(members: Flags = MEMBERS) -> Flags:
    return ~members


def rank_of_each(found: Sequence[LookAlike]) -> Floats:
    """Return a number for each customer that is higher the better the rank."""
    ranks = np.full(CUSTOMERS, -1.0)
    for rank, one in enumerate(found):
        ranks[one.place] = CUSTOMERS - rank
    return ranks


@pytest.fixture(scope="module")
def found() -> Search:
    return find(a_crowd(), MEMBERS, the_rest(), CUSTOMERS)


def test_those_of_the_kind_who_are_no_members_are_ranked_above_others(found: Search) -> None:
    rest = the_rest()
    assert len(found.found) == rest.sum()
    assert roc_auc_score(KIND[rest], rank_of_each(found.found)[rest]) > 0.9


def test_the_search_says_how_well_it_tells_members_that_it_has_not_seen(found: Search) -> None:
    """Half of the kind are members, so that hardly more than 0.95 can be had: the other half is ranked as high."""
    assert 0.85 < found.auc < 0.97
    assert 0.3 < found.labelled_share < 0.7


def test_who_is_told_at_random_cannot_be_told_from_others() -> None:
    members = np.random.default_rng(3).permutation(MEMBERS)
    assert 0.35 < find(a_crowd(), members, the_rest(members), 10).auc < 0.65


def test_similarity_falls_with_rank_and_is_a_probability(found: Search) -> None:
    similarities = [one.similarity for one in found.found]
    assert similarities == sorted(similarities, reverse=True)
    assert 0.0 <= similarities[-1] < similarities[0] <= 1.0
    assert np.mean([one.similarity for one in found.found if KIND[one.place]]) > 0.5


def test_lift_tells_the_best_apart_and_is_1_on_average(found: Search) -> None:
    lifts = [one.lift for one in found.found]
    best = [one for one in found.found if one.similarity == 1.0]
    assert lifts == sorted(lifts, reverse=True)
    assert len(best) > 1
    assert len({one.lift for one in best}) == len(best)
    assert np.mean(lifts) == pytest.approx(1.0)


def test_the_reasons_are_what_the_kind_is_known_by(found: Search) -> None:
    best = [one for one in found.found[:20] if KIND[one.place]]
    assert len(best) > 15
    for one in best:
        assert len(one.reasons) <= MOST_REASONS
        assert one.reasons[0] in {"camping high", "web_visits low", "country=FR", "country not DE"}
    weights = found.weights
    assert weights["camping"] > 0 > weights["web_visits"]
    assert max(abs(weights[name]) for name in ("noise", "days")) < min(weights["camping"], -weights["web_visits"])


def test_who_is_just_as_similar_comes_in_the_order_of_customers() -> None:
    alike = Facts({"camping": KIND.astype(np.float64)}, {})
    places = [one.place for one in find(alike, MEMBERS, the_rest(), CUSTOMERS).found]
    kind, others = np.flatnonzero(KIND & the_rest()), np.flatnonzero(~KIND)
    assert places == [*kind, *others]


def test_no_more_are_found_than_were_asked_for_and_only_candidates() -> None:
    candidates = the_rest() & (np.arange(CUSTOMERS) % 5 == 0)
    found = find(a_crowd(), MEMBERS, candidates, 7).found
    assert len(found) == 7
    assert all(candidates[one.place] for one in found)


def test_the_same_facts_give_the_same_result() -> None:
    first, second = (find(a_crowd(), MEMBERS, the_rest(), 50) for _ in range(2))
    assert (first.found, first.weights, first.auc) == (second.found, second.weights, second.auc)


def test_what_hardly_any_candidate_has_is_no_feature() -> None:
    """Else the regression would tell members by it, and candidates could not be like them."""
    facts = a_crowd()
    only_members = Facts({**facts.numbers, "card": MEMBERS.astype(np.float64)}, facts.texts)
    search = find(only_members, MEMBERS, the_rest(), 10)
    assert "card" not in search.weights
    assert "camping" in search.weights


def test_an_unknown_number_counts_as_the_median_and_as_unknown() -> None:
    facts = a_crowd()
    rated = np.where(KIND, np.nan, facts.numbers["days"])
    search = find(Facts({"rate": rated, "noise": facts.numbers["noise"]}, {}), MEMBERS, the_rest(), 10)
    assert search.weights["rate known"] < 0
    assert {one.reasons[0] for one in search.found} == {"rate unknown"}


@pytest.mark.parametrize(
    ("members", "candidates", "why"),
    [
        (np.arange(CUSTOMERS) < 9, np.arange(CUSTOMERS) > 9, "expected at least 10 members, got 9"),
        (
            np.arange(CUSTOMERS) > 8,
            np.arange(CUSTOMERS) < 9,
            "expected at least 10 customers who are no members, got 9",
        ),
        (MEMBERS, np.zeros(CUSTOMERS, dtype=np.bool_), "expected candidates, got none"),
        (MEMBERS, np.arange(CUSTOMERS) == 1, "nothing tells the candidates apart"),
    ],
)
def test_too_little_to_learn_from_is_said(members: Flags, candidates: Flags, why: str) -> None:
    with pytest.raises(NotFittedError, match=why):
        find(a_crowd(), members, candidates, 10)


def test_computed_traits_become_columns_by_how_they_are_folded() -> None:
    traits = {
        "interest": TraitDeclaration("top", {}, "property.category"),
        "points": TraitDeclaration("sum", {}, "number.points"),
        "sentiment": TraitDeclaration("mean", {}, "sentiment"),
        "last_campaign": TraitDeclaration("newest", {}, "campaign"),
    }
    numbers = [{"interest.tents": 3.0, "interest.bags": 1.0, "points": 5.0}, {"sentiment": -0.5}]
    found = _computed(numbers, traits)
    assert {name: values.tolist() for name, values in found.items() if name != "sentiment"} == {
        "interest": [4.0, 0.0],
        "interest.bags": [0.25, 0.0],
        "interest.tents": [0.75, 0.0],
        "points": [5.0, 0.0],
    }
    assert np.isnan(found["sentiment"][0])
    assert found["sentiment"][1] == -0.5


@pytest.mark.parametrize(
    ("declared", "tells"),
    [
        (TraitDeclaration("top", {"type": ("purchase",)}, "sku"), True),
        (TraitDeclaration("rate", {}, hit={"type": ("return",)}), True),
        (TraitDeclaration("mean", {}, "amount"), True),
        (TraitDeclaration("top", {"type": ("product_view",)}, "sku"), False),
    ],
)
def test_traits_that_tell_of_buying_are_known(declared: TraitDeclaration, tells: bool) -> None:  # noqa: FBT001
    assert _tells_of_buying(declared) is tells


def test_a_member_is_no_candidate() -> None:
    with pytest.raises(ValueError, match="no member"):
        find(a_crowd(), MEMBERS, MEMBERS, 10)
