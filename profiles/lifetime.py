"""What customers will bring: the two models of buying together, fitted, kept as JSON and used to predict.

P. S. Fader, B. G. S. Hardie and K. L. Lee (RFM and CLV: Using Iso-Value Curves for Customer Base Analysis, Journal of
Marketing Research 42(4), 2005) put a model of how often and one of how much together in this way.
"""

from dataclasses import dataclass
from math import isfinite, log1p

import msgspec
import numpy as np

from profiles import bg_nbd, gamma_gamma
from profiles.bg_nbd import BgNbd
from profiles.buying import DAY_MS, DAYS_A_WEEK, Buyings, Floats
from profiles.gamma_gamma import GammaGamma

FORMAT = 1
WEEKS_A_YEAR = 365.25 / DAYS_A_WEEK

_MOMENTS = 12


@dataclass(frozen=True, slots=True)
class LifetimeModel:
    """All that turns how customers bought into what they will bring; made by :func:`fit`, kept as JSON.

    Attributes:
        format: of the JSON.
        period_from_ms: the start of the first day, UTC, with a purchase of the customers it was fitted to.
        period_to_ms: the moment up to which their purchases counted.
        customers: how many there were.
        repeat_buyers: how many of them bought again.
        transactions: how often customers buy; its time is in weeks.
        transactions_log_likelihood: of what they bought.
        values: what a purchase brings; its values are in millionths of the currency.
        values_log_likelihood: of what their purchases brought, of those who bought again and paid.
    """

    format: int
    period_from_ms: int
    period_to_ms: int
    customers: int
    repeat_buyers: int
    transactions: BgNbd
    transactions_log_likelihood: float
    values: GammaGamma
    values_log_likelihood: float


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far to look, and how much less what comes later is worth.

    Attributes:
        weeks: how far.
        yearly_discount_rate: 0.1 where 1.10 in a year is worth 1.00 now.

    Raises:
        ValueError: the weeks are not above 0, or the rate is below 0.
    """

    weeks: float
    yearly_discount_rate: float

    def __post_init__(self) -> None:
        if not (isfinite(self.weeks) and self.weeks > 0.0):
            raise ValueError(f"expected a number of weeks above 0, got {self.weeks}")
        if not (isfinite(self.yearly_discount_rate) and self.yearly_discount_rate >= 0.0):
            raise ValueError(f"expected a yearly discount rate of 0 or more, got {self.yearly_discount_rate}")


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What to expect of customers within a horizon, a column a number; what they brought before is no part of it.

    Attributes:
        probability_alive: how likely they still buy.
        transactions: how many days with a purchase.
        mean_value_micros: what such a day brings on average.
        lifetime_value_micros: what all of them bring, discounted.
    """

    probability_alive: Floats
    transactions: Floats
    mean_value_micros: Floats
    lifetime_value_micros: Floats


def fit(buyings: Buyings, as_of_ms: int) -> LifetimeModel:
    """Return the models that make what customers bought likeliest, of those with the mean value that was seen.

    Args:
        buyings: of the customers; of one currency.
        as_of_ms: the moment up to which their purchases count, in milliseconds since 1970.

    Raises:
        NotFittedError: there are too few data, or they do not tell the parameters.
    """
    transactions = bg_nbd.fit(buyings)
    frequency, value = buyings.frequency, buyings.mean_repeat_value_micros
    values = gamma_gamma.fit_to_mean(frequency, value)
    paid = value > 0.0
    days = round(float(np.max(buyings.age_weeks)) * DAYS_A_WEEK)
    return LifetimeModel(
        format=FORMAT,
        period_from_ms=(as_of_ms // DAY_MS - days) * DAY_MS,
        period_to_ms=as_of_ms,
        customers=len(buyings),
        repeat_buyers=int(np.count_nonzero(frequency)),
        transactions=transactions,
        transactions_log_likelihood=bg_nbd.log_likelihood(transactions, buyings),
        values=values,
        values_log_likelihood=gamma_gamma.log_likelihood(values, frequency[paid], value[paid]),
    )


def predict(model: LifetimeModel, buyings: Buyings, horizon: Horizon) -> Predictions:
    """Return what to expect of customers, who need not be those of the fit.

    The lifetime value is E[M] times the integral over t from 0 to the horizon of v(t) dE[Y(t)], where E[M] is the mean
    value of a purchase, E[Y(t)] the number of purchases in the next t weeks, and v(t) = (1 + yearly discount rate) to
    the power of -t / weeks a year. It is revenue: no costs are taken off.
    """
    mean_value = gamma_gamma.expected_mean_value(model.values, buyings.frequency, buyings.mean_repeat_value_micros)
    transactions = bg_nbd.expected_transactions(model.transactions, buyings, horizon.weeks)
    return Predictions(
        probability_alive=bg_nbd.probability_alive(model.transactions, buyings),
        transactions=transactions,
        mean_value_micros=mean_value,
        lifetime_value_micros=mean_value * _discounted(model.transactions, buyings, horizon),
    )


def to_json(model: LifetimeModel) -> bytes:
    """Return the model as JSON, indented, values in order."""
    return msgspec.json.format(msgspec.json.encode(model, order="sorted"), indent=1) + b"\n"


def from_json(data: bytes) -> LifetimeModel:
    """Return the model of a JSON document.

    Raises:
        ValueError: it is none, or of another format.
    """
    try:
        model = msgspec.json.decode(data, type=LifetimeModel)
    except msgspec.DecodeError as error:
        raise ValueError(f"expected a model of lifetime value: {error}") from error
    if model.format != FORMAT:
        raise ValueError(f"expected a model of format {FORMAT}, got {model.format}")
    return model


def _discounted(model: BgNbd, buyings: Buyings, horizon: Horizon) -> Floats:
    """Return the integral of v(t) dE[Y(t)].

    By parts it is v(h) E[Y(h)] plus the integral of d v(t) E[Y(t)], where h is the horizon and d = -v'(t) / v(t); the
    latter is taken by Gauss and Legendre's rule, which is right to six digits up to ten years.
    """
    decay = log1p(horizon.yearly_discount_rate) / WEEKS_A_YEAR
    places, weights = np.polynomial.legendre.leggauss(_MOMENTS)
    moments, lengths = (places + 1.0) * horizon.weeks / 2.0, weights * horizon.weeks / 2.0
    value: Floats = np.exp(-decay * horizon.weeks) * bg_nbd.expected_transactions(model, buyings, horizon.weeks)
    for moment, length in zip(moments, lengths, strict=True):
        weight = decay * length * np.exp(-decay * moment)
        value = value + weight * bg_nbd.expected_transactions(model, buyings, float(moment))
    return value
