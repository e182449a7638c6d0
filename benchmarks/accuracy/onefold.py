"""Onefold's matching on a data set: trained without labels, all at once and one record at a time."""

import gc
import time
from dataclasses import dataclass
from random import Random

from benchmarks.accuracy.datasets import DataSet
from benchmarks.accuracy.measures import Honesty, Rightness, honesty, rightness
from benchmarks.figures import Spread, spread
from identity.matching.default import default_model
from identity.matching.link import LinkPolicy
from identity.matching.memory import Index, MatchPolicy, link_all, match_all, score_all
from identity.matching.model import Model, Scorer, resized
from identity.matching.records import MatchRecord, match_record
from identity.matching.train import train

THRESHOLDS = (0.5, LinkPolicy().unite, 0.99)
_SEED = 1
_NEW_RECORDS = 2_000


@dataclass(frozen=True, slots=True)
class At:
    """What came out at a threshold; ``held`` is the share of the predicted people with a suggestion."""

    threshold: float
    rightness: Rightness
    held: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that was measured of one engine on one data set."""

    engine: str
    records: int
    people: int
    at: list[At]
    honesty: Honesty
    train_seconds: float
    match_seconds: float
    new_record_ms: Spread | None = None


@dataclass(frozen=True, slots=True)
class Stability:
    """Pairs that one at a time and all at once decide differently, and withdrawals unlike all at once on the rest."""

    records: int
    orders: int
    differing_pairs: int
    withdrawals: int
    differing_withdrawals: int


def match_records(data: DataSet) -> tuple[dict[str, MatchRecord], dict[str, str]]:
    """Return what can be matched, and the truth of all rows."""
    made = {row.key: match_record(row.traits, row.identifiers) for row in data.rows}
    return {key: record for key, record in made.items() if record}, {row.key: row.person for row in data.rows}


def measure(data: DataSet, *, trained: bool) -> Outcome:
    """Match a data set with weights learnt from it, or with those to start with."""
    records, truth = match_records(data)
    start = time.perf_counter()
    model = train(records.values(), _SEED) if trained else resized(default_model(), len(records))
    train_seconds = time.perf_counter() - start
    scorer = Scorer(model)
    start = time.perf_counter()
    evidence = score_all(records, scorer, MatchPolicy())
    linkages = {unite: link_all(records, evidence, scorer, LinkPolicy(unite)) for unite in THRESHOLDS[-2:-1]}
    match_seconds = time.perf_counter() - start
    linkages |= {
        unite: link_all(records, evidence, scorer, LinkPolicy(unite)) for unite in THRESHOLDS if unite not in linkages
    }
    at = []
    for unite in THRESHOLDS:
        groups, suggestions = linkages[unite]
        group_of = {key: number for number, group in enumerate(groups) for key in group}
        held = {group_of[key] for suggestion in suggestions for key in (suggestion.one, suggestion.other)}
        at.append(At(unite, rightness(groups, truth), len(held) / len(groups)))
    probabilities = {pair: 1.0 / (1.0 + 2.0 ** -max(found.bits, -500.0)) for pair, found in evidence.items()}
    return Outcome(
        engine="Onefold" if trained else "Onefold, untrained",
        records=len(truth),
        people=len(set(truth.values())),
        at=at,
        honesty=honesty(probabilities, truth),
        train_seconds=train_seconds,
        match_seconds=match_seconds,
        new_record_ms=_new_records(records, model) if trained else None,
    )


def _new_records(records: dict[str, MatchRecord], model: Model) -> Spread | None:
    """Return how long it takes to take in a record and to say who it is, when most others are there."""
    order = sorted(records)
    Random(_SEED).shuffle(order)  # noqa: S311  # an order, no secret
    new = min(_NEW_RECORDS, len(order) // 10)
    index: Index[str] = Index(Scorer(model), MatchPolicy())
    for key in order[new:]:
        index.add(key, records[key])
    milliseconds = []
    gc.collect()
    gc.freeze()  # what is in memory here is in a store there
    for key in order[:new]:
        start = time.perf_counter()
        index.add(key, records[key])
        index.group(key)
        milliseconds.append((time.perf_counter() - start) * 1000)
    gc.unfreeze()
    return spread(milliseconds)


def stability(data: DataSet, orders: int, withdrawals: int) -> Stability:
    """Compare one record at a time, in random orders with repeats and late corrections, with all at once."""
    records, _ = match_records(data)
    scorer, policy = Scorer(resized(default_model(), len(records))), MatchPolicy()
    expected = match_all(records, scorer, policy)
    together = {pair for group in expected.groups for pair in _pairs(group)}
    random = Random(_SEED)  # noqa: S311  # orders, no secrets
    names = sorted(records)
    differing = 0
    for _ in range(orders):
        index: Index[str] = Index(scorer, policy)
        for key in random.sample(names, len(names) // 10):
            index.add(key, records[random.choice(names)])  # corrected later
        arrivals = names + random.choices(names, k=len(names) // 10)
        random.shuffle(arrivals)
        for key in arrivals:
            index.add(key, records[key])
        found = {pair for group in index.linkage_of_all().groups for pair in _pairs(group)}
        differing += len(found ^ together)
    wrong = 0
    for _ in range(withdrawals):
        gone = random.choice(names)
        index.remove(gone)
        rest = {key: record for key, record in records.items() if key != gone}
        wrong += index.linkage_of_all() != match_all(rest, scorer, policy)
        index.add(gone, records[gone])
    return Stability(len(records), orders, differing, withdrawals, wrong)


def _pairs(group: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(one, other) for place, one in enumerate(group) for other in group[place + 1 :]]
