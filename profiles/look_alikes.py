"""Customers who are like the members of a group without being in it, and what makes each of them so.

Members are positive examples, and of the others nobody knows whether they are of the kind: learning from positive and
unlabelled examples, as in C. Elkan and K. Noto (Learning Classifiers from Only Positive and Unlabeled Data, KDD 2008).
A logistic regression learns to tell members from all others. Where members are a random share c of those who are of the
kind, its probability g(x) is c times the probability to be of the kind. So it ranks others by that; c is the mean of
g over members whom the regression did not see (the paper's estimator e1).

What a feature adds to the log odds of a customer, beside the average of the others, is its weight times its distance
to that average (S. M. Lundberg and S.-I. Lee, A Unified Approach to Interpreting Model Predictions, NIPS 2017,
corollary 1). Those are the reasons.

Numbers are scaled by their median and quartiles, so that single high values change nothing for the rest. The same
facts in the same order give the same result.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from profiles.buying import Floats
from profiles.likelihood import NotFittedError

Flags = NDArray[np.bool_]

LEAST_MEMBERS = 10
"""Fewer members, or fewer others, tell next to nothing of what they have in common."""
MOST_REASONS = 5

_FOLDS = 5
_STRENGTHS = (0.01, 0.1, 1.0)
"""How freely weights may grow (C of scikit-learn); that which foretells held-out members best is taken."""
_MOST_STEPS = 5_000
_LEAST_SHARE = 0.01
_LEAST_DIFFERENT = 2
_MOST_TEXTS = 20
_FAR = 4.0
_LEAST_REASON = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What is known of customers, a column a fact, a place a customer.

    Attributes:
        numbers: facts that are numbers; NaN where one is unknown.
        texts: facts that are one of few texts; empty where one is unknown.
    """

    numbers: Mapping[str, Floats]
    texts: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Somebody who is like the members.

    Attributes:
        place: of the customer among the facts.
        similarity: estimated probability to be of the kind, from 0 to 1; all whom it is beyond 1 for have 1.
        lift: how many times as likely to be a member as the average candidate; it has no such end.
        reasons: features that make it higher than the average of the others, the strongest first.
    """

    place: int
    similarity: float
    lift: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """What a search found.

    Attributes:
        found: the most similar candidates, the most similar first.
        weights: of each feature, as the regression has it.
        labelled_share: c, the estimated share of members among those who are of the kind.
        auc: how probably a member whom the regression did not see ranks above somebody else; 0.5 is chance.
    """

    found: Sequence[LookAlike]
    weights: Mapping[str, float]
    labelled_share: float
    auc: float


@dataclass(frozen=True, slots=True, eq=False)
class _Feature:
    """A column of the regression, and how it is called where its value is above, or below, the average."""

    name: str
    high: str
    low: str
    values: Floats


def find(facts: Facts, members: Flags, candidates: Flags, most: int) -> Search:
    """Return the candidates who are most like the members.

    What hardly any candidate differs in cannot rank them and is left out, so that the regression has to tell members by
    what candidates can have at all.

    Args:
        facts: of all customers, those who are neither members nor candidates too.
        members: who is in the group.
        candidates: who may be found; no member.
        most: find so many at most.

    Raises:
        NotFittedError: too few members, others or candidates, or nothing tells the candidates apart.
        ValueError: a member is a candidate.
    """
    if (members & candidates).any():
        raise ValueError("expected no member among the candidates")
    for number, who in ((members.sum(), "members"), ((~members).sum(), "customers who are no members")):
        if number < LEAST_MEMBERS:
            raise NotFittedError(f"expected at least {LEAST_MEMBERS} {who}, got {number}")
    if not candidates.any():
        raise NotFittedError("expected candidates, got none")
    features = _features(facts, candidates)
    if not features:
        raise NotFittedError("nothing tells the candidates apart")
    matrix = np.column_stack([feature.values for feature in features])
    strength, unseen = _foretold(matrix, members)
    regression = _regression(matrix, members, strength)
    labelled_share = float(np.mean(unseen[members]))
    weights = np.asarray(regression.coef_[0], dtype=np.float64)
    places = np.flatnonzero(candidates)
    told = np.asarray(regression.decision_function(matrix[places]), dtype=np.float64)
    best = np.argsort(-told, kind="stable")[:most]
    probability = regression.predict_proba(matrix[places])[:, 1]
    similarity = np.minimum(probability[best] / labelled_share, 1.0)
    lift = probability[best] / probability.mean()
    apart = matrix[places[best]] - matrix[~members].mean(axis=0)
    return Search(
        found=[
            LookAlike(int(place), float(alike), float(times), _reasons(features, row, weights))
            for place, alike, times, row in zip(places[best], similarity, lift, apart, strict=True)
        ],
        weights={feature.name: float(weight) for feature, weight in zip(features, weights, strict=True)},
        labelled_share=labelled_share,
        auc=float(roc_auc_score(members, unseen)),
    )


# --- features ------------------------------------------------------------------------------------------------------


def _features(facts: Facts, candidates: Flags) -> list[_Feature]:
    """Return the features that candidates differ in."""
    found: list[_Feature] = []
    for name, values in facts.numbers.items():
        unknown = np.isnan(values)
        if not unknown.all():
            scaled = _scaled(np.where(unknown, np.median(values[~unknown]), values))
            found.append(_Feature(name, f"{name} high", f"{name} low", scaled))
            if unknown.any():
                known = (~unknown).astype(np.float64)
                found.append(_Feature(f"{name} known", f"{name} known", f"{name} unknown", known))
    for name, texts in facts.texts.items():
        least = max(_LEAST_DIFFERENT, _LEAST_SHARE * len(texts))
        counted = sorted(Counter(texts).items(), key=lambda entry: (-entry[1], entry[0]))
        for text, _ in [entry for entry in counted if entry[0] and entry[1] >= least][:_MOST_TEXTS]:
            is_text = np.fromiter((one == text for one in texts), np.float64, len(texts))
            found.append(_Feature(f"{name}={text}", f"{name}={text}", f"{name} not {text}", is_text))
    least = max(_LEAST_DIFFERENT, _LEAST_SHARE * np.count_nonzero(candidates))
    return [feature for feature in found if _different(feature.values[candidates]) >= least]


def _scaled(values: Floats) -> Floats:
    """Return numbers around 0: less the median, by the width of the middle half, far ones brought nearer.

    Numbers that are never below 0 count by their logarithm, log(1 + x). Where the middle half has no width, because
    most are the same, the standard deviation takes its place.
    """
    if values.min() >= 0.0:
        values = np.log1p(values)
    first, median, third = np.quantile(values, (0.25, 0.5, 0.75))
    width = float(third - first) or float(np.std(values)) or 1.0
    return np.asarray(np.clip((values - median) / width, -_FAR, _FAR), dtype=np.float64)


def _different(values: Floats) -> int:
    """Return how many have another value than most have."""
    _, counts = np.unique(values, return_counts=True)
    return int(len(values) - counts.max())


# --- the regression ------------------------------------------------------------------------------------------------


def _foretold(matrix: Floats, members: Flags) -> tuple[float, Floats]:
    """Return the strength that foretells best who is a member, and of everybody g(x) by a regression without them."""
    fold = np.zeros(len(members), dtype=np.int64)
    for group in (members, ~members):
        fold[group] = np.arange(np.count_nonzero(group)) % _FOLDS
    best, best_loss, best_told = _STRENGTHS[0], inf, np.zeros(len(members))
    for strength in _STRENGTHS:
        told = np.zeros(len(members))
        for number in range(_FOLDS):
            held_out = fold == number
            regression = _regression(matrix[~held_out], members[~held_out], strength)
            told[held_out] = regression.predict_proba(matrix[held_out])[:, 1]
        loss = float(log_loss(members, told))
        if loss < best_loss:
            best, best_loss, best_told = strength, loss, told
    return best, best_told


def _regression(matrix: Floats, members: Flags, strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=_MOST_STEPS).fit(matrix, members)


def _reasons(features: Sequence[_Feature], apart: Floats, weights: Floats) -> tuple[str, ...]:
    """Return the features that add most to a customer's log odds, in words.

    Args:
        features: of the regression.
        apart: how far the customer is from the average of the others.
        weights: of the features.
    """
    added = weights * apart
    strongest = np.argsort(-added, kind="stable")[:MOST_REASONS]
    return tuple(
        features[place].high if apart[place] > 0.0 else features[place].low
        for place in strongest
        if added[place] > _LEAST_REASON
    )
