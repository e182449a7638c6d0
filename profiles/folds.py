"""The folds of computed traits: how values of touchpoints add up, one at a time and fragment to fragment.

Each is commutative and associative with nothing as its identity, so a trait is the same for any order of touchpoints
and any cut of the work. A state is made of numbers, texts, lists and dictionaries, as MessagePack has them; it is never
changed in place. Sums are in whole millionths, because floating-point sums depend on order. All states are bounded:
where there are more values than a trait keeps, those with the lowest hash stay, which does not depend on order either;
what is kept is exact.

A trait with a window is any of these folds by day: what it is at a moment is the merge of the days in the window.

A distinct count is exact below what is kept, then estimated from the lowest hashes: Z. Bar-Yossef, T. S. Jayram,
R. Kumar, D. Sivakumar, L. Trevisan, Counting Distinct Elements in a Data Stream (RANDOM 2002).
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from hashlib import blake2b
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, TypeVar
from zlib import crc32

from profiles.fields import Number, Texts, matcher, number, texts
from profiles.policy import FoldName, TraitDeclaration
from schemas.accepted import AcceptedTouchpoint

State = Any
"""As the fold that made it says."""

DAY_MS = 86_400_000
MICRO = 1_000_000
AHEAD_DAYS = 2
"""How many days a touchpoint may be dated after the one on which it arrives."""

_MOST_CURRENCIES = 20
_MOST_STORED = 2**62
_HASH_BYTES = 8
_HASHES = 2.0 ** (8 * _HASH_BYTES)
_T = TypeVar("_T")


class Origin(NamedTuple):
    """Where a value comes from; compares by event time, then event, then source."""

    time: int
    event_id: str
    source: str


class Computed(NamedTuple):
    """A value of a computed trait.

    Attributes:
        key: of several values, which: a currency, one of a top list; else empty.
        value: a number in units, or a text.
        origin: of a value that a single touchpoint told.
    """

    key: str
    value: float | str
    origin: Origin | None = None


class Fold(Protocol):
    """How a trait adds up."""

    @abstractmethod
    def add(self, state: State | None, accepted: AcceptedTouchpoint) -> State | None:
        """Return a state with a touchpoint that counts; None as long as it had nothing to add."""

    @abstractmethod
    def merge(self, one: State, other: State) -> State:
        """Return what two states of different touchpoints are together."""

    @abstractmethod
    def values(self, state: State) -> Iterator[Computed]:
        """Yield the values of a state."""


def origin_of(accepted: AcceptedTouchpoint) -> Origin:
    """Return a touchpoint as the origin of its values."""
    touchpoint = accepted["touchpoint"]
    return Origin(touchpoint["event_time"], touchpoint["event_id"], accepted["source"])


def _stored(number: int) -> int | str:
    """Return a number as MessagePack can hold it."""
    return number if abs(number) < _MOST_STORED else str(number)


def lowest(named: dict[str, _T], most: int) -> dict[str, _T]:
    """Return the values whose names have the lowest hashes, at most so many."""
    if len(named) <= most:
        return named
    kept = sorted(named, key=lambda name: (crc32(name.encode("utf-8", "surrogatepass")), name))[:most]
    return {name: named[name] for name in kept}


def added(one: Mapping[Any, int], other: Mapping[Any, int]) -> dict[Any, int]:
    """Return the sums of two sets of counts, by key."""
    sums = dict(one)
    for key, count in other.items():
        sums[key] = sums.get(key, 0) + count
    return sums


class Count:
    """The number of touchpoints."""

    def add(self, state: int | None, _accepted: AcceptedTouchpoint) -> int:
        """One more."""
        return (state or 0) + 1

    def merge(self, one: int, other: int) -> int:
        """Both."""
        return one + other

    def values(self, state: int) -> Iterator[Computed]:
        """One number."""
        yield Computed("", float(state))


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a number, of amounts by currency. State: millionths by currency, as text beyond 62 bits."""

    read: Number

    def add(self, state: dict[str, int | str] | None, accepted: AcceptedTouchpoint) -> dict[str, int | str] | None:
        """The touchpoint's number more."""
        found = self.read(accepted)
        return state if found is None else self.merge(state or {}, {found[0]: found[1]})

    def merge(self, one: dict[str, int | str], other: dict[str, int | str]) -> dict[str, int | str]:
        """Both, by currency."""
        sums = dict(one)
        for currency, micros in other.items():
            sums[currency] = _stored(int(sums.get(currency, 0)) + int(micros))
        return lowest(sums, _MOST_CURRENCIES)

    def values(self, state: dict[str, int | str]) -> Iterator[Computed]:
        """One number by currency."""
        for currency, micros in sorted(state.items()):
            yield Computed(currency, int(micros) / MICRO)


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of a number. State: sum in millionths, as text beyond 62 bits, and how many."""

    read: Number

    def add(self, state: list[Any] | None, accepted: AcceptedTouchpoint) -> list[Any] | None:
        """The touchpoint's number more."""
        found = self.read(accepted)
        return state if found is None else self.merge(state or [0, 0], [found[1], 1])

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """Both."""
        return [_stored(int(one[0]) + int(other[0])), one[1] + other[1]]

    def values(self, state: list[Any]) -> Iterator[Computed]:
        """One number."""
        yield Computed("", int(state[0]) / state[1] / MICRO)


@dataclass(frozen=True, slots=True)
class Extreme:
    """The least or greatest number, by currency; of equal ones the earliest. State: value and origin by currency."""

    read: Number
    sign: int
    """1 for the least, -1 for the greatest."""

    def add(self, state: dict[str, list[Any]] | None, accepted: AcceptedTouchpoint) -> dict[str, list[Any]] | None:
        """With the touchpoint's number."""
        found = self.read(accepted)
        return state if found is None else self.merge(state or {}, {found[0]: [found[1], *origin_of(accepted)]})

    def merge(self, one: dict[str, list[Any]], other: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """The better of both, by currency."""
        best = dict(one)
        for currency, value in other.items():
            best[currency] = min(best.get(currency, value), value, key=self._place)
        return lowest(best, _MOST_CURRENCIES)

    def values(self, state: dict[str, list[Any]]) -> Iterator[Computed]:
        """One number by currency."""
        for currency, (micros, *origin) in sorted(state.items()):
            yield Computed(currency, micros / MICRO, Origin(*origin))

    def _place(self, value: list[Any]) -> tuple[Any, ...]:
        return (self.sign * value[0], *value[1:])


@dataclass(frozen=True, slots=True)
class Latest:
    """The text of the newest or the first touchpoint that has one. State: origin and text."""

    read: Texts
    newest: bool

    def add(self, state: list[Any] | None, accepted: AcceptedTouchpoint) -> list[Any] | None:
        """With the touchpoint's text, of several the first."""
        found = self.read(accepted)
        if not found:
            return state
        value = [*origin_of(accepted), found[0]]
        return value if state is None else self.merge(state, value)

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """The newer, or the earlier, of both."""
        return max(one, other) if self.newest else min(one, other)

    def values(self, state: list[Any]) -> Iterator[Computed]:
        """One text."""
        *origin, text = state
        yield Computed("", text, Origin(*origin))


@dataclass(frozen=True, slots=True)
class Top:
    """How often there was each text. State: counts by text."""

    read: Texts
    most: int

    def add(self, state: dict[str, int] | None, accepted: AcceptedTouchpoint) -> dict[str, int] | None:
        """Each of the touchpoint's texts once more."""
        found = self.read(accepted)
        return lowest(added(state or {}, dict.fromkeys(found, 1)), self.most) if found else state

    def merge(self, one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
        """Both."""
        return lowest(added(one, other), self.most)

    def values(self, state: dict[str, int]) -> Iterator[Computed]:
        """One number by text, the most frequent first."""
        for text, count in sorted(sorted(state.items()), key=itemgetter(1), reverse=True):
            yield Computed(text, float(count))


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many different texts there were. State: the lowest hashes, in order."""

    read: Texts
    most: int

    def add(self, state: list[bytes] | None, accepted: AcceptedTouchpoint) -> list[bytes] | None:
        """With the touchpoint's texts."""
        found = self.read(accepted)
        hashes = [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).digest() for text in found]
        return self.merge(state or [], hashes) if found else state

    def merge(self, one: list[bytes], other: list[bytes]) -> list[bytes]:
        """The lowest of both."""
        return sorted({*one, *other})[: self.most]

    def values(self, state: list[bytes]) -> Iterator[Computed]:
        """One number."""
        if len(state) < self.most:
            yield Computed("", float(len(state)))
        else:
            share = (int.from_bytes(state[-1], "big") + 1) / _HASHES
            yield Computed("", max(float(self.most), (self.most - 1) / share))


@dataclass(frozen=True, slots=True)
class Rate:
    """Which share of touchpoints are hits. State: hits and how many."""

    is_hit: Callable[[AcceptedTouchpoint], bool]

    def add(self, state: list[int] | None, accepted: AcceptedTouchpoint) -> list[int]:
        """One more."""
        hits, count = state or [0, 0]
        return [hits + self.is_hit(accepted), count + 1]

    def merge(self, one: list[int], other: list[int]) -> list[int]:
        """Both."""
        return [one[0] + other[0], one[1] + other[1]]

    def values(self, state: list[int]) -> Iterator[Computed]:
        """One number from 0 to 1."""
        yield Computed("", state[0] / state[1])


@dataclass(frozen=True, slots=True)
class ByDay:
    """Another fold, of each day's touchpoints. State: the fold's by day since 1970 UTC, of the newest days.

    What is kept follows from the newest day alone: a day that falls out of a part falls out of the whole, too. So it
    is the same for any order and any cut.
    """

    fold: Fold
    days: int
    """How many are kept, back from the newest one."""

    def add(self, state: dict[int, State] | None, accepted: AcceptedTouchpoint) -> dict[int, State] | None:
        """With the touchpoint on its day."""
        by_day, day = state or {}, accepted["touchpoint"]["event_time"] // DAY_MS
        grown = self.fold.add(by_day.get(day), accepted)
        return state if grown is None else on_day(by_day, day, grown, self.days)

    def merge(self, one: dict[int, State], other: dict[int, State]) -> dict[int, State]:
        """Both, by day."""
        both = dict(one)
        for day, state in other.items():
            both[day] = self.fold.merge(both[day], state) if day in both else state
        return newest_days(both, self.days)

    def values(self, _state: dict[int, State]) -> Iterator[Computed]:
        """None, since they depend on the moment: see :meth:`since`."""
        return iter(())

    def since(self, state: dict[int, State], first: int) -> Iterator[Computed]:
        """Yield the values of what was on a day, since 1970 UTC, and later."""
        states = [known for day, known in state.items() if day >= first]
        return self.fold.values(reduce(self.fold.merge, states)) if states else iter(())


@dataclass(frozen=True, slots=True)
class Days(ByDay):
    """On how many days, of so many up to the newest one, there was a touchpoint; the fold is their count."""

    def values(self, state: dict[int, State]) -> Iterator[Computed]:
        """One number."""
        yield Computed("", float(len(state)))


def on_day(by_day: dict[int, _T], day: int, value: _T, days: int) -> dict[int, _T]:
    """Return what there is by day with another value of one day, of so many days up to the newest one."""
    grown = {**by_day, day: value}
    return grown if day in by_day else newest_days(grown, days)


def newest_days(by_day: dict[int, _T], days: int) -> dict[int, _T]:
    """Return what is of the newest day and the days before it, so many in all; late touchpoints may fall out."""
    first = max(by_day) - days + 1
    return by_day if min(by_day) >= first else {day: value for day, value in by_day.items() if day >= first}


_FOLDS: Mapping[FoldName, Callable[[TraitDeclaration], Fold]] = {
    "count": lambda _: Count(),
    "sum": lambda declared: Sum(number(declared.value)),
    "mean": lambda declared: Mean(number(declared.value)),
    "min": lambda declared: Extreme(number(declared.value), 1),
    "max": lambda declared: Extreme(number(declared.value), -1),
    "newest": lambda declared: Latest(texts(declared.value), newest=True),
    "first": lambda declared: Latest(texts(declared.value), newest=False),
    "top": lambda declared: Top(texts(declared.value), declared.most),
    "distinct": lambda declared: Distinct(texts(declared.value), declared.most),
    "rate": lambda declared: Rate(matcher(declared.hit)),
    "days": lambda declared: Days(Count(), declared.days),
}


def fold_of(declared: TraitDeclaration) -> Fold:
    """Return the fold of a declared trait.

    Raises:
        ValueError: it names a field that there is not.
    """
    fold = _FOLDS[declared.fold](declared)
    return fold if declared.window_days is None else ByDay(fold, declared.window_days + AHEAD_DAYS)
