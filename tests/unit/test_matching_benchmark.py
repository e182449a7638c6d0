"""The accuracy benchmark: its measures, its town, and that matching finds the people of a small one."""

from pathlib import Path

import pytest

from benchmarks.accuracy.datasets import historical
from benchmarks.accuracy.measures import honesty, rightness
from benchmarks.accuracy.onefold import match_records
from benchmarks.accuracy.town import town
from identity.matching.default import default_model
from identity.matching.memory import MatchPolicy, match_all
from identity.matching.model import Scorer, resized

TRUTH = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "c1": "c"}


def test_the_truth_is_right() -> None:
    found = rightness([("a1", "a2", "a3"), ("b1",), ("c1",)], TRUTH)
    assert (found.f1, found.pair_f1, found.exact, found.wrong, found.people) == (1.0, 1.0, 1.0, 0.0, 3)


def test_measures_of_a_wrong_merge_and_a_split() -> None:
    """Group a1 a2 b1 is wrong; a3 and c1 are in no group, so alone."""
    found = rightness([("a1", "a2", "b1")], TRUTH)
    assert found.pair_precision == pytest.approx(1 / 3)
    assert found.pair_recall == pytest.approx(1 / 3)
    assert found.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found.exact == pytest.approx(1 / 3)
    assert found.wrong == pytest.approx(10_000 / 3)


def test_honesty_looks_at_links_from_nine_in_ten_to_99_in_100() -> None:
    found = honesty({("a1", "a2"): 0.95, ("a1", "b1"): 0.9, ("a1", "c1"): 0.99, ("a2", "a3"): 0.89}, TRUTH)
    assert (found.links, found.right) == (2, 0.5)


def test_a_town_is_the_same_for_the_same_seed() -> None:
    assert town(50, 1) == town(50, 1)
    assert town(50, 1) != town(50, 2)


def test_most_people_of_a_small_town_are_found_without_training() -> None:
    records, truth = match_records(town(200, 3))
    scorer = Scorer(resized(default_model(), len(records)))
    found = rightness(match_all(records, scorer, MatchPolicy()).groups, truth)
    assert found.f1 > 0.95
    assert found.precision > 0.99


def test_a_data_set_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="historical_50k"):
        historical(tmp_path)
