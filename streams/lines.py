"""Lines of JSON become values to publish, or the reasons why they cannot be: what ingest would say, said before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from schemas.canonical_json import read_touchpoint
from schemas.contracts import TOUCHPOINT
from schemas.framing import Framing
from schemas.reasons import Problem, RejectedError
from schemas.records import Touchpoint
from streams.acceptance import Acceptance, Accepted
from streams.errors import InputError
from streams.ingest import MAX_ACCEPTED_BYTES, MAX_RECORD_BYTES, accepted_of, encoded
from streams.recognise import Kind, binary_kind, line_kind
from streams.records import SourceRecord, Told, told_of
from streams.topics import MAX_MESSAGE_BYTES

MAX_LINE_BYTES = MAX_MESSAGE_BYTES

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_GROWTH = 64
"""An accepted touchpoint, which names its fields, is at most so many times its record."""


class Lines(Protocol):
    """Where lines come from, such as a file that is open for reading bytes."""

    def readline(self, size: int, /) -> bytes:
        """Return the next line with its end, so much of it at most; nothing at the end of the lines."""
        ...


class Line(NamedTuple):
    """What became of one line.

    Attributes:
        number: from 1.
        size: its bytes, with the line's end.
        outcome: the value to publish, why it is refused, or None for an empty line.
        told: what of it counts for less than its source may think.
        kind: what it seems to be, where it is refused and that can be seen.
    """

    number: int
    size: int
    outcome: bytes | RejectedError | None
    told: Told | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class LineReader:
    """Reads lines of one source.

    Attributes:
        framing: how values are framed.
        source: whose touchpoints they are.
        rules: by which ingest will accept them.
        now_ms: returns the present moment in milliseconds, for that at which they will arrive.
    """

    framing: Framing
    source: str
    rules: Acceptance
    now_ms: Callable[[], int]

    def read(self, lines: Lines) -> Iterator[Line]:
        """Turn every line into the value to publish, or into the reason why it cannot be.

        A byte order mark at the beginning is passed over.

        Raises:
            InputError: the first bytes are those of a file that is no text in UTF-8.
        """
        number = 0
        while line := lines.readline(MAX_LINE_BYTES + 1):
            number += 1
            if number == 1:
                _check_text(line)
            size = len(line)
            if size > MAX_LINE_BYTES:
                size += _skip_rest(lines, line)
                expected = f"the line: expected at most {MAX_LINE_BYTES} bytes, got {size}"
                yield Line(number, size, RejectedError("too_large", expected))
                continue
            content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
            yield self._line(number, size, content) if content.strip() else Line(number, size, None)

    def _line(self, number: int, size: int, content: bytes) -> Line:
        try:
            touchpoint, accepted = self._accepted(content)
            value = self._value(touchpoint)
            self._check_growth(accepted, len(value))
        except RejectedError as error:
            return Line(number, size, error, kind=line_kind(content))
        return Line(number, size, value, told_of(accepted_of(accepted, self.source, _NOWHERE)))

    def _accepted(self, content: bytes) -> tuple[Touchpoint, Accepted]:
        found = read_touchpoint(content)
        problems = list(found.problems)
        if found.touchpoint is not None:
            try:
                accepted = self.rules.accept(found.touchpoint, self.source, self.now_ms())
            except RejectedError as error:
                problems += [problem for problem in error.problems if _top(problem) not in found.doubtful]
            except Exception as error:  # noqa: BLE001  # as in ingest: a record's boundary
                problems.append(Problem("processing_failed", f"{type(error).__name__} in the checks of the line"))
            else:
                if not problems:
                    return found.touchpoint, accepted
        raise RejectedError.of(problems)

    def _value(self, touchpoint: Touchpoint) -> bytes:
        try:
            value = self.framing.encode(TOUCHPOINT, touchpoint)
        except OverflowError:
            raise RejectedError("bad_value", "the line: a number is larger than 64 bits hold") from None
        if len(value) > MAX_RECORD_BYTES:
            expected = f"the record: expected at most {MAX_RECORD_BYTES} bytes, got {len(value)}"
            raise RejectedError("too_large", expected)
        return value

    def _check_growth(self, accepted: Accepted, size: int) -> None:
        if size * _MOST_GROWTH > MAX_ACCEPTED_BYTES:
            encoded(accepted_of(accepted, self.source, _NOWHERE))


_NOWHERE = SourceRecord("", 0, 0, 0, None, None)


def _top(problem: Problem) -> str:
    """Return the top-level field that a problem is of; what must not be measured is so by its identifiers."""
    return "identifiers" if problem.reason == "not_measured" else problem.field.split(".")[0]


def _check_text(line: bytes) -> None:
    kind = binary_kind(line)
    if kind is not None:
        raise InputError(f"the input looks like {kind.name}, and nothing of it was published. {kind.advice}")


def _skip_rest(lines: Lines, line: bytes) -> int:
    """Read on to the end of a line that is longer than memory should hold; return how many bytes that was."""
    skipped = 0
    while line and not line.endswith(b"\n"):
        line = lines.readline(MAX_LINE_BYTES)
        skipped += len(line)
    return skipped
