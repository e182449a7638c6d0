r"""What the command line writes: rows as table, JSON or CSV, one object as JSON, and how far a long task is.

Customers' text is foreign text. In tables and CSV, control characters, line breaks and invisible signs are shown as
``\x1b``, ``\n`` or ``\u202e``; CSV is made harmless for spreadsheets besides. JSON escapes them its own way and is
the exact form: decimals are written as numbers with all their digits, times as ISO 8601 in UTC, bytes in hexadecimal.
"""

import csv
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, NamedTuple, TextIO

import msgspec
from rich import box
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

Format = Literal["table", "json", "csv"]
"""How rows are written."""

_WIDEST = 10_000_000
"""Columns of a table that is written to a file and so never wraps."""
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20]")
_SIGNED_NUMBER = re.compile(r"[+-]\d+(\.\d+)?")


class Rows(NamedTuple):
    """Named columns and rows of Python values."""

    columns: Sequence[str]
    rows: Iterable[Sequence[object]]


def printable(text: object) -> str:
    """Return a text with every sign that does not show, or that steers a terminal, written as an escape."""
    return _escaped(str(text), _python_escape)


def json_text(value: object) -> str:
    """Return a value as JSON on one line.

    Times without a zone are UTC, as all times of the lake are. NaN and the infinities, which JSON lacks, are null.
    """
    return _escaped(_ENCODER.encode(_plain(value)).decode(), lambda sign: json.dumps(sign)[1:-1])


def write_json(value: object) -> None:
    """Write one object, indented."""
    sys.stdout.write(_escaped(msgspec.json.format(json_text(value), indent=2), _json_escape) + "\n")


def write_rows(found: Rows, form: Format) -> None:
    """Write rows to standard output.

    A table that is wider than the terminal is written as one block a row. Two columns of one name are told apart in
    JSON by a number. A CSV text that a spreadsheet would run as a formula gets a leading apostrophe; signed numbers,
    such as telephone numbers, do not.
    """
    writers: Mapping[Format, Callable[[Rows, TextIO], None]] = {
        "table": _write_table,
        "json": _write_json_rows,
        "csv": _write_csv,
    }
    writers[form](found, sys.stdout)


def figures(heading: str, *units: str, of: Iterable[tuple[str, *tuple[int, ...]]]) -> Table:
    """Return a table of numbers for :func:`show`.

    Args:
        heading: what the rows are named by.
        units: what each number counts.
        of: the rows, a name and its numbers each.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(heading)
    for unit in units:
        table.add_column(unit, justify="right")
    for name, *numbers in of:
        table.add_row(Text(printable(name)), *(f"{number:,}" for number in numbers))
    return table


def show(*parts: RenderableType) -> None:
    """Write lines of rich's markup, or parts made with rich, to standard output; plain where that is no terminal."""
    console = Console(highlight=False)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str))


def complain(sentence: object) -> None:
    """Write a line to standard error."""
    lines = str(sentence).split("\n")
    sys.stderr.write("\n".join(printable(line) for line in lines) + "\n")


@contextmanager
def counting(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many things are done on standard error; yields what to call with the number newly done."""
    columns = (MofNCompleteColumn(), TimeElapsedColumn())
    with _progress(title, total, columns) as advance:
        yield advance


@contextmanager
def reading(title: str, total_bytes: int | None) -> Iterator[Callable[[int], None]]:
    """Show how much is read on standard error; yields what to call with the bytes newly read. None: size unknown."""
    columns = (DownloadColumn(), TransferSpeedColumn())
    with _progress(title, total_bytes, columns) as advance:
        yield advance


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """Show that something is under way on standard error, where that is a terminal."""
    with Console(stderr=True).status(title):
        yield


@contextmanager
def _progress(title: str, total: int | None, columns: Sequence[ProgressColumn]) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    if not console.is_terminal:
        complain(f"{title} ...")
        yield lambda _: None
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), *columns, console=console) as progress:
        task = progress.add_task(title, total=total)
        yield lambda newly: progress.advance(task, newly)
        progress.update(task, total=progress.tasks[0].completed)


def _escaped(text: str, escape: Callable[[str], str]) -> str:
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or unicodedata.category(sign) == "Zs" else escape(sign) for sign in text)


def _python_escape(sign: str) -> str:
    return _SHORT_ESCAPES.get(sign) or sign.encode("unicode_escape").decode()


def _json_escape(sign: str) -> str:
    return sign if sign == "\n" else json.dumps(sign)[1:-1]


def _plain(value: object) -> object:
    """Return a value with what JSON has no form for replaced by its text; what is left msgspec knows to write."""
    match value:
        case datetime():
            moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            plain: object = moment.isoformat().replace("+00:00", "Z")
        case bytes():
            plain = value.hex()
        case Mapping():
            plain = {_key(key): _plain(part) for key, part in value.items()}
        case list() | tuple():
            plain = [_plain(part) for part in value]
        case _:
            plain = value
    return plain


def _key(key: object) -> str:
    return key if isinstance(key, str) else json_text(key).strip('"')


def _write_json_rows(found: Rows, out: TextIO) -> None:
    names = _distinct(found.columns)
    before = "["
    for row in found.rows:
        out.write(f"{before}\n{json_text(dict(zip(names, row, strict=True)))}")
        before = ","
    out.write("[]\n" if before == "[" else "\n]\n")


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the names with a number added to those that came before."""
    taken: set[str] = set()
    distinct = []
    for name in names:
        number, unique = 0, name
        while unique in taken:
            number += 1
            unique = f"{name}_{number}"
        taken.add(unique)
        distinct.append(unique)
    return distinct


def _write_csv(found: Rows, out: TextIO) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_harmless(name) for name in found.columns])
    writer.writerows([_csv_cell(value) for value in row] for row in found.rows)


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _harmless(value)
    return _text(value)


def _harmless(text: str) -> str:
    shown = printable(text)
    return f"'{shown}" if _FORMULA.match(shown) and not _SIGNED_NUMBER.fullmatch(shown) else shown


def _text(value: object) -> str:
    """Return a value that is no text: a number or time as in JSON, a structure as JSON."""
    if isinstance(value, float):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    plain = json_text(value)
    return plain[1:-1] if plain.startswith('"') else plain


def _write_table(found: Rows, out: TextIO) -> None:
    rows = list(found.rows)
    cells = [[_table_cell(value) for value in row] for row in rows]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, name in enumerate(found.columns):
        numbers = all(_is_number(row[place]) for row in rows)
        table.add_column(Text(printable(name)), justify="right" if numbers else "left", no_wrap=True)
    for row in cells:
        table.add_row(*row)
    console = Console(file=out, highlight=False)
    width = console.measure(table, options=console.options.update(max_width=_WIDEST)).maximum
    if not console.is_terminal:
        console.width = max(width, console.width)
    if width <= console.width:
        console.print(table)
    else:
        _write_blocks(found.columns, cells, console)
    console.print(Text(counted(len(rows), "row", "rows"), style="dim"))


def _write_blocks(columns: Sequence[str], cells: Sequence[Sequence[Text]], console: Console) -> None:
    for number, row in enumerate(cells, start=1):
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, cell in zip(columns, row, strict=True):
            grid.add_row(Text(printable(name)), cell)
        console.print(Rule(f"row {number}", align="left", style="dim"), grid)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def _table_cell(value: object) -> Text:
    if value is None:
        return Text("")
    if isinstance(value, str):
        return Text(printable(value))
    if isinstance(value, Decimal) and value.is_finite():
        return Text(amount(value))
    if isinstance(value, datetime):
        return Text(str(value))
    return Text(_text(value))


def counted(number: int, one: str, many: str) -> str:
    """Return a number with what it counts, called ``one`` or ``many``."""
    return f"{number:,} {one if number == 1 else many}"


def amount(value: Decimal) -> str:
    """Return a decimal with the digits it has, and at least two after the point where it has a fraction at all."""
    whole, point, fraction = format(value, "f").partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<2}" if point else whole
