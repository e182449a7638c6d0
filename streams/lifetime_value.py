"""Predicted lifetime value of everybody in the lake: their purchases read, a model fitted, and what it says of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

from profiles.buying import DAYS_A_WEEK, buying, columns
from profiles.lifetime import Horizon, LifetimeModel, Predictions, fit, predict, to_json
from profiles.lifetime_told import HoldOut, Purchases, hold_out, reasons
from profiles.likelihood import NotFittedError
from schemas.records import Score
from sinks.policies import profile_policy_in
from sinks.reader import LakeReader
from streams.scores import milliseconds, version_of

MODEL = "lifetime_value"
_MICRO = 1e6
_PURCHASES = """
    SELECT customer_id, epoch_ms(event_time), (amount_base * 1000000)::BIGINT
    FROM orders WHERE kind = 'purchase' AND amount_base >= 0
    ORDER BY customer_id, event_time, order_id
"""
_WITHOUT_RATE = "SELECT count(*) FROM orders WHERE kind = 'purchase' AND amount_base IS NULL"


@dataclass(frozen=True, slots=True, eq=False)
class Bought:
    """What customers bought up to a moment.

    Attributes:
        at: the moment, UTC without a zone.
        currency: the base currency, which all amounts are in.
        customers: ids of those with a purchase that has a rate, in their order.
        purchases: of each of them.
        without_rate: purchases that are left out, since their currency has no rate.
    """

    at: datetime
    currency: str
    customers: Sequence[str]
    purchases: Sequence[Purchases]
    without_rate: int

    @property
    def number(self) -> int:
        """How many purchases there are."""
        return sum(map(len, self.purchases))

    @property
    def at_ms(self) -> int:
        """The moment in milliseconds since 1970."""
        return milliseconds(self.at)


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """What a model says of customers.

    Attributes:
        model: as it was fitted.
        horizon_days: how far the predictions look.
        yearly_discount: how much less a year later is worth.
        predictions: of each customer, in their order.
        reasons: what made each of them, the strongest first.
        check: how true such a prediction was of the past; None where there are too few data to tell.
        unchecked: why there is no check; empty where there is one.
    """

    model: LifetimeModel
    horizon_days: int
    yearly_discount: float
    predictions: Predictions
    reasons: Sequence[Sequence[str]]
    check: HoldOut | None
    unchecked: str

    @property
    def version(self) -> str:
        """Hash of the fitted model."""
        return version_of(to_json(self.model))


def read_purchases(reader: LakeReader, at: datetime) -> Bought:
    """Return what customers bought; what they gave back is not taken off.

    Args:
        reader: of the lake, opened with the same moment.
        at: the moment, UTC without a zone.
    """
    customers, purchases = [], []
    for customer, rows in groupby(reader.execute(_PURCHASES).fetchall(), key=itemgetter(0)):
        customers.append(customer)
        purchases.append([(time_ms, micros) for _, time_ms, micros in rows])
    ((without_rate,),) = reader.execute(_WITHOUT_RATE).fetchall()
    return Bought(at, profile_policy_in(reader).base_currency, customers, purchases, without_rate)


def predicted(bought: Bought, horizon_days: int, yearly_discount: float) -> Predicted:
    """Return what customers are expected to bring within so many days of the moment.

    Raises:
        NotFittedError: there are too few data, or they do not tell the parameters.
    """
    each = (buying(purchases, bought.at_ms) for purchases in bought.purchases)
    buyings = columns([one for one in each if one is not None])  # everybody here has a purchase by then
    model = fit(buyings, bought.at_ms)
    predictions = predict(model, buyings, Horizon(horizon_days / DAYS_A_WEEK, yearly_discount))
    check, unchecked = None, ""
    try:
        check = hold_out(bought.purchases, bought.at_ms)
    except NotFittedError as error:
        unchecked = str(error)
    return Predicted(model, horizon_days, yearly_discount, predictions, reasons(predictions), check, unchecked)


def scores_of(bought: Bought, done: Predicted, made_at: int) -> Iterator[Score]:
    """Yield the score of every customer, amounts in units of the base currency."""
    version, told = done.version, done.predictions
    columns_told = (told.probability_alive, told.transactions, told.mean_value_micros, told.lifetime_value_micros)
    rows = zip(bought.customers, np.column_stack(columns_told).tolist(), done.reasons, strict=True)
    for customer, (alive, orders, order_value, value), why in rows:
        yield {
            "customer_id": customer,
            "model": MODEL,
            "version": version,
            "values": {
                "probability_alive": alive,
                "expected_orders": orders,
                "expected_order_value": order_value / _MICRO,
                "predicted_value": value / _MICRO,
                "horizon_days": float(done.horizon_days),
                "yearly_discount": done.yearly_discount,
            },
            "reasons": list(why),
            "made_at": made_at,
        }


def write_model(home: Path, done: Predicted) -> Path:
    """Write a model into the home, for its owner's eyes, and return the file; its name follows from what is in it."""
    path = home / "models" / f"value-{done.version}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.chmod(0o600)
    path.write_bytes(to_json(done.model))
    return path
