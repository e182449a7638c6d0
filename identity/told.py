"""What is remembered of a link that was told: a number for its verdict and how probable it is."""

from identity.matching.likeness import probability
from identity.resolution import VERDICTS, Verdict

_VERDICT_BITS, _PER_MILLE = 8, 1000
_VERDICT = (1 << _VERDICT_BITS) - 1


def told_number(verdict: Verdict, alike: int | None) -> int:
    """Return the number of a verdict, above it how probable it is in thousandths, counted from 1; 0 where untold."""
    per_mille = 0 if alike is None else 1 + round(probability(alike) * _PER_MILLE)
    return VERDICTS.index(verdict) | per_mille << _VERDICT_BITS


def in_doubt(number: int) -> int:
    """Return what stands for a number where several owners told one, negative; of several the greatest holds."""
    return number if number < 0 else -1 - (number & _VERDICT)


def verdict_told(number: int) -> Verdict | None:
    """Return the verdict of a number; None where it is in doubt."""
    return None if number < 0 else VERDICTS[number & _VERDICT]


def last_known_verdict(number: int) -> Verdict:
    """Return the verdict of a number, or the one that is in doubt."""
    return VERDICTS[(number if number >= 0 else -1 - number) & _VERDICT]
