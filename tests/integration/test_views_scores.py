"""What models say of customers, by examples small enough to work by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas.records import Profile, Score
from sinks.lake import LakeBatch, WriteCounts, open_lake_writer
from sinks.query import run_sql
from sinks.reader import open_lake_reader
from sinks.testing import SOME_TIME_MS, a_merged_profile, a_node, a_profile, a_touchpoint, an_order, node_id
from streams.scores import made_now

PEOPLE = ("ann", "bob", "eve", "kim")
ANN, BOB, EVE, KIM = (node_id("email", f"{name}@example.com") for name in PEOPLE)
NOW_MS = SOME_TIME_MS
PREDICTED = """
    SELECT customer_id, probability_alive, expected_orders, expected_order_value, predicted_value,
           historical_value::DOUBLE, horizon_days, reasons, epoch_ms(made_at)
    FROM predicted_value ORDER BY predicted_value DESC
"""
FOUND = "SELECT segment, customer_id, rank, similarity, lift, features, epoch_ms(made_at) FROM look_alikes ORDER BY ALL"


def a_score(
    customer_id: str,
    values: Mapping[str, float],
    *reasons: str,
    model: str = "lifetime_value",
    version: str = "v1",
    made_at: int = 1,
) -> Score:
    """Return what a model says."""
    return {
        "customer_id": customer_id,
        "model": model,
        "version": version,
        "values": dict(values),
        "reasons": list(reasons),
        "made_at": made_at,
    }


def a_value(alive: float, orders: float, order_value: float, predicted: float) -> dict[str, float]:
    """Return a prediction for 365 days."""
    return {
        "probability_alive": alive,
        "expected_orders": orders,
        "expected_order_value": order_value,
        "predicted_value": predicted,
        "horizon_days": 365.0,
    }


def lake(home: Path, *batches: Sequence[Score], profiles: Sequence[Profile] = ()) -> Path:
    """Write a lake of four people, of whom Ann bought for 12.50, what models said, and then other profiles."""
    bought = a_touchpoint("e-1", a_node("email", "ann@example.com"), order=an_order())
    with open_lake_writer(home) as writer:
        writer.write(LakeBatch(touchpoints=[bought], profiles=[a_profile(name) for name in PEOPLE]), {})
        for batch in batches:
            writer.write(LakeBatch(scores=batch), {})
        writer.write(LakeBatch(profiles=profiles), {})
    return home


def ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    return run_sql(home, sql).rows


def test_a_score_is_replaced_by_one_made_later_whichever_comes_first(tmp_path: Path) -> None:
    older, newer = a_score(ANN, {"x": 1.0}, made_at=1), a_score(ANN, {"x": 2.0}, "orders high", made_at=2)
    other = a_score(ANN, {"x": 3.0}, model="look_alike/engaged")
    with open_lake_writer(tmp_path) as writer:
        counts = [writer.write(LakeBatch(scores=batch), {}) for batch in ([newer, older, other], [newer], [older])]
    assert counts == [WriteCounts(scores=2), WriteCounts(), WriteCounts()]
    assert ask(tmp_path, 'SELECT model, "values", reasons FROM scores ORDER BY model') == [
        ("lifetime_value", {"x": 2.0}, ["orders high"]),
        ("look_alike/engaged", {"x": 3.0}, []),
    ]


def test_a_prediction_stands_beside_what_the_customer_brought_so_far(tmp_path: Path) -> None:
    told = [
        a_score(ANN, a_value(0.9, 2.0, 10.0, 19.0), "probability_alive high"),
        a_score(BOB, a_value(0.2, 0.5, 8.0, 4.0)),
    ]
    assert ask(lake(tmp_path, told), PREDICTED) == [
        (ANN, 0.9, 2.0, 10.0, 19.0, 12.5, 365.0, ["probability_alive high"], 1),
        (BOB, 0.2, 0.5, 8.0, 4.0, 0.0, 365.0, [], 1),
    ]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_who_is_in_the_newest_fit_no_more_is_in_no_view(tmp_path: Path, version: str) -> None:
    first = [a_score(ANN, a_value(0.9, 2.0, 10.0, 19.0)), a_score(BOB, a_value(0.2, 0.5, 8.0, 4.0))]
    second = [a_score(BOB, a_value(0.1, 0.25, 8.0, 2.0), version=version, made_at=2)]
    rows = ask(lake(tmp_path, first, second), PREDICTED)
    assert [row[:2] for row in rows] == [(BOB, 0.1)]
    assert ask(tmp_path, "SELECT count(*) FROM scores") == [(2,)]


def test_customers_who_became_one_are_expected_to_bring_what_each_was(tmp_path: Path) -> None:
    """Bob went over to Eve and she to Ann: 3 + 1 orders of 10 and 30, alive unless both are gone: 1 - 0.5 * 0.8."""
    told = [
        a_score(ANN, a_value(0.5, 3.0, 10.0, 29.0), "orders high"),
        a_score(BOB, a_value(0.2, 1.0, 30.0, 28.0), "order_value high"),
        a_score(KIM, a_value(0.2, 1.0, 1.0, 1.0)),
    ]
    merged = [a_merged_profile("bob", "eve", 2), a_merged_profile("eve", "ann", 2)]
    rows = ask(lake(tmp_path, told, profiles=merged), PREDICTED)
    assert rows[0] == (ANN, pytest.approx(0.6), 4.0, 15.0, 57.0, 12.5, 365.0, ["orders high"], 1)
    assert [row[0] for row in rows] == [ANN, KIM]


def test_customers_whom_no_profile_knows_or_who_went_in_a_circle_are_gone(tmp_path: Path) -> None:
    told = [a_score(name, a_value(0.5, 1.0, 1.0, 1.0)) for name in (ANN, BOB, EVE, "nobody")]
    circle = [a_merged_profile("bob", "eve", 2), a_merged_profile("eve", "bob", 2)]
    assert [row[0] for row in ask(lake(tmp_path, told, profiles=circle), PREDICTED)] == [ANN]


def test_look_alikes_are_ranked_by_segment_each_by_its_newest_search(tmp_path: Path) -> None:
    def found(who: str, rank: float, similarity: float, segment: str, made_at: int) -> Score:
        values = {"rank": rank, "similarity": similarity, "lift": 10 * similarity}
        return a_score(who, values, "touches high", model=f"look_alike/{segment}", made_at=made_at)

    first = [found(ANN, 1, 0.9, "engaged", 1), found(BOB, 2, 0.8, "engaged", 1), found(KIM, 3, 0.7, "engaged", 1)]
    other = [found(EVE, 1, 0.9, "camping_fans", 1), found(KIM, 2, 0.6, "camping_fans", 1)]
    again = [found(BOB, 1, 0.5, "engaged", 2), found(EVE, 2, 0.4, "engaged", 2), found(KIM, 3, 0.3, "engaged", 2)]
    assert ask(lake(tmp_path, [*first, *other], again, profiles=[a_merged_profile("bob", "kim", 2)]), FOUND) == [
        ("camping_fans", EVE, 1, 0.9, 9.0, ["touches high"], 1),
        ("camping_fans", KIM, 2, 0.6, 6.0, ["touches high"], 1),
        ("engaged", EVE, 2, 0.4, 4.0, ["touches high"], 2),
        ("engaged", KIM, 1, 0.5, 5.0, ["touches high"], 2),
    ]


@pytest.mark.parametrize(("known", "expected"), [([], NOW_MS), ([1], NOW_MS), ([1, 2 * NOW_MS], 2 * NOW_MS + 1)])
def test_a_fit_of_now_is_later_than_any_that_the_lake_knows(tmp_path: Path, known: list[int], expected: int) -> None:
    lake(tmp_path, *([a_score(ANN, {}, made_at=made_at)] for made_at in known))
    with open_lake_reader(tmp_path) as reader:
        assert made_now(reader, "lifetime_value", NOW_MS) == expected
        assert made_now(reader, "look_alike/engaged", NOW_MS) == NOW_MS


def test_segments_of_another_name_that_looks_alike_are_not_mixed_up(tmp_path: Path) -> None:
    told = [a_score(ANN, {"rank": 1.0, "similarity": 0.5}, model="look+alike/engaged", made_at=SOME_TIME_MS)]
    assert ask(lake(tmp_path, told), FOUND) == []
