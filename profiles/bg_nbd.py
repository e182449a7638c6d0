"""The BG/NBD model of how often customers buy, and whether they still do.

P. S. Fader, B. G. S. Hardie and K. L. Lee ("Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD
Model, Marketing Science 24(2), 2005). A customer who is alive buys at random at a rate of their own; the rates follow
a gamma distribution of shape r and rate alpha. After each purchase but the first, the customer leaves for ever with a
probability of their own; these follow a beta distribution of a and b. Time is in any unit, the same everywhere.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

from profiles.buying import Buyings, Floats
from profiles.likelihood import Positive, likeliest, need_repeat_buyers

_POLE = 1e-6
_LAST_TERM = 1e-15
_MOST_TERMS = 100_000
_STARTS = ((0.3, 0.3, 0.5, 2.0), (0.3, 0.3, 0.1, 5.0), (3.0, 3.0, 0.5, 2.0))


@dataclass(frozen=True, slots=True)
class BgNbd:
    """The model's parameters.

    Attributes:
        r: shape of the purchase rates.
        alpha: rate of the purchase rates, in units of time.
        a: of the probabilities to leave; their mean is a / (a + b).
        b: of the probabilities to leave.
    """

    r: Positive
    alpha: Positive
    a: Positive
    b: Positive


def log_likelihood(model: BgNbd, buyings: Buyings) -> float:
    """Return the log-likelihood of what customers bought, by the paper's likelihood of a randomly chosen customer."""
    return float(np.sum(_each(model, buyings)))


def fit(buyings: Buyings) -> BgNbd:
    """Return the likeliest parameters.

    Time is scaled to the mean time between purchases. Searches start from rates that differ much with many and with few
    customers leaving, and from rates that differ little.

    Raises:
        NotFittedError: too few customers bought again, or no likeliest ones were found.
    """
    need_repeat_buyers(int(np.count_nonzero(buyings.frequency)))
    unit = float(np.sum(buyings.age_weeks) / np.sum(buyings.frequency))
    scaled = Buyings(
        buyings.frequency, buyings.recency_weeks / unit, buyings.age_weeks / unit, buyings.mean_repeat_value_micros
    )

    def likelihood(parameters: Floats) -> tuple[float, Floats]:
        return _mean_with_slope(BgNbd(*parameters), scaled)

    r, alpha, a, b = likeliest(likelihood, _STARTS)
    return BgNbd(r, alpha * unit, a, b)


def probability_alive(model: BgNbd, buyings: Buyings) -> Floats:
    """Return how likely each customer has not left yet.

    From Bayes' rule, as in Fader and Hardie (Computing P(alive) Using the BG/NBD Model, 2008). Who never bought again
    cannot have left by this model.
    """
    stayed, left = _stayed_and_left(model, buyings)
    return np.asarray(expit(stayed - left), dtype=np.float64)


def expected_transactions(model: BgNbd, buyings: Buyings, time: float | Floats) -> Floats:
    """Return how many days with a purchase to expect of each customer in the time that follows.

    The paper's conditional expectation, with its hypergeometric function brought to small arguments by Euler's
    transformation (M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 1964, 15.3.3): as it stands, it
    overflows for customers who bought hundreds of times. It is right to a millionth of a purchase, or five digits.

    Args:
        model: the parameters.
        buyings: of the customers.
        time: how long; one number, or one for each customer.
    """
    r, a, b, x = model.r, _off_poles(model), model.b, buyings.frequency
    z = time / (model.alpha + buyings.age_weeks + time)
    hypergeometric = _hypergeometric(a - 1.0, a + b - 1.0 - r, a + b + x - 1.0, z)
    if_alive = (a + b + x - 1.0) / (a - 1.0) * (1.0 - (1.0 - z) ** (a - 1.0) * hypergeometric)
    return np.asarray(if_alive * probability_alive(model, buyings), dtype=np.float64)


def _hypergeometric(a: float, b: float, c: Floats, z: Floats) -> Floats:
    """Return 2F1(a, b; c; z) for z from 0 to below 1; SciPy's overflows for some z above 0.9 where c is large."""
    found: Floats = hyp2f1(a, b, c, z)
    lost = ~np.isfinite(found)
    if lost.any():
        found[lost] = _hypergeometric_series(a, b, c[lost], z[lost])
    return found


def _hypergeometric_series(a: float, b: float, c: Floats, z: Floats) -> Floats:
    """Return the sum of the series that defines 2F1, which ends soon where c is large beside a and b."""
    term = total = np.ones_like(z)
    for step in range(_MOST_TERMS):
        if step > abs(a) + abs(b) and not (np.abs(term) > _LAST_TERM * np.abs(total)).any():
            break
        term = term * (a + step) * (b + step) / ((c + step) * (step + 1.0)) * z
        total = total + term
    return total


def _off_poles(model: BgNbd) -> float:
    """Return a, moved a little where the formula is 0 / 0 although what it stands for is smooth: a or a + b is 1."""
    near = min(abs(model.a - 1.0), abs(model.a + model.b - 1.0)) < _POLE
    return model.a + 2.0 * _POLE if near else model.a


def _stayed_and_left(model: BgNbd, buyings: Buyings) -> tuple[Floats, Floats]:
    """Return how likely each customer bought so and stayed, and bought so and left after the last purchase.

    These are logarithms without what both have in common; :func:`_each` adds it.
    """
    again = np.maximum(buyings.frequency, 1.0)
    shape = model.r + buyings.frequency
    stayed = -shape * np.log(model.alpha + buyings.age_weeks)
    left = np.log(model.a) - np.log(model.b + again - 1.0) - shape * np.log(model.alpha + buyings.recency_weeks)
    return stayed, np.where(buyings.frequency > 0.0, left, -np.inf)


def _each(model: BgNbd, buyings: Buyings) -> Floats:
    """Return the log-likelihood of each customer."""
    r, x = model.r, buyings.frequency
    both = (
        gammaln(r + x) - gammaln(r) + r * np.log(model.alpha) + betaln(model.a, model.b + x) - betaln(model.a, model.b)
    )
    each: Floats = both + np.logaddexp(*_stayed_and_left(model, buyings))
    return each


def _mean_with_slope(model: BgNbd, buyings: Buyings) -> tuple[float, Floats]:
    """Return the mean log-likelihood of a customer, and its derivatives by r, alpha, a and b."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    x, again = buyings.frequency, np.maximum(buyings.frequency, 1.0)
    until_now, until_last = alpha + buyings.age_weeks, alpha + buyings.recency_weeks
    stayed = probability_alive(model, buyings)
    left = 1.0 - stayed
    by_r = digamma(r + x) - digamma(r) + np.log(alpha) - stayed * np.log(until_now) - left * np.log(until_last)
    by_alpha = r / alpha - (r + x) * (stayed / until_now + left / until_last)
    fewer = digamma(a + b) - digamma(a + b + x)
    by_a = fewer + left / a
    by_b = fewer + digamma(b + x) - digamma(b) - left / (b + again - 1.0)
    return float(np.mean(_each(model, buyings))), np.array([np.mean(slope) for slope in (by_r, by_alpha, by_a, by_b)])
