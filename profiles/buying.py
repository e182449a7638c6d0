"""How a customer bought, in the four numbers that the models of repeat buying need, and the same as columns.

Frequency, recency and age are as in P. S. Fader, B. G. S. Hardie and K. L. Lee ("Counting Your Customers" the Easy Way:
An Alternative to the Pareto/NBD Model, Marketing Science 24(2), 2005); their CDNOW sample counts whole days, in weeks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAY_MS = 86_400_000
DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Buying:
    """How one customer bought up to a moment.

    Attributes:
        frequency: days with a purchase, without the first; x in the literature.
        recency_weeks: from the first day with a purchase to the last; t_x.
        age_weeks: from the first day with a purchase to the day of the moment; T.
        mean_repeat_value_micros: what a day with a purchase brought on average, without the first; 0 where there is
            no other.
        historical_value_micros: what all purchases brought, the first one too, less what was given back. No model
            uses it.
    """

    frequency: int
    recency_weeks: float
    age_weeks: float
    mean_repeat_value_micros: float
    historical_value_micros: int


@dataclass(frozen=True, slots=True, eq=False)
class Buyings:
    """How many customers bought, a column a number; the columns of :class:`Buying` that models use.

    Raises:
        ValueError: the columns differ in length, or hold what no customer's buying can be.
    """

    frequency: Floats
    recency_weeks: Floats
    age_weeks: Floats
    mean_repeat_value_micros: Floats

    def __post_init__(self) -> None:
        columns = (self.frequency, self.recency_weeks, self.age_weeks, self.mean_repeat_value_micros)
        if any(column.shape != (len(self),) for column in columns):
            raise ValueError("expected columns of one length")
        if not all(np.isfinite(column).all() and (column >= 0.0).all() for column in columns):
            raise ValueError("expected frequency, recency, age and value to be finite and not below 0")
        if (self.frequency % 1.0 != 0.0).any():
            raise ValueError("expected a whole number as frequency")
        if (self.recency_weeks > self.age_weeks).any():
            raise ValueError("expected the last purchase not to be after the moment: recency is above age")
        once = self.frequency == 0.0
        if (self.recency_weeks[once] > 0.0).any() or (self.mean_repeat_value_micros[once] > 0.0).any():
            raise ValueError("expected recency and value to be 0 where nothing was bought again")

    def __len__(self) -> int:
        """Return how many customers there are."""
        return len(self.frequency)


def buying(purchases: Iterable[tuple[int, int]], as_of_ms: int) -> Buying | None:
    """Return how a customer bought up to a moment, or None where nothing was bought by then.

    What was bought on one day (UTC) is one purchase, whose value is the sum. A day that adds up to 0 is a purchase that
    cost nothing; the CDNOW sample counts such days. A day that adds up to less is one of returns: no purchase, and it
    lowers the historical value alone. Purchases after the moment do not count. The order of purchases does not matter.

    Args:
        purchases: event time in milliseconds since 1970 and amount in millionths, of one currency.
        as_of_ms: the moment, in milliseconds since 1970; a purchase at this very moment counts.
    """
    by_day: dict[int, int] = {}
    for time_ms, amount_micros in purchases:
        if time_ms <= as_of_ms:
            day = time_ms // DAY_MS
            by_day[day] = by_day.get(day, 0) + amount_micros
    days = sorted(day for day, amount_micros in by_day.items() if amount_micros >= 0)
    if not days:
        return None
    first, *repeats = days
    return Buying(
        frequency=len(repeats),
        recency_weeks=(days[-1] - first) / DAYS_A_WEEK,
        age_weeks=(as_of_ms // DAY_MS - first) / DAYS_A_WEEK,
        mean_repeat_value_micros=sum(by_day[day] for day in repeats) / len(repeats) if repeats else 0.0,
        historical_value_micros=sum(by_day.values()),
    )


def columns(buyings: Sequence[Buying]) -> Buyings:
    """Return customers' buying as columns, in the order given."""
    return Buyings(
        frequency=np.array([one.frequency for one in buyings], dtype=np.float64),
        recency_weeks=np.array([one.recency_weeks for one in buyings], dtype=np.float64),
        age_weeks=np.array([one.age_weeks for one in buyings], dtype=np.float64),
        mean_repeat_value_micros=np.array([one.mean_repeat_value_micros for one in buyings], dtype=np.float64),
    )
