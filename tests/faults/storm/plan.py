"""What a seed has go wrong, and when: drawn before anything runs."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from identity.graph import Block, Ruling, RulingKind
from tests.faults.harness import NOW_MS, Sent
from tests.property.engine_model import Blocking, Decision, Identified

Kind = Literal[
    "kill worker",
    "stop worker",
    "freeze worker",
    "start worker",
    "wipe state",
    "corrupt state",
    "kill sink",
    "stop sink",
    "stop broker",
    "kill broker",
]
_One = TypeVar("_One")
_Other = TypeVar("_Other")

KINDS: tuple[Kind, ...] = get_args(Kind)

SESSION_SECONDS = 6.0
"""Of the workers' group: the shortest that a broker allows."""

_WEIGHTS: Mapping[Kind, int] = {"kill worker": 3, "freeze worker": 2, "kill sink": 2}
"""1 where nothing is said."""

_PAUSES: Mapping[Kind, float] = {
    "kill worker": 2.0,
    "stop worker": 2.0,
    "start worker": 3.0,
    "freeze worker": 2.0,
    "stop broker": 4.0,
    "kill broker": 4.0,
}
"""Seconds after a fault until the next one, at most as many more; 1 where nothing is said."""

_FIRST_SECONDS = 6.0
_BURST_SECONDS = 0.8
_REPEATED = 0.05
_BLOCKINGS = 0.25


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        at: seconds after the first workers were started.
        kind: what.
        chance: seed of what else is to be chosen: who of those that are there, which bits.
    """

    at: float
    kind: Kind
    chance: int


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of a run.

    Attributes:
        events: usable touchpoints.
        workers: how many there are as a rule.
        faults: how many times something goes wrong.
        kinds: what may go wrong.
    """

    events: int = 3_000
    workers: int = 2
    faults: int = 12
    kinds: tuple[Kind, ...] = KINDS


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens under a seed.

    Attributes:
        faults: in order of time.
        seconds: until the last record is published.
    """

    faults: tuple[Fault, ...]
    seconds: float

    @classmethod
    def drawn(cls, seed: int, size: Size) -> "Plan":
        """Draw one; the same for the same seed and size."""
        chance = random.Random(f"{seed}/faults")  # noqa: S311  # a reproducible plan
        faults = []
        at = _FIRST_SECONDS
        weights = [_WEIGHTS.get(kind, 1) for kind in size.kinds]
        for kind in _all_once_then_any(chance, size, weights):
            faults.append(Fault(round(at, 2), kind, chance.randrange(2**32)))
            at += _PAUSES.get(kind, 1.0) * (1 + chance.random())
        return cls(tuple(faults), at)

    def moments(self, seed: int, records: int) -> list[float]:
        """Return when each of so many records is published: half evenly, half in bursts, so that faults hit work."""
        chance = random.Random(f"{seed}/moments")  # noqa: S311  # reproducible moments
        bursts = [fault.at - chance.uniform(0.0, _BURST_SECONDS) for fault in self.faults]
        evenly = [chance.uniform(0.0, self.seconds) for _ in range(records // 2 if bursts else records)]
        return sorted([*evenly, *(chance.choice(bursts) for _ in range(records - len(evenly)))])


def _all_once_then_any(chance: random.Random, size: Size, weights: list[int]) -> list[Kind]:
    kinds = list(size.kinds)[: size.faults] if size.faults >= len(size.kinds) else []
    kinds += chance.choices(size.kinds, weights, k=size.faults - len(kinds))
    chance.shuffle(kinds)
    return kinds


def repeated(seed: int, records: list[Sent]) -> list[Sent]:
    """Return records with some of them once more, much later or a little earlier than they should be."""
    chance = random.Random(f"{seed}/records")  # noqa: S311  # a reproducible order
    placed = [(place + chance.uniform(-20, 20), record) for place, record in enumerate(records)]
    placed += [(chance.uniform(place, len(records)), record) for place, record in placed if chance.random() < _REPEATED]
    return [record for _, record in sorted(placed, key=lambda one: one[0])]


def mixed(seed: int, records: Sequence[_One], decisions: Sequence[_Other]) -> list[_One | _Other]:
    """Return records in their order and decisions anywhere in between."""
    chance = random.Random(f"{seed}/mixed")  # noqa: S311  # reproducible places
    told: list[_One | _Other] = list(records)
    for decision in decisions:
        told.insert(chance.randint(0, len(told)), decision)
    return told


def decided(seed: int, number: int, seen: Collection[Identified]) -> list[Decision | Blocking]:
    """Return what data stewards decide on identifiers that touchpoints name."""
    chance = random.Random(f"{seed}/decisions")  # noqa: S311  # reproducible decisions
    known = sorted(seen)
    found: list[Decision | Blocking] = []
    for place in range(number):
        one, other = chance.sample(known, 2)
        if chance.random() < _BLOCKINGS:
            found.append(Blocking(one, Block(NOW_MS + place, blocked=chance.random() < 0.7)))
        else:
            found.append(Decision(one, other, Ruling(NOW_MS + place, chance.choice(list(RulingKind)))))
    return found
