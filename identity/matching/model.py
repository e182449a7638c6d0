"""The weights: what a level of likeness tells about two records, and how likely they are one person.

A mixture of kinds of pairs. I. P. Fellegi and A. B. Sunter (A theory for record linkage, 1969) have two: the same
person (their m) and strangers (their u). Kinds in between, as in M. D. Larsen and D. B. Rubin (Iterative automated
record linkage using mixture models, 2001), keep one piece of evidence from counting twice: people of one household
share surname, address and telephone all at once; neighbours share a place; a borrowed number is shared by people who
have nothing else in common. Each kind says for some comparisons how often it reaches each level; for the others it
is as strangers are.

Frequent values tell less. Agreement on a value of frequency f happens among strangers f times as often as the value
itself, so its weight is m / f (W. E. Winkler, 1989). A slip leads from any spelling to any near one, so a near miss
between values of frequencies f and g weighs in proportion to (1/f + 1/g) / 2: much where one of them is seen once, and
nothing or less than nothing where both are names in their own right.
"""

from collections.abc import Mapping, Sequence
from math import exp2, log2
from typing import NamedTuple

import msgspec

from identity.matching.compare import (
    COMPARISONS,
    LEVELS,
    MISSING,
    OF_NAMES,
    Comparison,
    compare,
    compare_names,
    compare_others,
)
from identity.matching.records import MatchRecord

FORMAT = 4
SAME, STRANGERS = "same", "strangers"
KINDS: Mapping[str, tuple[str, ...]] = {
    SAME: COMPARISONS,
    STRANGERS: COMPARISONS,
    "household": ("given", "surname", "address", "birth_place", "email", "phone", "number"),
    "namesakes": ("given", "middle", "surname", "born", "address", "birth_place", "email", "phone", "number", "suffix"),
    "twins": ("surname", "born", "address", "birth_place", "email", "phone", "number"),
    "cousins": ("given", "middle", "surname"),
    "relatives": ("surname", "email", "phone", "number"),
    "compatriots": ("given", "middle", "surname", "address", "birth_place"),
    "neighbours": ("address", "birth_place"),
    "borrowed": ("email", "phone", "number"),
}
"""The kinds of pairs, and the comparisons in which each differs from strangers."""
BY_CHANCE: Mapping[str, frozenset[str]] = {
    SAME: frozenset(),
    "household": frozenset({"given"}),
    "namesakes": frozenset(),
    "twins": frozenset(),
    "cousins": frozenset(),
    "relatives": frozenset(),
    "compatriots": frozenset(KINDS["compatriots"]),
    "neighbours": frozenset(),
    "borrowed": frozenset(),
}
"""Comparisons in which a kind agrees more often than strangers but still by chance: on frequent values, as they do."""

_NAME_PLACES = tuple(COMPARISONS.index(name) for name in OF_NAMES)
_OTHER_PLACES = tuple(place for place, name in enumerate(COMPARISONS) if name not in OF_NAMES)
_BITS_CAP = 60.0
_NO_RIVAL_BITS = -30.0
_LEAST_SHARE = 1e-9


class PairKind(msgspec.Struct, frozen=True):
    """One kind of pairs.

    Attributes:
        share: of all pairs of records.
        levels: by comparison, the probability of each level, least alike first.
    """

    share: float
    levels: dict[str, list[float]]


class Frequencies(msgspec.Struct, frozen=True):
    """How often the values of a comparison come.

    Attributes:
        known: share of the records, by value.
        other: the share that any other value is taken to have.
        mean_rarity: by level, what strangers of this level have on average as (1/f + 1/g) / 2; 0 where frequency
            does not count.
    """

    known: dict[str, float]
    other: float
    mean_rarity: list[float]


class Model(msgspec.Struct, frozen=True):
    """All that turns likeness into a probability; made by training, kept as JSON.

    Attributes:
        format: of the JSON.
        records: how many it was trained on.
        kinds: of pairs, by name as in :data:`KINDS`.
        frequencies: by comparison.
    """

    format: int
    records: int
    kinds: dict[str, PairKind]
    frequencies: dict[str, Frequencies]


class Weight(NamedTuple):
    """What one comparison told.

    Attributes:
        comparison: its name; ``other explanations`` for what a household, namesakes or the like take away, and
            ``prior`` for how rare any pair of one person is.
        level: its name; empty for those two.
        bits: binary logarithm of how much more likely it makes that they are one person.
    """

    comparison: str
    level: str
    bits: float


class Evidence(NamedTuple):
    """What a pair of records tells, in bits; linking pools it for groups of records.

    Attributes:
        bits: log odds that they are one person: ``base`` and all weights together.
        base: prior, less what other explanations of the likeness take away.
        weights: of each comparison; 0 where it is untold.
        told: how often each comparison was told, 1 or :data:`UNTOLD`.
        pairs: how many pairs were pooled.
    """

    bits: float
    base: float
    weights: tuple[float, ...]
    told: tuple[float, ...]
    pairs: int = 1


UNTOLD = 1e-9
"""Stands for 0 where weights, which are 0 then, are divided by how often they were told."""


def evidence_of(base: float, weights: Sequence[float | None]) -> Evidence:
    """Return the evidence of one pair; None is untold."""
    known = tuple([weight or 0.0 for weight in weights])
    told = tuple([UNTOLD if weight is None else 1.0 for weight in weights])
    return Evidence(sum(known) + base, base, known, told)


class Explanation(NamedTuple):
    """Why two records are thought to be one person or not."""

    probability: float
    weights: tuple[Weight, ...]


def to_json(model: Model) -> bytes:
    """Return the model as JSON, indented, values in order."""
    return msgspec.json.format(msgspec.json.encode(model, order="sorted"), indent=1) + b"\n"


def from_json(data: bytes) -> Model:
    """Return the model of a JSON document.

    Raises:
        ValueError: it is none, or of another format.
    """
    model = msgspec.json.decode(data, type=Model)
    if model.format != FORMAT:
        raise ValueError(f"expected a model of format {FORMAT}, got {model.format}")
    if set(model.kinds) != set(KINDS):
        raise ValueError(f"expected the kinds of pairs {', '.join(KINDS)}")
    for name, kind in model.kinds.items():
        for comparison in KINDS[name]:
            if len(kind.levels.get(comparison, ())) != len(LEVELS[comparison]):
                raise ValueError(f"expected {len(LEVELS[comparison])} levels of {comparison} for {name}")
    return model


class Rarity:
    """How much rarer than the average values of a level are, in bits, by the frequencies of a model."""

    def __init__(self, frequencies: Mapping[str, Frequencies]) -> None:
        self._tables = [frequencies.get(name) for name in COMPARISONS]

    def bits(self, place: int, comparison: Comparison) -> float:
        """Return the binary logarithm of how much rarer the two values are than is usual at their level.

        Args:
            place: of the comparison among all.
            comparison: what came of it.
        """
        table = self._tables[place]
        if table is None or not comparison.one or not (mean := table.mean_rarity[comparison.level]):
            return 0.0
        known, other = table.known, table.other
        one, far = known.get(comparison.one, other), known.get(comparison.other, other)
        return log2((1.0 / one + 1.0 / far) / 2.0 / mean)

    def most_bits(self, place: int, level: int) -> float:
        """Return what the rarest values give at a level of a comparison."""
        table = self._tables[place]
        if table is None or not (mean := table.mean_rarity[level]):
            return 0.0
        return max(0.0, log2(1.0 / min([table.other, *table.known.values()]) / mean))


class Scorer:
    """Scores pairs of records by one model."""

    def __init__(self, model: Model) -> None:
        strangers = model.kinds[STRANGERS]
        self._rarity = Rarity(model.frequencies)
        self._prior = log2(model.kinds[SAME].share / strangers.share)
        names = [name for name in KINDS if name not in (SAME, STRANGERS)]
        self._priors = [log2(model.kinds[name].share / strangers.share) for name in names]
        self._tables: list[list[tuple[float, list[tuple[int, float]]]]] = []
        """By comparison and level: the weight, and the number and weight of each kind that differs from strangers."""
        self._rare_for: list[list[int]] = []
        """By comparison: the kinds that agree on a rare value as they do on any."""
        for comparison in COMPARISONS:
            same = _weights(model.kinds[SAME], strangers, comparison)
            kinds = [
                (kind, _weights(model.kinds[name], strangers, comparison))
                for kind, name in enumerate(names)
                if comparison in KINDS[name]
            ]
            self._tables.append([
                (bits, [(kind, weights[level]) for kind, weights in kinds]) for level, bits in enumerate(same)
            ])  # fmt: skip
            self._rare_for.append([kind for kind, _ in kinds if comparison not in BY_CHANCE[names[kind]]])
        self._most_of_names = sum(self._most(place) for place in _NAME_PLACES)

    def score(self, one: MatchRecord, other: MatchRecord) -> float:
        """Return the probability that two records are one person; the same whichever comes first."""
        return _probability(self.bits(one, other))

    def bits(self, one: MatchRecord, other: MatchRecord) -> float:
        """Return the same as log odds, in bits."""
        return self.evidence(one, other).bits

    def may_reach(self, bits: float, one: MatchRecord, other: MatchRecord) -> bool:
        """Whether two records may be as alike as that; where they are not, this costs a fraction of scoring them.

        No other explanation ever adds to the log odds, so the weights alone bound them. Records of a block mostly share
        a name, so names are compared last, and only where together with the likest names the others reach it.
        """
        bound = self._prior + self._weight(_OTHER_PLACES, compare_others(one, other))
        if bound + self._most_of_names < bits:
            return False
        return bound + self._weight(_NAME_PLACES, compare_names(one, other)) >= bits

    def evidence(self, one: MatchRecord, other: MatchRecord) -> Evidence:
        """Return the log odds with what they are made of."""
        weights: list[float | None] = []
        between = [0.0] * len(self._priors)
        for place, comparison in enumerate(compare(one, other)):
            level = comparison[0]
            if level == MISSING:
                weights.append(None)
                continue
            weight, kinds = self._tables[place][level]
            for kind, bits in kinds:
                between[kind] += bits
            if comparison[1] and (rarity := self._rarity.bits(place, comparison)):
                weight += rarity
                for kind in self._rare_for[place]:
                    between[kind] += rarity
            weights.append(weight)
        return evidence_of(self._prior - self._rivals(between), weights)

    def explain(self, one: MatchRecord, other: MatchRecord) -> Explanation:
        """Return the probability and what each comparison told, if anything; all weights add up to the log odds."""
        evidence = self.evidence(one, other)
        weights = [
            Weight(name, LEVELS[name][comparison.level], bits)
            for name, comparison, bits in zip(COMPARISONS, compare(one, other), evidence.weights, strict=True)
            if comparison.level != MISSING and bits
        ]
        weights.append(Weight("other explanations", "", evidence.base - self._prior))
        weights.append(Weight("prior", "", self._prior))
        return Explanation(_probability(evidence.bits), tuple(weights))

    def _weight(self, places: Sequence[int], comparisons: Sequence[Comparison]) -> float:
        """Return the weights of some comparisons together."""
        total = 0.0
        for place, comparison in zip(places, comparisons, strict=True):
            level = comparison[0]
            if level != MISSING:
                total += self._tables[place][level][0]
                if comparison[1]:
                    total += self._rarity.bits(place, comparison)
        return total

    def _most(self, place: int) -> float:
        """Return the largest weight that a comparison can have, 0 where it is best untold."""
        levels = enumerate(self._tables[place])
        return max(0.0, *(weight + self._rarity.most_bits(place, level) for level, (weight, _) in levels))

    def _rivals(self, between: list[float]) -> float:
        """Return how much more likely all kinds of different people make the likeness than strangers alone, in bits."""
        total: float = 1.0
        for prior, bits in zip(self._priors, between, strict=True):
            if (rival := prior + bits) > _NO_RIVAL_BITS:
                total += exp2(min(rival, _BITS_CAP))
        return log2(total)


def _probability(bits: float) -> float:
    return 1.0 / (1.0 + exp2(-max(min(bits, _BITS_CAP), -_BITS_CAP)))


def _weights(kind: PairKind, strangers: PairKind, comparison: str) -> list[float]:
    """Return the weight of each level of a comparison in bits."""
    pairs = zip(kind.levels[comparison], strangers.levels[comparison], strict=True)
    return [log2(max(mine, _LEAST_SHARE) / max(theirs, _LEAST_SHARE)) for mine, theirs in pairs]


def resized(model: Model, records: int) -> Model:
    """Return the model for another number of records: the more there are, the rarer a pair of one person is."""
    factor = model.records / records
    shares = {
        name: kind.share
        * (factor if name in (SAME, "household", "namesakes", "twins", "cousins", "relatives", "borrowed") else 1.0)
        for name, kind in model.kinds.items()
        if name != STRANGERS
    }
    shares[STRANGERS] = 1.0 - sum(shares.values())
    kinds = {name: PairKind(shares[name], kind.levels) for name, kind in model.kinds.items()}
    return msgspec.structs.replace(model, records=records, kinds=kinds)
