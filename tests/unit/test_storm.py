"""The fault harness itself: its plans repeat, its oracle agrees with the engine, and what is wrong shows."""

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from sinks.reader import open_lake_reader
from tests.faults.harness import Sent, folded, world
from tests.faults.storm.check import Difference, people_differ
from tests.faults.storm.oracle import Truth, truth
from tests.faults.storm.plan import KINDS, Plan, Size, repeated
from tests.faults.storm.read import Heard
from tests.faults.storm.run import Report

SEED = 5


@pytest.fixture(scope="module")
def records() -> list[Sent]:
    return world(100, 400, SEED)


@pytest.fixture(scope="module")
def expected(records: list[Sent]) -> Truth:
    return truth(records, [])


def heard(told: Truth, **changes: Any) -> Heard:  # noqa: ANN401  # fields of a profile
    """Return what a subscriber hears where all is as it must be, but for changes of one profile."""
    profiles = {name: _profile(name, content) for name, content in told.people.items()}
    first = min(profiles)
    profiles[first] = {**profiles[first], **changes}
    return Heard(touchpoints=set(told.events), profiles=profiles)


def _profile(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    segments = [{"name": segment, "entered_at": 0} for segment in content["segments"]]
    return {**content, "customer_id": name, "revision": 1, "updated_at": 1, "caps": [], "segments": segments}


def test_a_seed_has_the_same_plan_again_and_another_seed_another_one() -> None:
    assert Plan.drawn(SEED, Size()) == Plan.drawn(SEED, Size())
    assert Plan.drawn(SEED, Size()) != Plan.drawn(SEED + 1, Size())


def test_a_plan_with_room_for_all_kinds_has_each_of_them() -> None:
    assert {fault.kind for fault in Plan.drawn(SEED, Size(faults=len(KINDS))).faults} == set(KINDS)


def test_half_of_the_records_come_in_bursts_just_before_a_fault_and_all_in_the_time_of_the_plan() -> None:
    plan = Plan.drawn(SEED, Size())
    moments = plan.moments(SEED, 1_000)
    before = [moment for moment in moments if any(0 <= fault.at - moment <= 0.8 for fault in plan.faults)]

    assert len(moments) == 1_000
    assert moments == sorted(moments)
    assert 0 <= moments[0] <= moments[-1] <= plan.seconds
    assert len(before) > 500


def test_a_report_is_told_in_json() -> None:
    report = Report(SEED, ["a line"], [Difference("people", "2", "1")])
    report.faults["kill sink"] += 2

    told = json.loads(json.dumps(report.as_json()))

    assert (told["seed"], told["faults"]) == (SEED, {"kill sink": 2})
    assert told["differences"] == [{"where": "people", "expected": "2", "found": "1"}]


def test_the_oracle_finds_the_people_that_one_partition_of_the_engine_finds(
    records: list[Sent], expected: Truth
) -> None:
    with folded(records) as home, open_lake_reader(home) as reader:
        rows = reader.execute(
            "SELECT touches, orders, list_sort([i.value FOR i IN identifiers]) FROM profiles WHERE status = 'active'"
        ).fetchall()

    people = expected.people.values()
    assert sorted(rows) == sorted(
        (one["touches"], one["orders"], sorted(part["value"] for part in one["identifiers"])) for one in people
    )


def test_the_oracle_takes_records_in_any_order_and_any_number_of_times(records: list[Sent], expected: Truth) -> None:
    shuffled = repeated(SEED, records)
    random.Random(SEED).shuffle(shuffled)  # noqa: S311  # a reproducible order

    assert len(shuffled) > len(records)
    assert truth(shuffled, []) == expected


def test_what_came_out_as_it_must_shows_no_difference(expected: Truth) -> None:
    assert list(people_differ(expected, heard(expected))) == []


def test_a_profile_that_says_something_else_shows_without_what_it_says(expected: Truth) -> None:
    differences = list(people_differ(expected, heard(expected, touches=77, traits=[{"name": "city", "value": "Ulm"}])))

    touches, traits = differences
    assert (touches.where.partition(": ")[2], traits.where.partition(": ")[2]) == ("touches", "traits")
    assert touches.found == "77"
    assert "Ulm" not in str(differences)


def test_a_missing_customer_and_a_missing_touchpoint_show(expected: Truth) -> None:
    found = heard(expected)
    del found.profiles[min(found.profiles)]
    found.touchpoints.pop()

    assert [one.where for one in people_differ(expected, found)] == ["people", "accepted touchpoints"]


def test_a_customer_who_was_merged_into_nobody_shows(expected: Truth) -> None:
    found = heard(expected)
    found.profiles["aa"] = {"status": "merged", "merged_into": "bb", "customer_id": "aa", "revision": 1}

    assert [one.where for one in people_differ(expected, found)] == ["profile aa: merged into"]
