"""How true a prediction was of the past, and what made it."""

import csv
import gzip
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest

from profiles.buying import DAY_MS
from profiles.lifetime import Predictions
from profiles.lifetime_told import hold_out, reasons
from profiles.likelihood import NotFittedError

DATA = Path(__file__).parents[1] / "data"
EUR = 1_000_000


def bought(*days: float, units: int = 10) -> list[tuple[int, int]]:
    """Return purchases of so many units each, in whole and broken days since 1970."""
    return [(round(day * DAY_MS), units * EUR) for day in days]


def a_shop(customers: int = 200) -> list[list[tuple[int, int]]]:
    """Return customers who begin within 30 days and buy for 160 days at rates of their own, some until they leave."""
    random = Random(4)  # noqa: S311 - no secret
    shop = []
    for _ in range(customers):
        day, rate = random.random() * 30, random.gammavariate(1.0, 0.08) + 0.004
        days = [day]
        while (day := day + random.expovariate(rate)) < 160 and random.random() > 0.05:
            days.append(day)
        shop.append(bought(*days, units=random.randint(5, 50)))
    return shop


def test_the_last_quarter_of_the_period_is_predicted_and_counted() -> None:
    shop = a_shop()
    found = hold_out(shop, 160 * DAY_MS)
    assert (found.fitted_to_ms, found.days) == (121 * DAY_MS - 1, 40)  # day 0 to 160: three quarters are up to day 120
    later = [{time // DAY_MS for time, _ in customer if time >= 121 * DAY_MS} for customer in shop]
    assert found.customers == 200
    assert found.seen_orders == sum(map(len, later))
    assert found.seen_value_micros == sum(amount for one in shop for time, amount in one if time >= 121 * DAY_MS)
    assert found.expected_orders == pytest.approx(found.seen_orders, rel=0.2)
    assert found.expected_value_micros == pytest.approx(found.seen_value_micros, rel=0.25)


def test_of_the_customers_of_a_real_shop_the_last_quarter_is_predicted_within_a_twentieth() -> None:
    """CDNOW: fitted to purchases up to mid-February 1998, of the 136 days up to the end of June."""
    shop = defaultdict(list)
    with gzip.open(DATA / "cdnow_sample.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["day"]).replace(tzinfo=UTC)
            shop[row["customer"]].append((round(at.timestamp() * 1000), round(float(row["dollars"]) * EUR)))
    found = hold_out(list(shop.values()), round(datetime(1998, 6, 30, tzinfo=UTC).timestamp() * 1000))
    assert (found.customers, found.days, found.seen_orders) == (2_357, 136, 865)
    assert found.expected_orders == pytest.approx(found.seen_orders, rel=0.05)
    assert found.expected_value_micros == pytest.approx(found.seen_value_micros, rel=0.05)


def test_who_came_later_and_what_came_after_the_moment_count_for_nothing() -> None:
    shop = a_shop()
    more = [*shop, bought(121.0, 125.5, 130.0), *([*customer, *bought(161)] for customer in shop[:50])]
    plain = hold_out([*shop, *shop[:50]], 160 * DAY_MS)
    assert hold_out(more, 160 * DAY_MS) == plain


@pytest.mark.parametrize(
    ("shop", "why"),
    [([], "too few days"), ([bought(100.5)] * 50, "too few days"), ([bought(1, 50)] * 29, "expected at least 30")],
)
def test_too_little_to_hold_out_is_said(shop: list[list[tuple[int, int]]], why: str) -> None:
    with pytest.raises(NotFittedError, match=why):
        hold_out(shop, 101 * DAY_MS - 1)


def test_reasons_are_the_parts_of_a_value_by_their_distance_to_the_median() -> None:
    """Medians are 0.9, root of 2, and 10: of the first, half the value is farther off than the rate."""
    alive, rate, value = np.array([0.9, 0.9, 0.3, 0.9]), np.array([2.0, 1.0, 4.0, 1.0]), np.array([5.0, 10, 100, 10])
    told = Predictions(alive, alive * rate, value * EUR, alive * rate * value * EUR)
    assert reasons(told) == [
        ["order_value low", "purchase_rate high"],
        ["purchase_rate low"],
        ["order_value high", "probability_alive low", "purchase_rate high"],
        ["purchase_rate low"],
    ]


def test_of_nobody_there_are_no_reasons() -> None:
    none = np.zeros(0)
    assert reasons(Predictions(none, none, none, none)) == []
