"""``onefold publish``: your own touchpoints, one JSON object a line."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

import typer

from streams.commands.examples import add
from streams.commands.stopping import stoppable
from streams.errors import InputError, StreamsError
from streams.output import complain, counted, json_text, reading, show
from streams.settings import load_settings

if TYPE_CHECKING:
    from schemas.reasons import RejectedError
    from streams.publish import LooksLike, PublishedLines

AnswerForm = Literal["text", "json"]
"""How the answer is written."""

MOST_LINES = 50
"""So many refused lines, or rows of such lines, are told in text."""

_STANDARD_INPUT = "-"
_GIVEN_UP = "stopped before it was known what of it was published; publishing all of it again does no harm"


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(
        app,
        publish,
        "Data in",
        "onefold publish crm customers.ndjson",
        "gunzip -c clicks.ndjson.gz | onefold publish web -",
    )


def publish(
    source: Annotated[
        str, typer.Argument(help="web, mobile, store, call, email, paid, social, partner or crm.", show_default=False)
    ],
    file: Annotated[str, typer.Argument(help="File with one JSON touchpoint a line; - is standard input.")],
    form: Annotated[
        AnswerForm, typer.Option("--format", help="text: in sentences, bounded; json: one object with every problem.")
    ] = "text",
) -> None:
    """Publish a file of touchpoints, one canonical JSON object a line.

    A line looks like this: {"event_id": "1", "event_time": "2026-03-01T12:00:00Z", "type": "login", "identifiers":
    [{"type": "email", "value": "ann@example.com"}]}

    A line that does not fit is reported with its number and all that is wrong with it, never with its values; the rest
    goes on, and the exit code is 1 at the end. Lines are checked as ingest checks them, so what is published is
    accepted. What counts for less than you may think is warned of: identifiers that are left out, types that mean
    nothing, above all where they carry an order. Publishing a file again does no harm: a touchpoint counts once by its
    event_id.

    Ctrl-C ends the reading: lines read before are published and told, and the exit code is 130. A second one ends that.
    """
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.publish import check_source, publish_lines  # noqa: PLC0415 - heavy

    check_source(source)
    answer = _ANSWERS[form]()
    with _opened(file) as (opened, total_bytes), stoppable(opened) as lines:
        try:
            settings = with_broker(load_settings())
            with reading(f"Publishing to {source}", total_bytes) as on_progress:
                done = publish_lines(settings, source, lines, answer.refused, on_progress)
        except KeyboardInterrupt:
            answer.give_up(has_begun=lines.has_begun)
            raise
        except StreamsError as error:
            answer.fail(error)
            raise
    answer.end(done, was_stopped=lines.was_stopped)
    if lines.was_stopped:
        raise KeyboardInterrupt
    if done.refused:
        raise typer.Exit(1)


class _Text:
    """Answers in sentences: the first refused lines on standard error, then the numbers, then the warnings.

    Lines in a row that are no JSON are told by the first of them, and where they end.
    """

    def __init__(self) -> None:
        self._sentences = self._left = 0
        self._last: tuple[int, str] | None = None
        self._alike = 0

    def refused(self, number: int, error: "RejectedError") -> None:
        said = str(error).partition(", got ")[0] if error.reason == "undecodable" else ""
        if said and self._last == (number - 1, said):
            self._alike += 1
        else:
            self._end_row()
            self._tell(f"line {number}: {error}", 1)
        self._last = number, said

    def _end_row(self) -> None:
        """Tell of the lines that were like the one before them."""
        if self._last is not None and self._alike:
            end = self._last[0]
            lines = f"line {end}" if self._alike == 1 else f"lines {end - self._alike + 1} to {end}"
            self._tell(f"{lines}: the same", self._alike)
        self._alike = 0

    def _tell(self, sentence: str, lines: int) -> None:
        if self._sentences < MOST_LINES:
            self._sentences += 1
            complain(sentence)
        else:
            self._left += lines

    def end(self, done: "PublishedLines", *, was_stopped: bool) -> None:
        from streams.tally import sentences  # noqa: PLC0415 - heavy

        self._end_row()
        if self._left:
            reasons = ", ".join(f"{number:,} {reason}" for reason, number in done.reasons.items())
            complain(f"and {counted(self._left, 'line', 'lines')} more (of all: {reasons}); --format json has all")
        if was_stopped:
            complain(f"{done.published:,} published before you stopped, {done.refused:,} refused")
        else:
            show(f"{done.published:,} published, {done.refused:,} refused")
        for kind in done.looks_like:
            complain(f"{_looking_like(kind)}. {kind.advice}")
        for sentence in sentences(done.left_out, done.unknown_types, done.empty_grants):
            complain(f"warning: {sentence}")

    def give_up(self, *, has_begun: bool) -> None:
        complain(_GIVEN_UP if has_begun else "nothing was published before you stopped")

    def fail(self, error: StreamsError) -> None:
        """Leave the sentence to the end of the program."""


def _looking_like(kind: "LooksLike") -> str:
    if kind.lines == 1:
        return f"line {kind.first_line} looks like {kind.what}"
    return f"{kind.lines:,} lines look like {kind.what}, the first of them line {kind.first_line}"


class _Json:
    """Answers with one object on standard output; problems are written as they come, so that none need be kept."""

    def __init__(self) -> None:
        self._separator = '{"problems": ['

    def refused(self, number: int, error: "RejectedError") -> None:
        for problem in error.problems:
            self._write(json_text({"line": number, **problem._asdict()}))

    def _write(self, text: str) -> None:
        sys.stdout.write(f"{self._separator}\n{text}")
        self._separator = ","

    def end(self, done: "PublishedLines", *, was_stopped: bool) -> None:
        self._close({"interrupted": was_stopped, **asdict(done)})

    def give_up(self, *, has_begun: bool) -> None:
        self._close({"interrupted": True, "published": None if has_begun else 0})

    def fail(self, error: StreamsError) -> None:
        if self._separator == ",":  # else nothing is written yet
            self._close({"interrupted": False, "published": None, "error": str(error)})

    def _close(self, rest: Mapping[str, object]) -> None:
        begun = "\n]" if self._separator == "," else f"{self._separator}]"
        sys.stdout.write(f"{begun}, {json_text(rest)[1:]}\n")


_ANSWERS: "Mapping[AnswerForm, type[_Text | _Json]]" = {"text": _Text, "json": _Json}


@contextmanager
def _opened(file: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a file or standard input, and tell its size where it has one."""
    if file == _STANDARD_INPUT:
        if sys.stdin is None:
            raise InputError("standard input cannot be read: it is closed")
        yield sys.stdin.buffer, None
        return
    path = Path(file)
    try:
        lines = path.open("rb")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None
    with lines:
        yield lines, path.stat().st_size if path.is_file() else None
