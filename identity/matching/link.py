"""Who is one person among records that were compared: average linkage, never a chain of weak links.

Groups of records are united two at a time, the most alike first, as in hierarchical clustering (R. R. Sokal and
C. D. Michener, 1958). How alike two groups are is the middle of two figures, in log odds: their strongest pair, and
the mean, comparison by comparison, of all pairs that tell it. The strongest pair alone would chain relatives together.
The mean alone would keep out a record that tells little; taken by comparison, what one record leaves out another one
of its group can tell. All of it is a function of the records, the evidence and the decisions, never of an order.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from math import log2
from operator import add, truediv
from typing import Generic, NamedTuple, TypeVar

from identity.matching.model import Evidence

Key = TypeVar("Key", str, bytes)
Pair = tuple[Key, Key]

MOST_BITS = 20.0
"""No pair counts for more, in either way."""

MOST_COMPARED = 200
"""Records that may hang together and be linked: so many of one person are a sign of chance."""


class LinkPolicy(NamedTuple):
    """What unites, and what is shown to a data steward.

    Attributes:
        unite: groups that are one person at least so probably are united.
        suggest: records of at least this probability that come to be in different groups are suggestions; at least 0.5.
    """

    unite: float = 0.9
    suggest: float = 0.5


def _alike(between: Evidence) -> float:
    """Return how alike two groups are, never more than their strongest pair."""
    strongest = max(-MOST_BITS, min(between.bits, MOST_BITS))
    if between.pairs == 1:
        return strongest
    mean: float = between.base / between.pairs + sum(map(truediv, between.weights, between.told))
    return (strongest + max(-MOST_BITS, min(mean, strongest))) / 2.0


def _pooled(one: Evidence, other: Evidence) -> Evidence:
    """Return the evidence of the pairs of both: the strongest one's bits, everything else added up."""
    return Evidence(
        max(one.bits, other.bits),
        one.base + other.base,
        tuple(map(add, one.weights, other.weights)),
        tuple(map(add, one.told, other.told)),
        one.pairs + other.pairs,
    )


def link(
    members: Iterable[Key],
    evidence: Mapping[Pair[Key], Evidence],
    policy: LinkPolicy,
    together: Iterable[Pair[Key]] = (),
    apart: Iterable[Pair[Key]] = (),
    may_unite: Callable[[Key, Key], bool] = lambda _one, _other: True,
) -> tuple[tuple[Key, ...], ...]:
    """Decide which records are one person: every record in exactly one group, records and groups in order.

    Takes time in proportion to the number of compared pairs, times its logarithm.

    Args:
        members: the records, by keys that come from their content or are given once and for all.
        evidence: of each pair that was compared; each pair once, in any order.
        policy: thresholds.
        together: pairs that are one person whatever they score.
        apart: pairs that are never one person, directly or by way of others; stronger than ``together``.
        may_unite: asked, with a record of each, before two groups are united by likeness; where it says no, they never
            are. What it says may depend on what was united before.
    """
    ordered = sorted((min(one, other), max(one, other)) for one, other in together)
    linking: _Linking[Key] = _Linking(sorted(set(members)), evidence, apart, may_unite)
    return linking.run(policy, ordered)


def components(
    members: Iterable[Key],
    evidence: Mapping[Pair[Key], Evidence],
    least_bits: float,
    together: Iterable[Pair[Key]] = (),
) -> list[list[Key]]:
    """Return the records that hang together by pairs of at least so many bits, or by decision; in order.

    Linking each component for itself is the same as linking all at once where ``least_bits`` is no more than the log
    odds of ``LinkPolicy.unite``.
    """
    parent = {key: key for key in sorted(members)}

    def root(key: Key) -> Key:
        while parent[key] != key:
            parent[key] = key = parent[parent[key]]
        return key

    for one, other in chain((pair for pair, found in evidence.items() if found.bits >= least_bits), together):
        left, right = sorted((root(one), root(other)))
        parent[right] = left
    parts: dict[Key, list[Key]] = {}
    for key in parent:
        parts.setdefault(root(key), []).append(key)
    return [parts[key] for key in sorted(parts)]


def log_odds(probability: float) -> float:
    """Return the log odds of a probability above 0 and below 1, in bits."""
    return log2(probability / (1.0 - probability))


class _Linking(Generic[Key]):
    """The groups so far; a group has the number of its first record."""

    def __init__(
        self,
        keys: list[Key],
        evidence: Mapping[Pair[Key], Evidence],
        apart: Iterable[Pair[Key]],
        may_unite: Callable[[Key, Key], bool],
    ) -> None:
        self._keys: list[Key] = keys
        self._may_unite: Callable[[Key, Key], bool] = may_unite
        place = {key: number for number, key in enumerate(keys)}
        self._groups = {number: [number] for number in range(len(keys))}
        self._group_of = list(range(len(keys)))
        self._changes = [0] * len(keys)
        self._near: list[dict[int, Evidence]] = [{} for _ in keys]
        self._apart: list[set[int]] = [set() for _ in keys]
        for (one, other), found in evidence.items():
            left, right = place[one], place[other]
            self._near[left][right] = self._near[right][left] = found
        for one, other in apart:
            left, right = place[one], place[other]
            self._apart[left].add(right)
            self._apart[right].add(left)

    def run(self, policy: LinkPolicy, together: Iterable[Pair[Key]]) -> tuple[tuple[Key, ...], ...]:
        place = {key: number for number, key in enumerate(self._keys)}
        for one, other in together:
            left, right = sorted((self._group_of[place[one]], self._group_of[place[other]]))
            if left != right and right not in self._apart[left]:
                self._unite(left, right)
        self._unite_likely(log_odds(policy.unite))
        return tuple(tuple(self._keys[number] for number in sorted(group)) for group in self._groups.values())

    def _unite_likely(self, least_bits: float) -> None:
        queue: list[tuple[float, int, int, int, int]] = []

        def consider(left: int, right: int, between: Evidence) -> None:
            if right not in self._apart[left] and (bits := _alike(between)) >= least_bits:
                first, second = (left, right) if left < right else (right, left)
                heapq.heappush(queue, (-bits, first, second, self._changes[first], self._changes[second]))

        for left in self._groups:
            for right, between in self._near[left].items():
                if left < right:
                    consider(left, right, between)
        while queue:
            _, left, right, left_changes, right_changes = heapq.heappop(queue)
            if (self._changes[left], self._changes[right]) != (left_changes, right_changes):
                continue
            if not self._may_unite(self._keys[left], self._keys[right]):
                self._apart[left].add(right)
                self._apart[right].add(left)
                continue
            self._unite(left, right)
            for other, between in self._near[left].items():
                consider(left, other, between)

    def _unite(self, left: int, right: int) -> None:
        """Make the group ``right`` part of the group ``left``, which comes first."""
        for number in self._groups[right]:
            self._group_of[number] = left
        self._groups[left] += self._groups.pop(right)
        self._changes[left] += 1
        self._changes[right] += 1
        self._near[left].pop(right, None)
        self._near[right].pop(left, None)
        for other, between in self._near[right].items():
            known = self._near[left].get(other)
            merged = between if known is None else _pooled(known, between)
            self._near[left][other] = self._near[other][left] = merged
            del self._near[other][right]
        for other in self._apart[right]:
            self._apart[other].discard(right)
            self._apart[other].add(left)
        self._apart[left] |= self._apart[right]
        self._near[right], self._apart[right] = {}, set()
