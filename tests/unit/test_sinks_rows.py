"""From records to Arrow columns."""

from datetime import datetime
from decimal import Decimal

import pytest

from schemas.records import Score
from sinks import rows, tables
from sinks.columns import MONEY, TIMESTAMP, list_of, map_to, sql_type, struct
from sinks.testing import a_dead_letter, a_node, a_profile, a_touchpoint, an_order


def test_every_table_of_a_batch_has_the_schema_of_its_table() -> None:
    """What rows makes fits what tables declares, empty batches too."""
    assert rows.touchpoints([a_touchpoint("e-1")]).schema == tables.TOUCHPOINTS.schema
    assert rows.touchpoints([]).schema == tables.TOUCHPOINTS.schema
    assert rows.profiles([a_profile("ann")]).schema == tables.PROFILES.schema
    assert rows.profiles([]).schema == tables.PROFILES.schema


def test_amounts_are_exact_to_a_millionth_over_the_whole_range_of_a_long() -> None:
    largest = 2**63 - 1
    table = rows.touchpoints([a_touchpoint("e-1", order=an_order(largest)), a_touchpoint("e-2", order=an_order(1))])
    assert table.column("amount").to_pylist() == [Decimal("9223372036854.775807"), Decimal("0.000001")]


def test_a_margin_may_be_negative_or_unknown() -> None:
    orders = [an_order() | {"margin_micros": -1}, an_order() | {"margin_micros": None}, an_order(), None]
    table = rows.touchpoints([a_touchpoint(f"e-{number}", order=order) for number, order in enumerate(orders)])
    assert table.column("margin").to_pylist() == [Decimal("-0.000001"), None, None, None]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (0, datetime(1970, 1, 1)),  # noqa: DTZ001 - the lake's times are UTC without a zone
        (2**63 - 1, datetime(9999, 12, 31, 23, 59, 59, 999_000)),  # noqa: DTZ001
        (-(2**63), datetime(1, 1, 1)),  # noqa: DTZ001
    ],
)
def test_a_time_that_no_calendar_holds_moves_to_the_nearer_end(stamp: int, expected: datetime) -> None:
    assert rows.to_arrow([stamp], TIMESTAMP).to_pylist() == [expected]


def test_a_record_without_kafka_timestamp_has_none_in_the_lake() -> None:
    assert rows.dead_letters([a_dead_letter(1)]).column("timestamp").to_pylist() == [None]


def test_missing_structs_are_null_and_the_others_keep_their_place() -> None:
    first = rows.profiles([a_profile("ann") | {"first_touch": None}, a_profile("bob")])
    assert [touch and touch["channel"] for touch in first.column("first_touch").to_pylist()] == [None, "web"]
    assert first.column("first_channel").to_pylist() == [None, "web"]


def test_the_anchor_is_the_first_node() -> None:
    table = rows.touchpoints([a_touchpoint("e-1", a_node("email", "a@example.com"), a_node("cookie", "c"))])
    assert table.column("anchor_id").to_pylist() == [table.column("node_ids").to_pylist()[0][0]]


def test_sql_types_follow_from_arrow_types() -> None:
    nested = list_of(struct(price=MONEY, at=TIMESTAMP))
    assert sql_type(nested) == 'STRUCT("price" DECIMAL(19,6), "at" TIMESTAMP)[]'
    assert sql_type(map_to(MONEY)) == "MAP(VARCHAR, DECIMAL(19,6))"


def test_a_score_keeps_its_values_and_the_order_of_its_reasons() -> None:
    score: Score = {
        "customer_id": "a",
        "model": "lifetime_value",
        "version": "0123456789abcdef",
        "values": {"probability_alive": 0.5, "expected_orders": 2.0},
        "reasons": ["order_value high", "probability_alive low"],
        "made_at": 1,
    }
    table = rows.scores([score])
    assert (table.schema, rows.scores([]).schema) == (tables.SCORES.schema, tables.SCORES.schema)
    assert dict(table.column("values").to_pylist()[0]) == score["values"]
    assert table.column("reasons").to_pylist() == [score["reasons"]]
