"""Orders and what customers are worth, by examples small enough to work by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from profiles.policy_file import default_profile_policy
from schemas.accepted import AcceptedTouchpoint
from sinks.lake import LakeBatch, open_lake_writer
from sinks.reader import open_lake_reader
from sinks.testing import SOME_TIME_MS, a_node, a_profile, a_touchpoint, node_id
from sinks.views import all_views

DAY = 86_400_000
ANN, BOB = node_id("email", "ann@example.com"), node_id("email", "bob@example.com")
MOMENT = datetime(2026, 4, 11, tzinfo=UTC).replace(tzinfo=None)
"""100 days after the first touchpoint."""

POLICY = replace(default_profile_policy(), currency_rates={"USD": 0.5})


def bought(  # noqa: PLR0913  # all that tells orders apart
    event_id: str,
    order_id: str,
    units: float,
    day: float = 0,
    *,
    who: str = "ann",
    kind: str = "purchase",
    currency: str = "EUR",
    margin: float | None = None,
    source: str = "web",
) -> AcceptedTouchpoint:
    told = a_touchpoint(
        event_id, a_node("email", f"{who}@example.com"), source=source, at=SOME_TIME_MS + round(day * DAY)
    )
    told["touchpoint"]["type"] = kind
    told["touchpoint"]["order"] = {
        "order_id": order_id,
        "amount_micros": round(units * 1e6),
        "currency": currency,
        "margin_micros": None if margin is None else round(margin * 1e6),
        "items": [],
    }
    return told


def asked(home: Path, touches: Sequence[AcceptedTouchpoint], sql: str) -> list[tuple[Any, ...]]:
    """Write a lake of these touchpoints of Ann and Bob and ask it under the policy, at the moment."""
    with open_lake_writer(home) as writer:
        writer.write(LakeBatch(touchpoints=touches, profiles=[a_profile("ann"), a_profile("bob")]), {})
        for view in all_views(POLICY):
            writer.connection.execute(view.create_sql())
    with open_lake_reader(home, moment=MOMENT) as reader:
        return reader.execute(sql).fetchall()


ORDERS = "SELECT order_id, kind, event_id, amount::DOUBLE, amount_base::DOUBLE, statements FROM orders ORDER BY ALL"


def test_an_order_told_again_is_one_order_and_the_newest_statement_counts(tmp_path: Path) -> None:
    told = [
        bought("e-1", "o-1", 10, 1),
        bought("e-2", "o-1", 12, 2, source="store"),
        bought("e-0", "o-1", 99, 0, source="crm"),
        bought("e-3", "o-1", 5, 1, who="bob"),
    ]
    assert asked(tmp_path, told, ORDERS) == [
        ("o-1", "purchase", "e-2", 12.0, 12.0, 3),
        ("o-1", "purchase", "e-3", 5.0, 5.0, 1),
    ]


def test_of_statements_of_one_time_the_last_event_and_then_the_last_source_counts(tmp_path: Path) -> None:
    told = [bought("e-1", "o-1", 3), bought("e-2", "o-1", 1, source="web"), bought("e-2", "o-1", 2, source="crm")]
    assert asked(tmp_path, told, ORDERS) == [("o-1", "purchase", "e-2", 1.0, 1.0, 3)]


def test_a_return_counts_before_its_order_and_without_one(tmp_path: Path) -> None:
    told = [
        bought("e-1", "o-1", 4, 1, kind="return"),
        bought("e-2", "o-1", 4, 2),
        bought("e-3", "o-2", 7, 3, kind="return"),
    ]
    assert asked(tmp_path, told, ORDERS) == [
        ("o-1", "purchase", "e-2", 4.0, 4.0, 1),
        ("o-1", "return", "e-1", 4.0, 4.0, 1),
        ("o-2", "return", "e-3", 7.0, 7.0, 1),
    ]


def test_amounts_have_a_base_where_their_currency_has_a_rate(tmp_path: Path) -> None:
    told = [
        bought("e-1", "o-1", 10, margin=-3),
        bought("e-2", "o-2", 10, currency="USD", margin=0.000001),
        bought("e-3", "o-3", 10, currency="XYZ", margin=3),
    ]
    rows = asked(tmp_path, told, "SELECT currency, amount_base, margin, margin_base FROM orders ORDER BY order_id")
    assert rows == [
        ("EUR", Decimal(10), Decimal(-3), Decimal(-3)),
        ("USD", Decimal(5), Decimal("0.000001"), Decimal("0.000001")),  # half a millionth is rounded up
        ("XYZ", None, Decimal(3), None),
    ]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(bought("e-1", "o-1", 10, kind="checkout_started"), id="another type"),
        pytest.param(bought("e-1", "o-1", 10, who="eve"), id="nobody's yet"),
        pytest.param(bought("e-1", "o-1", 10, 101), id="after the moment"),
        pytest.param(a_touchpoint("e-1"), id="no order"),
    ],
)
def test_what_is_no_order_of_a_customer_up_to_the_moment_is_left_out(tmp_path: Path, told: AcceptedTouchpoint) -> None:
    assert asked(tmp_path, [told], ORDERS) == []
