"""Expectation maximisation over patterns of levels.

A. P. Dempster, N. M. Laird and D. B. Rubin (Maximum likelihood from incomplete data via the EM algorithm, 1977); for
record linkage W. E. Winkler (Using the EM algorithm for weight computation, 1988).
"""

from collections.abc import Iterable, Mapping, Sequence

from identity.matching.compare import COMPARISONS, LEVELS, MISSING
from identity.matching.default import default_model
from identity.matching.model import BY_CHANCE, KINDS, SAME, STRANGERS, PairKind

Level = tuple[int, int]
"""A level and how rare its values are, in whole bits."""
Pattern = tuple[Level, ...]

_ROUNDS, _STEPS = 3, 8
_EVERYWHERE = ("compatriots", "neighbours")
"""Kinds that meet in no block as a rule; they are fitted to random pairs."""
_FIRST_SHARES_A_RECORD = {
    SAME: 0.6,
    "household": 0.6,
    "namesakes": 0.003,
    "twins": 0.001,
    "cousins": 0.01,
    "relatives": 0.01,
    "borrowed": 0.02,
}
"""Pairs of a kind for each record, to start with.

One pair of twins among a thousand records is what births and a list of a part of the people make likely.
"""
_NOT_TOLD = ("twins",)
"""Records alone do not tell these from one person under two given names; without lists, their share is not fitted."""
_AS_ONE_PERSON = {"twins": ("surname", "born"), "namesakes": ("given",)}
"""What people of a kind truly share; a slip in it has nothing to do with whose it is."""
_TOLD_BY = {"namesakes": "born", "twins": "born"}
"""What must be told for a pair to count as of a kind; without it, a household explains the pair as well."""
_LEAN_SHARE = 5.0
"""Pairs within lists that the first share counts for."""
_SELDOM_TOLD = ("suffix",)
"""What too few records tell for its levels to be counted; the default ones stay."""
_WRONG_DATES = [LEVELS["born"].index(level) for level in ("different", "generation")]
_FIRST_SHARES = {"compatriots": 0.05, "neighbours": 0.001}
_LIKELIER = 5.0
_LEAN = 20.0
"""Pairs that the default model counts for."""
_FEW = 1_000
_LEAST_COUNT = 0.5
_CITY_ALONE = LEVELS["address"].index("city_alone")
_PLACE = {name: place for place, name in enumerate(COMPARISONS)}

_Counts = dict[str, list[float]]


class Fit:
    """Fits the kinds of pairs to what was compared.

    Args:
        records: how many there are.
        drawn: how many random pairs have each pattern.
        met: the same of the pairs that met in blocks.
        listed: the same of those that met within a list which names each person once; they are of different people.
        listed_pairs: how many pairs of records such lists have, whether they meet or not.
        scale: how many pairs each of those that met stands for.
    """

    def __init__(
        self,
        records: int,
        drawn: Mapping[Pattern, int],
        met: Mapping[Pattern, int],
        listed: Mapping[Pattern, int],
        listed_pairs: int,
        scale: float,
    ) -> None:
        self._drawn, self._met, self._scale = drawn, met, scale
        self._listed, self._listed_pairs = listed, listed_pairs
        self._pairs = records * (records - 1) / 2
        self._defaults = {name: kind.levels for name, kind in default_model().kinds.items()}
        self._shares = {kind: each * records / self._pairs for kind, each in _FIRST_SHARES_A_RECORD.items()}
        self._shares |= _FIRST_SHARES
        self._first_shares = dict(self._shares)
        self._levels = {kind: dict(self._defaults[kind]) for kind in self._shares}
        self._strangers = dict(self._defaults[STRANGERS])

    def run(self) -> dict[str, PairKind]:
        """Return the kinds of pairs."""
        self._count_strangers(dict.fromkeys(self._drawn, 1.0))
        for kind, names in BY_CHANCE.items():
            self._levels[kind].update({name: _likelier(self._strangers[name]) for name in names})
        for _ in range(_ROUNDS):
            for _ in range(_STEPS):
                self._fit_met()
                self._fit_everywhere()
            self._count_strangers({pattern: 1.0 - sum(self._posteriors(pattern).values()) for pattern in self._drawn})
        rest = 1.0 - sum(self._shares.values())
        found = {STRANGERS: PairKind(rest, _rounded(self._strangers))}
        return found | {name: PairKind(share, _rounded(self._levels[name])) for name, share in self._shares.items()}

    def _count_strangers(self, are_strangers: Mapping[Pattern, float]) -> None:
        """Count levels in random pairs, less what the fit so far says are no strangers."""
        counts = _nothing(COMPARISONS)
        for pattern, number in self._drawn.items():
            _add(counts, pattern, number * are_strangers[pattern])
        for name, numbers in counts.items():
            if (total := sum(numbers)) >= _FEW and name not in _SELDOM_TOLD:
                total += _LEAST_COUNT * len(numbers)
                self._strangers[name] = [(number + _LEAST_COUNT) / total for number in numbers]

    def _fit_met(self) -> None:
        """Do one step of expectation and maximisation for the kinds that meet in blocks."""
        kinds = tuple(_FIRST_SHARES_A_RECORD)
        counts, totals = self._expected(self._met, kinds, frozenset())
        if self._listed:
            others, apart = self._expected(self._listed, kinds, frozenset({SAME}))
            for kind, found in others.items():
                for name, numbers in found.items():
                    counts[kind][name] = [one + other for one, other in zip(counts[kind][name], numbers, strict=True)]
            self._take_levels(counts)
            self._shares[SAME] = max(totals[SAME], _LEAST_COUNT) * self._scale / self._pairs
            self._shares |= {kind: self._listed_share(kind, apart[kind]) for kind in kinds if kind != SAME}
        else:
            self._take_levels(counts)
            pair_share = self._scale / self._pairs
            self._shares |= {
                kind: max(total, _LEAST_COUNT) * pair_share for kind, total in totals.items() if kind not in _NOT_TOLD
            }

    def _listed_share(self, kind: str, total: float) -> float:
        """Return the share of pairs of a kind, all of them as frequent as within lists."""
        first = self._first_shares[kind]
        return (total * self._scale + _LEAN_SHARE) / (self._listed_pairs + _LEAN_SHARE / first)

    def _fit_everywhere(self) -> None:
        """Do one step of expectation and maximisation for the kinds that meet in no block."""
        counts, totals = self._expected(self._drawn, _EVERYWHERE, frozenset())
        self._take_levels(counts)
        pairs = sum(self._drawn.values())
        self._shares |= {kind: max(total, _LEAST_COUNT) / pairs for kind, total in totals.items()}

    def _expected(
        self, patterns: Mapping[Pattern, int], kinds: Iterable[str], impossible: frozenset[str]
    ) -> tuple[dict[str, _Counts], dict[str, float]]:
        """Return how many pairs of each kind reach each level, and how many there are."""
        counts = {kind: _nothing(KINDS[kind]) for kind in kinds}
        totals = dict.fromkeys(counts, 0.0)
        told = 1e-9
        most = 1e-9
        for pattern, number in patterns.items():
            posteriors = self._posteriors(pattern, impossible)
            told_born = pattern[_PLACE["born"]][0] != MISSING
            told += number * told_born
            most += number
            for kind, numbers in counts.items():
                weight = posteriors[kind] * number
                if told_born or kind not in _TOLD_BY:
                    totals[kind] += weight
                _add(numbers, pattern, weight)
        for kind in _TOLD_BY:
            if kind in totals:
                totals[kind] *= most / told
        return counts, totals

    def _take_levels(self, counts: Mapping[str, _Counts]) -> None:
        for kind, found in counts.items():
            for name, numbers in found.items():
                if name not in _SELDOM_TOLD:
                    self._levels[kind][name] = self._leant(numbers, kind, name)
        self._levels["household"]["address"] = self._with_city_alone(self._levels["household"]["address"])
        self._levels[SAME]["born"] = self._with_wrong_dates(self._levels[SAME]["born"])
        for kind, names in _AS_ONE_PERSON.items():
            self._levels[kind].update({name: self._levels[SAME][name] for name in names if kind in counts})

    def _with_wrong_dates(self, shares: Sequence[float]) -> list[float]:
        """Return one person's shares of levels of birth dates, where those with nothing in common are as strangers'.

        A wrong date is any date; only a namesake's is a generation away as a rule. This tells the two apart.
        """
        by_chance = [self._strangers["born"][level] for level in _WRONG_DATES]
        factor = sum(shares[level] for level in _WRONG_DATES) / sum(by_chance)
        return [
            self._strangers["born"][level] * factor if level in _WRONG_DATES else share
            for level, share in enumerate(shares)
        ]

    def _with_city_alone(self, shares: Sequence[float]) -> list[float]:
        """Return a household's shares of address levels with as many pairs that tell the city alone as one person has.

        How much a record tells has nothing to do with whose it is. But pairs of a household that tell so little meet in
        a block only where they share still more, so counting them would find too few.
        """
        share = self._levels[SAME]["address"][_CITY_ALONE]
        rest = 1.0 - shares[_CITY_ALONE]
        return [share if level == _CITY_ALONE else one * (1.0 - share) / rest for level, one in enumerate(shares)]

    def _leant(self, counts: Sequence[float], kind: str, name: str) -> list[float]:
        total = sum(counts) + _LEAN
        return [(count + _LEAN * usual) / total for count, usual in zip(counts, self._usual(kind, name), strict=True)]

    def _usual(self, kind: str, name: str) -> Sequence[float]:
        return _likelier(self._strangers[name]) if name in BY_CHANCE[kind] else self._defaults[kind][name]

    def _posteriors(self, pattern: Pattern, impossible: frozenset[str] = frozenset()) -> dict[str, float]:
        odds = {}
        for kind, share in self._shares.items():
            if kind in impossible:
                odds[kind] = 0.0
                continue
            levels, product, chance = self._levels[kind], share, BY_CHANCE[kind]
            for name in KINDS[kind]:
                level, bits = pattern[_PLACE[name]]
                if level != MISSING:
                    product *= levels[name][level] / self._strangers[name][level]
                    if bits and name not in chance:
                        product *= 2.0**bits
            odds[kind] = product
        total = 1.0 + sum(odds.values())
        return {kind: value / total for kind, value in odds.items()}


def _nothing(names: Iterable[str]) -> _Counts:
    return {name: [0.0] * len(LEVELS[name]) for name in names}


def _add(counts: _Counts, pattern: Pattern, weight: float) -> None:
    for name, numbers in counts.items():
        level = pattern[_PLACE[name]][0]
        if level != MISSING:
            numbers[level] += weight


def _likelier(shares: Sequence[float]) -> list[float]:
    """Return shares of levels where all but the lowest come some times as often."""
    more = [share * _LIKELIER for share in shares[1:]]
    total = shares[0] + sum(more)
    return [share / total for share in (shares[0], *more)]


def _rounded(levels: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    return {name: [float(f"{share:.6g}") for share in shares] for name, shares in levels.items()}
