"""How right a grouping is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.accuracy.people import Differing


@dataclass(frozen=True, slots=True)
class Rightness:
    """A grouping against the truth.

    Attributes:
        pair_precision: share of the pairs put together that belong together.
        pair_recall: share of the pairs that belong together that were put together.
        precision: B-cubed (A. Bagga, B. Baldwin, 1998): of a record's group, the share that is its person, averaged.
        recall: B-cubed: of a record's person, the share that is in its group, averaged.
        exact: share of the true people who are exactly one group.
        wrong: predicted people who hold two or more true ones, per 10,000 predicted people.
        people: predicted people.
    """

    pair_precision: float
    pair_recall: float
    precision: float
    recall: float
    exact: float
    wrong: float
    people: int

    @property
    def pair_f1(self) -> float:
        """The harmonic mean of precision and recall of pairs."""
        return _harmonic(self.pair_precision, self.pair_recall)

    @property
    def f1(self) -> float:
        """The harmonic mean of B-cubed precision and recall."""
        return _harmonic(self.precision, self.recall)


def rightness(groups: Iterable[Sequence[str]], truth: Mapping[str, str]) -> Rightness:
    """Measure a grouping; records of the truth that are in no group are people of their own."""
    group_of = {key: number for number, group in enumerate(groups) for key in group}
    alone = (key for key in truth if key not in group_of)
    group_of |= {key: -number for number, key in enumerate(alone, start=1)}
    together = Counter((group_of[key], person) for key, person in truth.items())
    group_sizes = Counter(group_of[key] for key in truth)
    person_sizes = Counter(truth.values())
    people_in: dict[int, int] = Counter(group for group, _ in together)
    right_pairs = sum(count * (count - 1) for count in together.values())
    return Rightness(
        pair_precision=_share(right_pairs, sum(size * (size - 1) for size in group_sizes.values())),
        pair_recall=_share(right_pairs, sum(size * (size - 1) for size in person_sizes.values())),
        precision=sum(count * count / group_sizes[group] for (group, _), count in together.items()) / len(truth),
        recall=sum(count * count / person_sizes[person] for (_, person), count in together.items()) / len(truth),
        exact=sum(count == group_sizes[group] == person_sizes[person] for (group, person), count in together.items())
        / len(person_sizes),
        wrong=sum(number > 1 for number in people_in.values()) / len(people_in) * 10_000,
        people=len(group_sizes),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


@dataclass(frozen=True, slots=True)
class Honesty:
    """Links of a probability from 0.9 to 0.99: how many there are and what share is right."""

    links: int
    right: float


def honesty(probabilities: Mapping[tuple[str, str], float], truth: Mapping[str, str]) -> Honesty:
    """Count the links whose probability is from 0.9 to 0.99."""
    links = [pair for pair, probability in probabilities.items() if 0.9 <= probability < 0.99]  # noqa: PLR2004
    return Honesty(len(links), _share(sum(truth[one] == truth[other] for one, other in links), len(links)))


@dataclass(frozen=True, slots=True)
class At:
    """What came out under a policy.

    Attributes:
        who: the engine and its policy.
        threshold: from which probability on records are united; None where identifiers alone unite.
        rightness: of the people.
        held: share of the people with a suggested link; None where nothing is suggested.
        honesty: of the links; None where it was measured at another threshold.
        seconds: from the policy to its people.
        unlike_memory: how the people differ from those resolved in memory; None where there is nothing to compare.
    """

    who: str
    threshold: float | None
    rightness: Rightness
    held: float | None
    honesty: Honesty | None
    seconds: float
    unlike_memory: Differing | None = None
