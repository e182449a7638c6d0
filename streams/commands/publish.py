"""``onefold publish``: your own touchpoints, one JSON object a line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from streams.commands.examples import add
from streams.errors import InputError
from streams.output import complain, reading, show
from streams.settings import load_settings

if TYPE_CHECKING:
    from schemas.reasons import RejectedError

_STANDARD_INPUT = "-"


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
) -> None:
    """Publish a file of touchpoints, one canonical JSON object a line.

    A line looks like this: {"event_id": "1", "event_time": "2026-03-01T12:00:00Z", "type": "login", "identifiers":
    [{"type": "email", "value": "ann@example.com"}]}

    A line that does not fit is reported with its number and the reason, never with its values; the rest goes on, and
    the exit code is 1 at the end. Publishing a file again does no harm: a touchpoint counts once by its event_id.
    """
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.publish import check_source, publish_lines  # noqa: PLC0415 - heavy

    check_source(source)
    with _opened(file) as (lines, total_bytes):
        settings = with_broker(load_settings())
        with reading(f"Publishing to {source}", total_bytes) as on_progress:
            done = publish_lines(settings, source, lines, _report, on_progress)
    show(f"{done.published:,} published, {done.refused:,} refused")
    if done.refused:
        raise typer.Exit(1)


def _report(number: int, error: "RejectedError") -> None:
    complain(f"line {number}: {error}")


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
