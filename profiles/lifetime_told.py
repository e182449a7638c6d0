"""What is told of predicted lifetime values: how true such a prediction was of the past, and what made each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from profiles.buying import DAY_MS, DAYS_A_WEEK, Buying, Floats, buying, columns
from profiles.lifetime import Horizon, Predictions, fit, predict
from profiles.likelihood import NotFittedError

Purchases = Sequence[tuple[int, int]]
"""Of one customer: event time in milliseconds since 1970 and amount in millionths, of one currency."""

_FITTED_SHARE = 0.75
_LEAST = 1e-300
_NOTABLE = 0.05
"""As logarithm: what is nearer to the median customer than by this factor is no reason."""


@dataclass(frozen=True, slots=True)
class HoldOut:
    """How true a prediction from the first three quarters of the period was of the last one.

    Attributes:
        fitted_to_ms: the end of the day, UTC, up to which purchases counted for the prediction.
        days: how many days after it were predicted.
        customers: those with a purchase by then; nobody else's purchases count here.
        expected_orders: days with a purchase that were expected of them.
        seen_orders: those that there were.
        expected_value_micros: what these days were expected to bring, undiscounted.
        seen_value_micros: what they brought.
    """

    fitted_to_ms: int
    days: int
    customers: int
    expected_orders: float
    seen_orders: int
    expected_value_micros: float
    seen_value_micros: int


def hold_out(customers: Sequence[Purchases], as_of_ms: int) -> HoldOut:
    """Return how true a prediction would have been; its model knows nothing of what came after.

    Args:
        customers: the purchases of each.
        as_of_ms: the moment up to which purchases count, in milliseconds since 1970.

    Raises:
        NotFittedError: the first three quarters are too few data, or the last one is shorter than a day.
    """
    last = as_of_ms // DAY_MS
    days = [time_ms // DAY_MS for purchases in customers for time_ms, _ in purchases if time_ms <= as_of_ms]
    first = min(days, default=last)
    fitted_to = first + round((last - first) * _FITTED_SHARE)
    if fitted_to == last:
        raise NotFittedError("the purchases span too few days")
    fitted_to_ms = (fitted_to + 1) * DAY_MS - 1
    known: list[Buying] = []
    after = []
    for purchases in customers:
        bought = buying(purchases, fitted_to_ms)
        if bought is not None:
            known.append(bought)
            after.append(_days_after(purchases, fitted_to, as_of_ms))
    buyings = columns(known)
    expected = predict(fit(buyings, fitted_to_ms), buyings, Horizon((last - fitted_to) / DAYS_A_WEEK, 0.0))
    return HoldOut(
        fitted_to_ms=fitted_to_ms,
        days=last - fitted_to,
        customers=len(known),
        expected_orders=float(np.sum(expected.transactions)),
        seen_orders=sum(len(amounts) for amounts in after),
        expected_value_micros=float(np.sum(expected.lifetime_value_micros)),
        seen_value_micros=sum(sum(amounts) for amounts in after),
    )


def reasons(predictions: Predictions) -> list[list[str]]:
    """Return for each customer what sets their value apart from the median customer's, the strongest first.

    A lifetime value is, but for the discount, the product of how likely the customer still buys
    (``probability_alive``), how many days with a purchase to expect if so (``purchase_rate``), and what such a day
    brings (``order_value``). So its logarithm is a sum, and each part's distance to the median of that part is what
    the part adds.
    """
    alive = predictions.probability_alive
    parts = {
        "probability_alive": _logarithm(alive),
        "purchase_rate": _logarithm(predictions.transactions) - _logarithm(alive),
        "order_value": _logarithm(predictions.mean_value_micros),
    }
    if not len(alive):
        return []
    apart = np.column_stack([part - np.median(part) for part in parts.values()])
    names = list(parts)
    return [
        [
            f"{names[place]} {'high' if row[place] > 0.0 else 'low'}"
            for place in np.argsort(-np.abs(row), kind="stable")
            if abs(row[place]) > _NOTABLE
        ]
        for row in apart
    ]


def _days_after(purchases: Purchases, day: int, as_of_ms: int) -> list[int]:
    """Return what each day with a purchase after a day brought."""
    by_day: dict[int, int] = {}
    for time_ms, amount_micros in purchases:
        if time_ms // DAY_MS > day and time_ms <= as_of_ms:
            by_day[time_ms // DAY_MS] = by_day.get(time_ms // DAY_MS, 0) + amount_micros
    return [amount for amount in by_day.values() if amount >= 0]


def _logarithm(values: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(values, _LEAST)), dtype=np.float64)
