"""The accuracy benchmark: its measures, its town, and that matching finds the people of a small one."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.accuracy.datasets import DataSet, historical
from benchmarks.accuracy.installation import CommandError, Installation
from benchmarks.accuracy.measures import honesty, rightness
from benchmarks.accuracy.memory import match_records, stability
from benchmarks.accuracy.people import Differing, Memory, People, differing
from benchmarks.accuracy.stream import identifiers_only, matching_by
from benchmarks.accuracy.touchpoints import disordered, lines, truth
from benchmarks.accuracy.town import town
from identity.matching.default import default_model
from identity.matching.memory import MatchPolicy, match_all
from identity.matching.model import Scorer, resized
from identity.policy_file import default_policy_text, parse_policy
from streams.settings import Settings

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


def test_a_record_is_a_profile_update_of_a_customer_of_its_own() -> None:
    data = town(50, 1)
    told = [json.loads(line) for line in lines(data.rows)]
    assert [one["event_id"] for one in told] == [row.key for row in data.rows]
    assert [one["identifiers"][0] for one in told] == [{"type": "crm_id", "value": row.key} for row in data.rows]
    assert [one["traits"] for one in told] == [row.traits for row in data.rows]
    times = [one["event_time"] for one in told]
    assert times == sorted(set(times))
    assert truth(data.rows) == {row.key: row.person for row in data.rows}


def test_disorder_adds_repeats_and_older_versions_that_leave_no_trace() -> None:
    rows = town(100, 1).rows
    plain = {line["event_id"]: line for line in map(json.loads, lines(rows))}
    arrived = [json.loads(line) for line in disordered(rows, Random(1))]  # noqa: S311  # an order
    assert len(arrived) > len({line["event_id"] for line in arrived}) > len(rows)
    older = {line["event_id"]: line for line in arrived} | plain
    for event, line in older.items():
        if event in plain:
            assert line in arrived
        else:
            newer = plain[event.removesuffix("/older")]
            assert line["identifiers"] == newer["identifiers"][:1]
            assert line["traits"].keys() <= newer["traits"].keys()
            assert line["event_time"] < newer["event_time"]


def test_policies_differ_in_matching_alone() -> None:
    default = parse_policy(default_policy_text())
    assert parse_policy(identifiers_only()).matching is None
    assert parse_policy(identifiers_only()).identifiers == default.identifiers
    model = "model-0123456789abcdef.json"
    named = parse_policy(matching_by(model, 0.99))
    assert named.matching is not None
    assert (named.matching.unite, named.matching.model) == (0.99, model)
    assert named.identifiers == default.identifiers


def test_what_differs_is_counted_in_pairs() -> None:
    one = People([("a", "b", "c"), ("d",)], {}, {("c", "d")})
    other = People([("a", "b"), ("c", "d")], {}, set())
    assert differing(one, other) == Differing(3, 1)
    assert differing(one, one) == Differing(0, 0)
    assert (one.held, other.held) == (1.0, 0.0)


def test_the_command_that_failed_is_told_with_what_it_said(tmp_path: Path) -> None:
    home = Installation(Settings(home=tmp_path, bootstrap_servers="127.0.0.1:1"))
    with pytest.raises(CommandError, match=r"(?s)onefold policy check nowhere.*cannot be read"):
        home.run("policy", "check", "nowhere")


class _Lake:
    """A lake of a data set's touchpoints, as far as its history is read."""

    def __init__(self, data: DataSet) -> None:
        self._rows = [
            (
                "crm",
                line["event_id"],
                line["event_time"],
                line["identifiers"],
                line["traits"],
            )
            for line in map(json.loads, lines(data.rows))
        ]

    def execute(self, _: str) -> "_Lake":
        return self

    def fetchmany(self, _: int) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows


def _memory(data: DataSet) -> Memory:
    return Memory(_Lake(data), default_policy_text(), bytes(32))  # type: ignore[arg-type]  # as far as it is read


def test_where_no_identifier_is_shared_resolving_all_at_once_is_matching_in_memory() -> None:
    rows = [replace(row, identifiers=()) for row in town(100, 4).rows]
    people = _memory(DataSet("town", rows)).people(default_policy_text(), None)
    records, _ = match_records(DataSet("town", rows))
    expected = match_all(records, Scorer(default_model()), MatchPolicy())
    alone = [(row.key,) for row in rows if row.key not in records]
    assert sorted(people.groups) == sorted([*expected.groups, *alone])
    assert {(*pair, people.alike[pair]) for pair in people.suggested} == set(expected.suggestions)


def test_all_at_once_under_one_policy_leaves_no_trace_in_the_next() -> None:
    memory = _memory(town(100, 4))
    matched = memory.people(default_policy_text(), None)
    alone = memory.people(identifiers_only(), None)
    assert len(alone.groups) > len(matched.groups)
    assert not alone.alike
    assert memory.people(default_policy_text(), None) == matched


def test_nothing_leaves_a_trace_in_memory() -> None:
    found = stability(town(30, 6), orders=2, withdrawals=5)
    assert (found.differing_pairs, found.differing_withdrawals) == (0, 0)
