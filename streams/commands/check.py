"""``onefold check``: whether everything is as it must be."""

from dataclasses import asdict
from typing import Annotated

import typer

from streams.commands.examples import add
from streams.output import Format, Rows, write_json, write_rows
from streams.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, check, "Broker", "onefold check", "onefold check --format json")


def check(*, form: Annotated[Format, typer.Option("--format", help="How it is written.")] = "table") -> None:
    """Look whether broker, topics, clock, keys and formats are as they must be.

    Workers and sinks look by themselves when they start. Writes some records to the topic onefold.probe. Where
    something must be mended before anything can start, the exit code is 2.
    """
    from streams.checks import findings, refuse  # noqa: PLC0415 - heavy
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy

    found = findings(with_broker(load_settings()))
    if form == "json":
        write_json([asdict(finding) for finding in found])
    else:
        columns = ("check", "verdict", "where", "expected", "found", "remedy")
        write_rows(Rows(columns, [[getattr(finding, column) for column in columns] for finding in found]), form)
    refuse(found)
