"""The search for the parameters under which what was seen is likeliest."""

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
import numpy as np
from scipy.optimize import minimize

from profiles.buying import Floats

Positive = Annotated[float, msgspec.Meta(gt=0.0)]
Likelihood = Callable[[Floats], tuple[float, Floats]]
"""From parameters to the mean log-likelihood of a customer, and how it grows with each parameter."""

LEAST_REPEAT_BUYERS = 30
"""Fewer tell next to nothing of how customers differ."""
_EDGE = 5.0
"""As logarithm. Beyond, customers hardly differ any more, and hypergeometric functions begin to overflow."""
_OPTIONS = {"maxiter": 1_000, "ftol": 1e-12, "gtol": 1e-7}


class NotFittedError(ValueError):
    """The data do not tell the parameters of a model."""


def need_repeat_buyers(found: int) -> None:
    """Raise :class:`NotFittedError` where fewer than :data:`LEAST_REPEAT_BUYERS` were found."""
    if found < LEAST_REPEAT_BUYERS:
        raise NotFittedError(f"expected at least {LEAST_REPEAT_BUYERS} customers who bought again, got {found}")


def likeliest(likelihood: Likelihood, starts: Sequence[Sequence[float]]) -> list[float]:
    """Return the likeliest parameters, all of them above 0.

    The search (L-BFGS-B) goes over the parameters' logarithms, from each start in turn; the best end counts. It stays
    within e to the power of ±5, so data have to be scaled to be around 1. A parameter that the data set no bound to,
    because customers do not differ in what it stands for, ends there.

    Raises:
        NotFittedError: no search came to an end.
    """

    def cost(logarithms: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logarithms)
        value, slope = likelihood(parameters)
        return -value, -slope * parameters

    bounds = [(-_EDGE, _EDGE)] * len(starts[0])
    ends = [
        minimize(cost, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=_OPTIONS) for start in starts
    ]
    ended = [end for end in ends if end.success and np.isfinite(end.fun)]
    if not ended:
        raise NotFittedError(f"no likeliest parameters were found: {ends[0].message}")
    best = min(ended, key=lambda end: float(end.fun))
    return [float(parameter) for parameter in np.exp(best.x)]
