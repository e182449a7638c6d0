"""Learn the weights from the records alone, with no example of who is who.

Levels among strangers (u) are counted in random pairs and stay as they are; all else is fitted over the pairs of all
blocks together, with one prior for all of them. Left free, u drifts to where it explains matches.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from identity.matching.blocks import DEFAULT_BLOCK_CAP, block_keys
from identity.matching.compare import COMPARISONS, LEVELS, MISSING, Comparison, compare
from identity.matching.fit import Fit, Pattern
from identity.matching.model import FORMAT, Frequencies, Model, Rarity
from identity.matching.pairs import blocks, candidates
from identity.matching.records import MatchRecord

LEAST_RECORDS = 100
"""Of fewer records nothing can be learnt."""

_RANDOM_PAIRS = 400_000
_BLOCK_PAIRS = 300_000
_KNOWN_COUNT = 5
_FEW = 20
_FREQUENT = {
    "given": ("exact", "near", "by_ear", "similar", "nickname"),
    "middle": ("exact",),
    "surname": ("exact", "near", "by_ear", "similar"),
    "born": ("exact",),
    "address": ("other_house", "postcode", "city", "city_alone"),
    "birth_place": ("exact",),
    "occupation": ("exact",),
}
"""The levels at which the frequency of values counts."""
_NAMES_AND_BIRTH = {COMPARISONS.index(name): LEVELS[name].index("exact") for name in ("given", "surname", "born")}
_FEW_DOUBLES = 0.005
"""Records of one's list with the same names and birth date, of each record, at most."""
_MASK = (1 << 64) - 1


def train(records: Iterable[MatchRecord], seed: int, sources: Iterable[str] = ()) -> Model:
    """Return a model fitted to the records; the same for the same records in any order.

    Args:
        records: at least :data:`LEAST_RECORDS`; the more alike they are to what will be matched, the better.
        seed: chooses the random pairs.
        sources: of each record, the list it is from, empty where that is unknown; or nothing at all. In a list that
            names each person once, two records are two people: so much like each other are twins, fathers and sons,
            people of one house. It is assumed that they are as frequent among pairs across lists.

    Raises:
        ValueError: too few records, or not as many sources.
    """
    found = list(records)
    lists = list(sources) or [""] * len(found)
    ordered = sorted(zip(found, lists, strict=True), key=repr)
    if len(ordered) < LEAST_RECORDS:
        raise ValueError(f"expected at least {LEAST_RECORDS} records, got {len(ordered)}")
    kept = [record for record, _ in ordered]
    drawn = [compare(one, other) for one, other in _random_pairs(kept, seed)]
    pairs, scale = _met_pairs(kept, seed)
    met = [(compare(kept[one], kept[other]), _list_of(ordered[one][1], ordered[other][1])) for one, other in pairs]
    sizes = _once_each(Counter(source for _, source in ordered if source), met)
    frequencies = {name: _frequencies(name, kept, drawn) for name in _FREQUENT}
    rarity = Rarity(frequencies)
    kinds = Fit(
        len(ordered),
        _patterns(drawn, rarity),
        _patterns((comparisons for comparisons, source in met if source not in sizes), rarity),
        _patterns((comparisons for comparisons, source in met if source in sizes), rarity),
        sum(size * (size - 1) // 2 for size in sizes.values()),
        scale,
    ).run()
    return Model(FORMAT, len(ordered), kinds, frequencies)


def _list_of(one: str, other: str) -> str:
    """Return the list that two records are both from; empty where there is none."""
    return one if one == other else ""


def _once_each(sizes: Counter[str], met: Iterable[tuple[tuple[Comparison, ...], str]]) -> dict[str, int]:
    """Return the sizes of the lists that name each person once, as far as one can see.

    That is a list of some size in which hardly any two records that tell names and birth date have them in common.
    """
    doubles: Counter[str] = Counter()
    telling: Counter[str] = Counter()
    for comparisons, source in met:
        if source and all(comparisons[place].level != MISSING for place in _NAMES_AND_BIRTH):
            telling[source] += 1
            doubles[source] += all(comparisons[place].level == level for place, level in _NAMES_AND_BIRTH.items())
    return {
        source: size
        for source, size in sorted(sizes.items())
        if size >= LEAST_RECORDS and telling[source] and doubles[source] <= size * _FEW_DOUBLES
    }


def _numbers(seed: int) -> Iterator[int]:
    """Yield numbers of 64 bits that look random (SplitMix64; G. L. Steele, D. Lea, C. H. Flood, 2014)."""
    state = seed & _MASK
    while True:
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        yield mixed ^ (mixed >> 31)


def _random_pairs(records: Sequence[MatchRecord], seed: int) -> Iterator[tuple[MatchRecord, MatchRecord]]:
    pairs = len(records) * (len(records) - 1) // 2
    for number in islice(_numbers(seed), min(_RANDOM_PAIRS, pairs)):
        one, other = number % len(records), (number >> 32) % len(records)
        if one != other:
            yield records[one], records[other]


def _met_pairs(records: Sequence[MatchRecord], seed: int) -> tuple[list[tuple[int, int]], float]:
    """Return places of pairs that meet in blocks, and how many pairs each of them stands for."""
    found = blocks({f"{place:09d}": block_keys(record, b"") for place, record in enumerate(records)})
    pairs = sorted(candidates(found, DEFAULT_BLOCK_CAP))
    limit = min(1.0, _BLOCK_PAIRS / max(1, len(pairs))) * _MASK
    kept = [pair for pair, number in zip(pairs, _numbers(seed + 1), strict=False) if number <= limit]
    return [(int(one), int(other)) for one, other in kept], len(pairs) / max(1, len(kept))


def _values(record: MatchRecord, comparison: str) -> tuple[str, ...]:
    """Return the values of a record whose frequency counts in a comparison."""
    values: dict[str, tuple[str, ...]] = {
        "given": record.given[:1],
        "middle": record.given[1:],
        "surname": (record.surname,),
        "born": (record.born,),
        "address": (record.postcode, record.city),
        "birth_place": (record.birth_place,),
        "occupation": (record.occupation,),
    }
    return tuple(value for value in values[comparison] if value)


def _frequencies(name: str, records: Sequence[MatchRecord], drawn: Sequence[tuple[Comparison, ...]]) -> Frequencies:
    counts: Counter[str] = Counter()
    telling = 0
    for record in records:
        values = _values(record, name)
        counts.update(values)
        telling += bool(values)
    known = {value: count / telling for value, count in sorted(counts.items()) if count >= _KNOWN_COUNT}
    rest = [count for count in counts.values() if count < _KNOWN_COUNT]
    other = (sum(rest) / len(rest) if rest else 1.0) / max(telling, 1)
    place = COMPARISONS.index(name)
    rarities: list[list[float]] = [[] for _ in LEVELS[name]]
    for comparisons in drawn:
        level, one, far = comparisons[place]
        if level != MISSING and one and LEVELS[name][level] in _FREQUENT[name]:
            rarities[level].append((1.0 / known.get(one, other) + 1.0 / known.get(far, other)) / 2.0)
    return Frequencies(known, other, [sum(found) / len(found) if len(found) >= _FEW else 0.0 for found in rarities])


def _patterns(compared: Iterable[tuple[Comparison, ...]], rarity: Rarity) -> Counter[Pattern]:
    return Counter(
        tuple(
            (comparison.level, 0 if comparison.level == MISSING else round(rarity.bits(place, comparison)))
            for place, comparison in enumerate(comparisons)
        )
        for comparisons in compared
    )
