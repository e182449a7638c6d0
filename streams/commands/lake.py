"""``onefold sql``, ``views``, ``snapshots`` and ``digest``: questions to the lake."""

from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Literal

import typer

from streams.commands.examples import add
from streams.commands.moments import moment
from streams.errors import InputError
from streams.output import Format, Rows, counted, show, write_json, write_rows
from streams.settings import load_settings

PANEL = "Answers"

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
    )
    add(app, views, PANEL, "onefold views", "onefold views attribution", "onefold views --format json")
    add(app, snapshots, PANEL, "onefold snapshots", "onefold snapshots --format csv")
    add(app, digest, PANEL, "onefold digest", "onefold digest --format json")


def sql(
    statement: Annotated[str, typer.Argument(help="One statement that reads: SELECT, FROM, DESCRIBE, SHOW ...")],
    *,
    as_of: AsOfOption = None,
    at: AtOption = None,
    form: FormatOption = "table",
) -> None:
    r"""Run one read-only SQL statement on the lake.

    [bold]table[/bold] is for eyes: a row that is wider than the terminal becomes a block of lines.

    [bold]csv[/bold] is for spreadsheets: text that one would run as a formula gets a leading apostrophe.
    Both show control and invisible characters as \x1b or \u202e.

    [bold]json[/bold] is exact: a list of objects, decimals as numbers with all digits, times in UTC, bytes in
    hexadecimal.
    """
    from sinks.query import run_sql  # noqa: PLC0415 - heavy

    statement.encode()  # raises where it is no UTF-8, of which DuckDB makes a TypeError
    found = run_sql(load_settings().home, statement, as_of, at)
    write_rows(Rows(found.columns, found.rows), form)


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
