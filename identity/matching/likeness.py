"""How alike encoded records are: scored once, remembered for a while."""

from functools import lru_cache
from math import exp2

from identity.matching.link import log_odds
from identity.matching.model import Evidence, Model, Scorer
from identity.matching.records import decode_record

_PAIRS = 50_000
_RECORDS = 20_000
_CENTIBITS = 100


class Likeness:
    """Scores records in their stored form by one model."""

    def __init__(self, model: Model) -> None:
        scorer = Scorer(model)
        decode = lru_cache(_RECORDS)(decode_record)
        self._scored = lru_cache(_PAIRS)(lambda one, other: scorer.evidence(decode(one), decode(other)))
        self._may_reach = lru_cache(_PAIRS)(lambda bits, one, other: scorer.may_reach(bits, decode(one), decode(other)))

    def evidence(self, one: bytes, other: bytes) -> Evidence:
        """Return what a pair of records tells; the same whichever comes first."""
        return self._scored(one, other) if one <= other else self._scored(other, one)

    def centibits(self, one: bytes, other: bytes) -> int:
        """Return the log odds that two records are one person, in hundredths of a bit."""
        return centibits(self.evidence(one, other).bits)

    def at_least(self, least: int, one: bytes, other: bytes) -> int | None:
        """Return the same where it is no less than this, else None; quicker, for most pairs are far from it."""
        bits = (least - 1) / _CENTIBITS  # less by one: what is asked for is rounded
        if not (self._may_reach(bits, one, other) if one <= other else self._may_reach(bits, other, one)):
            return None
        found = self.centibits(one, other)
        return found if found >= least else None


def centibits(bits: float) -> int:
    """Return log odds in hundredths of a bit, as they are sent and stored."""
    return round(bits * _CENTIBITS)


def least_centibits(at_least: float) -> int:
    """Return the log odds of a threshold, as those of pairs are sent and stored."""
    return centibits(log_odds(at_least))


def probability(hundredths: int) -> float:
    """Return the probability of log odds in hundredths of a bit."""
    return 1.0 / (1.0 + exp2(-hundredths / _CENTIBITS))
