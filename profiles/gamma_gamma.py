"""The Gamma-Gamma model of what a purchase brings.

P. S. Fader and B. G. S. Hardie (The Gamma-Gamma Model of Monetary Value, 2013). What a customer's purchases bring
follows a gamma distribution of shape p and a rate of the customer's own; these rates follow a gamma distribution of
shape q and rate gamma. How often a customer buys has to tell nothing of how much. Values are in any unit, the same
everywhere.
"""

from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
from scipy.special import digamma, gammaln

from profiles.buying import Floats
from profiles.likelihood import NotFittedError, Positive, likeliest, need_repeat_buyers

_STARTS = ((2.0, 3.0, 1.0), (6.0, 4.0, 0.5), (0.5, 2.0, 2.0))


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The model's parameters.

    Attributes:
        p: shape of the values of one customer's purchases.
        q: shape of the rates; above 1, or the mean value would have no bound.
        gamma: rate of the rates, in units of value.
    """

    p: Positive
    q: Annotated[float, msgspec.Meta(gt=1.0)]
    gamma: Positive


def log_likelihood(model: GammaGamma, frequency: Floats, mean_value: Floats) -> float:
    """Return the log-likelihood of what customers' purchases brought, by the note's density of a mean value.

    Args:
        model: the parameters.
        frequency: how many purchases of each customer the mean is of; not 0.
        mean_value: their mean value; above 0.
    """
    p, q, gamma = model.p, model.q, model.gamma
    return float(np.sum(_each(p, q, gamma, frequency, mean_value)))


def fit(frequency: Floats, mean_value: Floats) -> GammaGamma:
    """Return the likeliest parameters; customers who never bought again, or never paid, do not count.

    Raises:
        NotFittedError: too few customers are left, no likeliest parameters were found, or by them customers
            differ so much that the mean value has no bound.
    """
    x, value, unit = _scaled(frequency, mean_value)

    def likelihood(parameters: Floats) -> tuple[float, Floats]:
        p, q, gamma = parameters
        return float(np.mean(_each(p, q, gamma, x, value))), _slope(p, q, gamma, x, value)

    p, q, gamma = likeliest(likelihood, _STARTS)
    if q <= 1.0:
        raise NotFittedError("customers differ so much in what they pay that the mean value has no bound")
    return GammaGamma(p, q, gamma * unit)


def fit_to_mean(frequency: Floats, mean_value: Floats) -> GammaGamma:
    """Return the likeliest of those parameters whose mean over all customers is the mean that was seen.

    Where the model holds this is next to :func:`fit`. Where baskets vary more than by a gamma distribution, that one
    takes a few high values for a long tail and expects several times too much of customers who bought once; this one
    does not. Customers who never bought again, or never paid, do not count.

    Raises:
        NotFittedError: too few customers are left, or no likeliest parameters were found.
    """
    x, value, unit = _scaled(frequency, mean_value)

    def likelihood(parameters: Floats) -> tuple[float, Floats]:
        p, above_one = parameters
        q, gamma = above_one + 1.0, above_one / p
        by_p, by_q, by_gamma = _slope(p, q, gamma, x, value)
        return float(np.mean(_each(p, q, gamma, x, value))), np.array(
            [by_p - by_gamma * gamma / p, by_q + by_gamma / p]
        )

    p, above_one = likeliest(likelihood, [(p, q - 1.0) for p, q, _ in _STARTS])
    return GammaGamma(p, above_one + 1.0, above_one / p * unit)


def expected_mean_value(model: GammaGamma, frequency: Floats, mean_value: Floats) -> Floats:
    """Return what a purchase of each customer brings on average in the long run.

    The note's conditional expectation: the mean over all customers and the customer's own, weighted by how much is
    known. Of a customer who never bought again it is the mean over all.
    """
    p, q, gamma = model.p, model.q, model.gamma
    return p * (gamma + frequency * mean_value) / (p * frequency + q - 1.0)


def _scaled(frequency: Floats, mean_value: Floats) -> tuple[Floats, Floats, float]:
    """Return frequency and mean value of those who bought again and paid, and the unit that the values are in."""
    paid = (frequency > 0.0) & (mean_value > 0.0)
    need_repeat_buyers(int(np.count_nonzero(paid)))
    unit = float(np.mean(mean_value[paid]))
    return frequency[paid], mean_value[paid] / unit, unit


def _each(p: float, q: float, gamma: float, x: Floats, value: Floats) -> Floats:
    """Return the log-likelihood of each customer."""
    shape = p * x
    density = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma) + shape * np.log(x)
    each: Floats = density + (shape - 1.0) * np.log(value) - (shape + q) * np.log(gamma + x * value)
    return each


def _slope(p: float, q: float, gamma: float, x: Floats, value: Floats) -> Floats:
    """Return the derivatives of the mean log-likelihood of a customer by p, q and gamma."""
    shape, total = p * x, gamma + x * value
    by_p = x * (digamma(shape + q) - digamma(shape) + np.log(x * value / total))
    by_q = digamma(shape + q) - digamma(q) + np.log(gamma / total)
    by_gamma = q / gamma - (shape + q) / total
    return np.array([np.mean(slope) for slope in (by_p, by_q, by_gamma)])
