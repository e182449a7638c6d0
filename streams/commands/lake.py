"""``onefold sql``, ``views``, ``snapshots`` and ``digest``: questions to the lake."""

import re
from datetime import datetime
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.commands.examples import add
from streams.commands.moments import moment
from streams.errors import InputError
from streams.output import Format, Rows, complain, counted, show, write_json, write_rows
from streams.settings import SIZE, load_settings, mask_key

if TYPE_CHECKING:
    from sinks.limits import Found, Limits
    from sinks.reader import LakeReader
    from streams.settings import Settings

PANEL = "Answers"
_MOST_ROWS = 1_000

FormatOption = Annotated[Format, typer.Option("--format", help="How rows are written.")]
AtOption = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        help="The moment that views reckon from: what had happened by then. UTC unless it names a zone.",
        parser=moment,
        metavar="TIME",
        show_default="now",
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        help="Ask a past state: a snapshot's version, or a time such as 2026-03-01T12:00:00 (UTC).",
        metavar="TIME|VERSION",
        show_default="now",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add(
        app,
        sql,
        PANEL,
        'onefold sql "SELECT * FROM customers LIMIT 5"',
        'onefold sql "SELECT * FROM value_by_acquiring_channel" --format csv',
        'onefold sql "SELECT count(*) FROM customers" --as-of 2026-03-01',
        'onefold sql "SELECT * FROM segments" --at 2026-07-01',
        'onefold sql "SHOW TABLES"',
        "onefold sql \"SELECT * FROM customers_personal WHERE last_name = 'Lund'\" --personal",
    )
    add(app, views, PANEL, "onefold views", "onefold views attribution", "onefold views --format json")
    add(app, snapshots, PANEL, "onefold snapshots", "onefold snapshots --format csv")
    add(app, digest, PANEL, "onefold digest", "onefold digest --format json")


def _size(text: str) -> str:
    if not re.fullmatch(SIZE, text):
        raise InputError("--memory: expected a size like 500MB or 4GB")
    return text


def sql(  # noqa: PLR0913  # options
    statement: Annotated[str, typer.Argument(help="One statement that reads: SELECT, FROM, DESCRIBE, SHOW ...")],
    *,
    personal: Annotated[
        bool, typer.Option("--personal", help="Show personal data as it is; masked unless this is said.")
    ] = False,
    as_of: AsOfOption = None,
    at: AtOption = None,
    form: FormatOption = "table",
    timeout: Annotated[
        float | None,
        typer.Option(help="Stop the query after so many seconds.", min=0.001, show_default="ONEFOLD_QUERY_SECONDS, 60"),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="Memory of the query, such as 4GB; what needs more goes to the disk.",
            parser=_size,
            metavar="SIZE",
            show_default="ONEFOLD_QUERY_MEMORY, 1GB",
        ),
    ] = None,
) -> None:
    r"""Run one read-only SQL statement on the lake; personal data is masked unless asked for.

    A masked value is *** and 16 hexadecimal digits: equal values have equal masks, to count and join by. With
    [bold]--personal[/bold] all is shown as it is, EXPLAIN, AT (VERSION => n) and files of the lake too.

    [bold]table[/bold] is for eyes: the first 1,000 rows; a row that is wider than the terminal becomes a block of
    lines.

    [bold]csv[/bold] is for spreadsheets: text that one would run as a formula gets a leading apostrophe.
    Both show control and invisible characters as \x1b or \u202e.

    [bold]json[/bold] is exact: a list of objects, decimals as numbers with all digits, times in UTC, bytes in
    hexadecimal.

    A query that takes more than its time, its memory and the disk of ONEFOLD_QUERY_SPILL (2GB) is stopped: exit code 2.
    """
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy

    statement.encode()  # raises where it is no UTF-8, of which DuckDB makes a TypeError
    settings = load_settings()
    limits = query_limits(settings, timeout, memory)
    with open_lake_reader(settings.home, as_of, at, limits) as reader:
        answer = _clear(reader, statement) if personal else _masked(settings, reader, statement)
        rows = answer.rows()
        if form != "table":
            write_rows(Rows(answer.columns, rows), form)
            return
        write_rows(Rows(answer.columns, islice(rows, _MOST_ROWS)), form)
        if next(rows, None) is not None:
            complain(f"These are the first {_MOST_ROWS:,} rows; --format csv or json writes all.")


def _clear(reader: "LakeReader", statement: str) -> "Found":
    from sinks.query import ask_clear  # noqa: PLC0415 - heavy

    return ask_clear(reader, statement)


def _masked(settings: "Settings", reader: "LakeReader", statement: str) -> "Found":
    from sinks.masked import ask_masked  # noqa: PLC0415 - heavy

    return ask_masked(reader, mask_key(settings), statement)


def query_limits(settings: "Settings", seconds: float | None = None, memory: str | None = None) -> "Limits":
    """Return what a query may take: what was said, else what the settings say."""
    from sinks.limits import Limits  # noqa: PLC0415 - heavy

    more = "The options --timeout and --memory and the setting ONEFOLD_QUERY_SPILL"
    return Limits(seconds or settings.query_seconds, memory or settings.query_memory, settings.query_spill, more)


def views(
    name: Annotated[str | None, typer.Argument(help="A view: its columns.", show_default="all views")] = None,
    *,
    form: FormatOption = "table",
) -> None:
    """List the views of the lake, or the columns of one.

    Every view has an as-of form: onefold sql --as-of asks what was known then, --at what had happened by then.
    """
    from profiles.policy_file import default_profile_policy  # noqa: PLC0415 - heavy
    from sinks.views import all_views  # noqa: PLC0415 - heavy

    known = {view.name: view for view in all_views(default_profile_policy())}
    if name is None:
        write_rows(Rows(("view", "what a row is"), [(view.name, view.doc) for view in known.values()]), form)
    elif name in known:
        write_rows(Rows(("column", "meaning"), list(known[name].columns.items())), form)
    else:
        near = ", ".join(get_close_matches(name, known))
        meant = f"did you mean {near}?" if near else "expected one of those that 'onefold views' lists"
        raise InputError(f"there is no view {name!r}; {meant}")


def snapshots(*, form: FormatOption = "table") -> None:
    """List the past states of the lake that --as-of can ask for, from old to new."""
    from sinks import query  # noqa: PLC0415 - heavy

    found = query.snapshots(load_settings().home)
    rows = [(snapshot.version, snapshot.committed_at) for snapshot in found]
    write_rows(Rows(("version", "committed_at"), rows), form)


def digest(
    *,
    as_of: AsOfOption = None,
    form: Annotated[Literal["table", "json"], typer.Option("--format", help="How it is written.")] = "table",
) -> None:
    """Print one hash of all people: equal digests mean equal results.

    It covers ids, identifiers and profiles, but no revisions, no processing times and no physical order.
    """
    from sinks.digest import people_digest  # noqa: PLC0415 - heavy

    found = people_digest(load_settings().home, as_of)
    if form == "json":
        write_json({"digest": found.hex, "people": found.people, "identifiers": found.identifiers})
    else:
        people = counted(found.people, "person", "people")
        show(f"{found.hex}  {people}, {counted(found.identifiers, 'identifier', 'identifiers')}")
