"""What publishing and ingest understood only in part, counted: identifiers left out, types and grants of nothing."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from identity.usual_names import likely_types
from schemas.touchpoint_types import ANOTHER, ORDER_TYPES
from streams.metrics import LEFT_OUT, UNKNOWN_TYPES, Meters
from streams.records import Told

MOST_NAMES: Final = 50
"""So many different foreign names are told apart; all others are one."""

MOST_SENTENCES: Final = 20
MOST_LINES: Final = 50
"""So many lines with identifiers left out for one reason are told by number, the first of them."""
_LINES_IN_A_SENTENCE: Final = 5
_WHY: Final[Mapping[str, str]] = {
    "blank": "blank (empty, null or nothing that shows)",
    "placeholder": "a placeholder, which names nobody",
    "malformed": "malformed",
    "too_long": "too long",
}


class BoundedNames:
    """Foreign names as they are counted: the first so many under themselves, all others as another."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._most = most
        self._names: set[str] = set()

    def counted_as(self, name: str) -> str:
        """Return what a name is counted under."""
        if name not in self._names:
            if len(self._names) >= self._most:
                return ANOTHER
            self._names.add(name)
        return name


@dataclass(frozen=True, slots=True)
class UnknownType:
    """How many touchpoints are of a type that means nothing.

    Attributes:
        type: its name.
        touchpoints: how many.
        with_order: how many of them carry an order, which is no purchase.
    """

    type: str
    touchpoints: int
    with_order: int


@dataclass(frozen=True, slots=True)
class LeftOutCount:
    """How many identifiers of a type count for nothing for a reason.

    Attributes:
        type: as it may be shown.
        reason: why they count for nothing.
        identifiers: how many.
        likely: the known types that an unknown one is likely meant for, most likely first.
    """

    type: str
    reason: str
    identifiers: int
    likely: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOutLines(LeftOutCount):
    """The same of a file.

    Attributes:
        lines: how many lines have them.
        first_lines: the numbers of the first of these, at most :data:`MOST_LINES`.
    """

    lines: int = 0
    first_lines: tuple[int, ...] = ()


class Tally:
    """Counts what is told of touchpoints, by names that are bounded in number."""

    def __init__(self) -> None:
        self._names = BoundedNames()
        self._left_out: Counter[tuple[str, str]] = Counter()
        self._unknown: Counter[tuple[str, bool]] = Counter()
        self._empty_grants = 0

    def add(self, told: Told) -> None:
        """Count what is told of one touchpoint."""
        for type_, reason in told.left_out:
            self._left_out[_name(type_, reason, self._names), reason] += 1
        if told.unknown_type is not None:
            self._unknown[self._names.counted_as(told.unknown_type), told.has_order] += 1
        self._empty_grants += told.empty_grants

    def left_out(self) -> list[LeftOutCount]:
        """Return the identifiers left out, the most frequent first."""
        return [LeftOutCount(*key, number) for key, number in sorted(self._left_out.items(), key=_most_first)]

    def empty_grants(self) -> int:
        """Return how many consents are granted for no purpose."""
        return self._empty_grants

    def unknown_types(self) -> list[UnknownType]:
        """Return the unknown types, those with most orders first, then the most frequent."""
        names = {name for name, _ in self._unknown}
        found = [UnknownType(name, sum(self._of(name)), self._unknown[name, True]) for name in names]
        return sorted(found, key=lambda one: (-one.with_order, -one.touchpoints, one.type))

    def tell(self, meters: Meters, names: BoundedNames) -> None:
        """Add to the metrics, under names that are bounded for the whole life of the process."""
        for (type_, reason), number in self._left_out.items():
            meters.add(LEFT_OUT, number, _name(type_, reason, names), reason)
        for (type_, has_order), number in self._unknown.items():
            meters.add(UNKNOWN_TYPES, number, names.counted_as(type_), "yes" if has_order else "no")

    def _of(self, name: str) -> Iterator[int]:
        return (self._unknown[name, has_order] for has_order in (True, False))


class LineTally(Tally):
    """The same of the lines of a file, which it remembers some of.

    Args:
        known_types: of identifiers, by the policy in force.
    """

    def __init__(self, known_types: Collection[str] = ()) -> None:
        super().__init__()
        self._known_types = known_types
        self._lines: Counter[tuple[str, str]] = Counter()
        self._first_lines: dict[tuple[str, str], list[int]] = {}

    def add_line(self, number: int, told: Told) -> None:
        """Count what is told of the touchpoint of a line."""
        self.add(told)
        for key in dict.fromkeys((_name(type_, reason, self._names), reason) for type_, reason in told.left_out):
            self._lines[key] += 1
            first = self._first_lines.setdefault(key, [])
            if len(first) < MOST_LINES:
                first.append(number)

    def left_out_lines(self) -> list[LeftOutLines]:
        """Return the identifiers left out and where, the most frequent first."""
        return [
            LeftOutLines(
                one.type,
                one.reason,
                one.identifiers,
                meant_for(one.type, one.reason, self._known_types),
                self._lines[one.type, one.reason],
                tuple(self._first_lines[one.type, one.reason]),
            )
            for one in self.left_out()
        ]


def meant_for(type_: str, reason: str, known_types: Collection[str]) -> tuple[str, ...]:
    """Return the known types that the type of identifiers left out is likely meant for; none where it is known."""
    return likely_types(type_, known_types) if reason == "unknown_type" else ()


def _name(type_: str, reason: str, names: BoundedNames) -> str:
    """Return what an identifier type is counted under; those of the policy are few."""
    return names.counted_as(type_) if reason == "unknown_type" else type_


def _most_first(item: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    key, number = item
    return -number, key


def sentences(left_out: Sequence[LeftOutCount], unknown: Sequence[UnknownType], empty_grants: int = 0) -> list[str]:
    """Return what is to be warned of, a sentence each: grants of nothing first, then orders that count as none."""
    told = [_of_empty(empty_grants)] if empty_grants else []
    told += [_of_unknown(one) for one in unknown] + [_of_left_out(one) for one in left_out]
    more = len(told) - MOST_SENTENCES
    return told if more <= 0 else [*told[:MOST_SENTENCES], f"and {more} more; --format json has all"]


def _of_empty(grants: int) -> str:
    name = "names no purpose; it grants" if grants == 1 else "name no purpose; they grant"
    return f"{_counted(grants, 'consent')} granted {name} nothing"


def _of_unknown(one: UnknownType) -> str:
    named = "an unknown type that is not shown" if one.type == ANOTHER else f"the unknown type '{one.type}'"
    if not one.with_order:
        return f"{_counted(one.touchpoints, 'touchpoint')} of {named}: a touch of the customer, and nothing else"
    carry = "carries an order; it counts" if one.with_order == 1 else "carry an order; they count"
    known = ", ".join(ORDER_TYPES)
    return (
        f"{_counted(one.with_order, 'touchpoint')} of {named} {carry} as no purchase. Known types with orders: {known}"
    )


def _of_left_out(one: LeftOutCount) -> str:
    many = _counted(one.identifiers, "identifier")
    where = f" ({_places(one)})" if isinstance(one, LeftOutLines) else ""
    if one.reason != "unknown_type":
        return f"{many} of type '{one.type}' left out{where}: {_WHY[one.reason]}"
    named = "unknown types that are not shown" if one.type == ANOTHER else f"the unknown type '{one.type}'"
    meant = f". Known: {' or '.join(one.likely)}" if one.likely else ""
    return f"{many} of {named} left out{where}{meant}"


def _places(one: LeftOutLines) -> str:
    told = one.first_lines[:_LINES_IN_A_SENTENCE]
    more = one.lines - len(told)
    numbers = ", ".join(map(str, told)) + (f" and {more:,} more" if more else "")
    return f"{'line' if one.lines == 1 else 'lines'} {numbers}"


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"
