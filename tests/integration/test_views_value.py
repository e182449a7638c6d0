"""What customers are worth: by examples small enough to work by hand, and as a plain fold of a generated world."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas.accepted import AcceptedTouchpoint
from sinks.testing import SOME_TIME_MS, a_touchpoint
from tests.integration.view_lakes import (
    ANN,
    BOB,
    DAY_MS,
    EVE,
    WORLD_DAY,
    SmallWorld,
    an_order_of,
    ask,
    moment_of,
    place_of,
    small_world,
    touch,
    write_lake,
)


def bought(event_id: str, order_id: str, units: float, day: float = 0, **rest: Any) -> AcceptedTouchpoint:  # noqa: ANN401
    """Return a purchase, or what else the kind says."""
    order = an_order_of(order_id, units, rest.pop("currency", "EUR"), rest.pop("margin", None))
    return touch(event_id, day=day, **{"kind": "purchase", **rest}, order=order)


# --- orders --------------------------------------------------------------------------------------------------------

ORDERS = "SELECT order_id, kind, event_id, amount::DOUBLE, amount_base::DOUBLE, statements FROM orders ORDER BY ALL"


def test_an_order_told_again_is_one_order_and_the_newest_statement_counts(tmp_path: Path) -> None:
    told = [
        bought("e-1", "o-1", 10, 1),
        bought("e-2", "o-1", 12, 2, source="store"),
        bought("e-0", "o-1", 99, 0, source="crm"),
        bought("e-3", "o-1", 5, 1, who="bob"),
    ]
    assert ask(write_lake(tmp_path, told), 9, ORDERS) == [
        ("o-1", "purchase", "e-2", 12.0, 12.0, 3),
        ("o-1", "purchase", "e-3", 5.0, 5.0, 1),
    ]


def test_of_statements_of_one_time_the_last_event_and_then_the_last_source_counts(tmp_path: Path) -> None:
    told = [bought("e-1", "o-1", 3), bought("e-2", "o-1", 1, source="web"), bought("e-2", "o-1", 2, source="crm")]
    assert ask(write_lake(tmp_path, told), 9, ORDERS) == [("o-1", "purchase", "e-2", 1.0, 1.0, 3)]


def test_a_return_counts_before_its_order_and_without_one(tmp_path: Path) -> None:
    told = [
        bought("e-1", "o-1", 4, 1, kind="return"),
        bought("e-2", "o-1", 4, 2),
        bought("e-3", "o-2", 7, 3, kind="return"),
    ]
    assert ask(write_lake(tmp_path, told), 9, ORDERS) == [
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
    sql = "SELECT currency, amount_base, margin, margin_base FROM orders ORDER BY order_id"
    assert ask(write_lake(tmp_path, told), 9, sql) == [
        ("EUR", Decimal(10), Decimal(-3), Decimal(-3)),
        ("USD", Decimal(5), Decimal("0.000001"), Decimal("0.000001")),  # half a millionth is rounded up
        ("XYZ", None, Decimal(3), None),
    ]


@pytest.mark.parametrize("rate", ["1e300", "1e7"])
def test_a_rate_beyond_all_reason_is_none(tmp_path: Path, rate: str) -> None:
    told = [bought("e-1", "o-1", 10, currency="USD"), bought("e-2", "o-2", 10)]
    home = write_lake(tmp_path, told, policy_text=f"[profile.currency_rates]\nUSD = {rate}\n")
    assert ask(home, 9, "SELECT revenue_base, orders_without_rate FROM customer_value") == [(Decimal(10), 1)]


def test_the_largest_amount_fits_at_the_largest_rate(tmp_path: Path) -> None:
    told = [bought(f"e-{place}", f"o-{place}", 1e9, currency="USD", margin=-1e9) for place in range(3)]
    home = write_lake(tmp_path, told, policy_text="[profile.currency_rates]\nUSD = 9999999.0\n")
    sql = "SELECT revenue_base, margin_base, monetary_score FROM customer_value"
    assert ask(home, 9, sql) == [(Decimal(29999997) * 10**9, Decimal(-29999997) * 10**9, 5)]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(bought("e-1", "o-1", 10, kind="checkout_started"), id="another type"),
        pytest.param(bought("e-1", "o-1", 10, who="nobody"), id="nobody's yet"),
        pytest.param(bought("e-1", "o-1", 10, 10), id="after the moment"),
        pytest.param(a_touchpoint("e-1"), id="no order"),
    ],
)
def test_what_is_no_order_of_a_customer_up_to_the_moment_is_left_out(tmp_path: Path, told: AcceptedTouchpoint) -> None:
    assert ask(write_lake(tmp_path, [told]), 9, ORDERS) == []


# --- an example by hand --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann bought on days 0, 40 and 60 and gave back on day 61; Bob bought on day 31, Eve only looked."""
    points: Mapping[str, Any] = {"kind": "points", "source": "store"}
    told = [
        bought("a-1", "o-1", 100, 0, margin=40),
        bought("a-2", "o-2", 60, 40, currency="USD", margin=10),
        bought("a-3", "o-3", 20, 60),
        bought("a-4", "o-1", 50, 61, kind="return", margin=20),
        bought("a-5", "o-5", 999, 61, currency="XYZ"),
        bought("b-1", "o-6", 20, 31, who="bob"),
        touch("e-1", "eve", 20),
        touch("p-1", day=1, traits={"loyalty_tier": "basic"}, properties={"points": "100"}, **points),
        touch("p-2", day=2, traits={"loyalty_tier": "gold"}, properties={"points": "-30"}, **points),
        touch("p-3", day=3, traits={"loyalty_tier": "gold"}, properties={"points": "many"}, **points),
        touch("p-4", "bob", day=3, properties={"points": "7"}, **points),
    ]
    return write_lake(tmp_path_factory.mktemp("shop"), told)


def test_customers_are_worth_what_they_bought_less_what_they_gave_back(shop: Path) -> None:
    columns = """customer_id, orders, returns, round(return_rate, 2), revenue_base::DOUBLE, margin_base::DOUBLE,
                 orders_without_rate, average_basket_base, recency_score, frequency_score, monetary_score, rfm"""
    rows = ask(shop, 70, f"SELECT {columns} FROM customer_value")  # noqa: S608
    assert {row[0]: row[1:] for row in rows} == {
        # 100 + 30 + 20 - 50, and 40 + 5 - 20; XYZ has no rate; four purchases, the last one 9 days ago
        ANN: (4, 1, 0.25, 100.0, 25.0, 1, 50.0, 5, 3, 2, "532"),
        BOB: (1, 0, 0.0, 20.0, 0.0, 0, 20.0, 3, 1, 1, "311"),
        EVE: (0, 0, None, 0.0, 0.0, 0, None, None, None, None, None),
    }


def test_a_sum_never_mixes_currencies(shop: Path) -> None:
    [(revenue,)] = ask(shop, 70, f"SELECT revenue FROM customer_value WHERE customer_id = '{ANN}'")  # noqa: S608
    assert revenue == {"EUR": Decimal(70), "USD": Decimal(60), "XYZ": Decimal(999)}


def test_days_are_reckoned_from_the_moment_with_their_fraction(shop: Path) -> None:
    columns = "tenure_days, days_since_first_order, days_since_last_order, days_since_last_touch"
    [row] = ask(shop, 61.25, f"SELECT {columns} FROM customer_value WHERE customer_id = '{ANN}'")  # noqa: S608
    assert row == (61.25, 61.25, 0.25, 0.25)


def test_what_happened_after_the_moment_is_not_known(shop: Path) -> None:
    rows = ask(shop, 39, "SELECT customer_id, orders, revenue_base::DOUBLE FROM customer_value")
    assert sorted(rows) == sorted([(ANN, 1, 100.0), (BOB, 1, 20.0), (EVE, 0, 0.0)])


@pytest.mark.parametrize(
    ("days", "score"), [(14, 5), (14.0001, 4), (30, 4), (60, 3), (60.0001, 2), (120, 2), (120.0001, 1)]
)
def test_a_cut_point_of_recency_is_reached_on_the_very_day(shop: Path, days: float, score: int) -> None:
    sql = f"SELECT recency_score FROM customer_value WHERE customer_id = '{BOB}'"  # noqa: S608
    assert ask(shop, 31 + days, sql) == [(score,)]


def test_buyers_are_in_classes_by_their_scores(shop: Path) -> None:
    columns = "rfm_class, customers, share, orders, revenue_base::DOUBLE, round(revenue_share, 4)"
    assert ask(shop, 70, f"SELECT {columns} FROM rfm_segments ORDER BY 1") == [  # noqa: S608
        ("loyal", 1, 0.5, 4, 100.0, 0.8333),
        ("needs_attention", 1, 0.5, 1, 20.0, 0.1667),
    ]


def test_few_customers_make_most_of_the_revenue(shop: Path) -> None:
    columns = "rank, customer_id, revenue_base::DOUBLE, customer_share, round(revenue_share, 4)"
    assert ask(shop, 70, f"SELECT {columns} FROM pareto ORDER BY 1") == [  # noqa: S608
        (1, ANN, 100.0, 0.5, 0.8333),
        (2, BOB, 20.0, 1.0, 1.0),
    ]
    assert ask(shop, 70, "FROM revenue_concentration") == [(2, Decimal(120), 1, 0.5)]
    assert ask(shop, -1, "FROM revenue_concentration") == [(0, None, None, None)]


def test_months_have_their_customers_and_sums(shop: Path) -> None:
    columns = "customers, new_customers, orders, returns, revenue_base::DOUBLE, margin_base::DOUBLE"
    sql = f"SELECT month, {columns}, average_basket_base, orders_without_rate FROM monthly_value ORDER BY 1"  # noqa: S608
    assert ask(shop, 70, sql) == [
        (date(2026, 1, 1), 1, 1, 1, 0, 100.0, 40.0, 100.0, 0),
        (date(2026, 2, 1), 2, 1, 2, 0, 50.0, 5.0, 25.0, 0),
        (date(2026, 3, 1), 1, 0, 2, 1, -30.0, -20.0, 20.0, 1),
    ]


def test_cohorts_are_followed_through_the_months_up_to_the_moment(shop: Path) -> None:
    assert ask(
        shop, 70, "SELECT * REPLACE (revenue_base::INTEGER AS revenue_base) FROM retention_cohorts ORDER BY ALL"
    ) == [
        (date(2026, 1, 1), 0, 1, 1, 1.0, 100),
        (date(2026, 1, 1), 1, 1, 1, 1.0, 30),
        (date(2026, 1, 1), 2, 1, 1, 1.0, -30),
        (date(2026, 2, 1), 0, 1, 1, 1.0, 20),
        (date(2026, 2, 1), 1, 1, 0, 0.0, 0),
    ]


def test_purchases_are_counted_with_the_days_between(shop: Path) -> None:
    assert ask(shop, 70, "FROM repeat_purchase ORDER BY 1") == [
        (1, 2, None, None, None),
        (2, 1, 0.5, 40.0, 40.0),
        (3, 1, 1.0, 20.0, 20.0),
        (4, 1, 1.0, 1.0, 1.0),
    ]


def test_points_add_up_and_the_newest_tier_counts(shop: Path) -> None:
    rows = ask(shop, 70, "FROM loyalty")
    assert {row[0]: row[1:] for row in rows} == {
        ANN: ("gold", moment_of(2), Decimal(70), Decimal(100), Decimal(30), moment_of(2)),
        BOB: (None, None, Decimal(7), Decimal(7), Decimal(0), moment_of(3)),
    }


# --- a plain fold of a generated world -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    return small_world(tmp_path_factory.mktemp("world"))


def orders_of(records: Sequence[AcceptedTouchpoint]) -> dict[tuple[str, str], list[AcceptedTouchpoint]]:
    """Return the statements of each order, oldest first."""
    found: dict[tuple[str, str], list[AcceptedTouchpoint]] = {}
    for record in sorted(records, key=place_of):
        order, kind = record["touchpoint"]["order"], record["touchpoint"]["type"]
        if order is not None and kind in {"purchase", "return"}:
            found.setdefault((order["order_id"], kind), []).append(record)
    return found


def units(micros: int | None) -> Decimal | None:
    return None if micros is None else Decimal(micros) / 1_000_000


def test_orders_are_the_fold_of_what_was_told(world: SmallWorld) -> None:
    expected = Counter(
        (customer, *name, told[-1]["touchpoint"]["event_id"], told[-1]["source"], order["currency"],
         units(order["amount_micros"]), units(order.get("margin_micros")), len(told))
        for customer, records in world.by_customer.items()
        for name, told in orders_of(records).items()
        if (order := told[-1]["touchpoint"]["order"])
    )  # fmt: skip
    columns = "customer_id, order_id, kind, event_id, channel, currency, amount, margin, statements"
    found = Counter(world.ask(f"SELECT {columns} FROM orders"))  # noqa: S608
    assert found == expected
    assert max(row[-1] for row in expected) > 1
    assert {"USD", "CHF"} & {row[5] for row in expected} - {None, "EUR"}


def value_of(records: Sequence[AcceptedTouchpoint], world: SmallWorld) -> tuple[object, ...]:
    """Return orders, returns, revenue, by currency, without a rate, and the scores of a customer."""
    rates = {"EUR": Decimal(1), "USD": Decimal("0.5")}
    now_ms = SOME_TIME_MS + round(WORLD_DAY * DAY_MS)
    bought_at: list[int] = []
    returns, base, left_out = 0, Decimal(0), 0
    revenue: Counter[str] = Counter()
    for (_, kind), told in orders_of(records).items():
        order = told[-1]["touchpoint"]["order"]
        assert order is not None
        amount = order["amount_micros"] if kind == "purchase" else -order["amount_micros"]
        revenue[order["currency"]] += amount
        if order["currency"] in rates:
            base += Decimal(amount) * rates[order["currency"]] / 1_000_000
        else:
            left_out += 1
        if kind == "purchase":
            bought_at.append(told[-1]["touchpoint"]["event_time"])
        else:
            returns += 1
    scores: tuple[int | None, ...] = (None, None, None)
    if bought_at:
        days = (now_ms - max(bought_at)) / DAY_MS
        cuts = world.policy.scores
        scores = (
            1 + sum(cut >= days for cut in cuts.recency_days),
            1 + sum(cut <= len(bought_at) for cut in cuts.frequency),
            1 + sum(Decimal(str(cut)) <= base for cut in cuts.monetary),
        )
    by_currency = {name: units(micros) for name, micros in revenue.items()}
    return len(bought_at), returns, base, by_currency, left_out, *scores


def test_the_value_of_customers_is_the_fold_of_their_orders(world: SmallWorld) -> None:
    columns = """customer_id, orders, returns, revenue_base, revenue, orders_without_rate,
                 recency_score, frequency_score, monetary_score, last_touch_at, days_since_last_touch"""
    found = {row[0]: row[1:] for row in world.ask(f"SELECT {columns} FROM customer_value")}  # noqa: S608
    assert found.keys() == world.by_customer.keys()
    for customer, records in world.by_customer.items():
        *value, last_touch_at, days = found[customer]
        assert tuple(value) == value_of(records, world)
        since = moment_of(WORLD_DAY) - last_touch_at
        assert last_touch_at == moment_of((records[-1]["touchpoint"]["event_time"] - SOME_TIME_MS) / DAY_MS)
        assert days == since / timedelta(days=1)
