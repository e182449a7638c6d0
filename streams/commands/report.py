"""``onefold report`` and ``attribution``: the figures of the lake on a page, and all models side by side."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from streams.commands.examples import add
from streams.commands.lake import PANEL, AsOfOption, AtOption, FormatOption
from streams.errors import InputError
from streams.output import Rows, complain, counting, json_text, write_rows
from streams.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add(
        app,
        report,
        PANEL,
        "onefold report",
        "onefold report --at 2026-07-04 --out july.html",
        "onefold report --format json --out july.json",
    )
    add(
        app,
        attribution,
        PANEL,
        "onefold attribution",
        "onefold attribution --measure revenue --format csv",
        "onefold attribution --model markov --at 2026-07-04",
    )


def report(
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="Where it is written.", show_default="report.html or report.json", dir_okay=False),
    ] = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    form: Annotated[Literal["html", "json"], typer.Option("--format", help="How it is written.")] = "html",
) -> None:
    """Write the figures of the lake on one page: value, campaigns, journeys, service, consent, segments and reach.

    The page needs no network and no other file. It holds sums over people, and nothing that names one of them. Each
    chart says what it shows, and its numbers are in a table below it.
    """
    from sinks.report.figures import STEPS, make_report  # noqa: PLC0415 - heavy
    from sinks.report.page import html_page  # noqa: PLC0415 - heavy

    path = out or Path(f"report.{form}")
    if not path.parent.is_dir():
        raise InputError(f"{path} cannot be written: there is no folder {path.parent}; name another file by --out")
    with counting("Asking the views", STEPS) as advance:
        made = make_report(load_settings().home, as_of, at, advance)
    text = html_page(made) if form == "html" else json_text(_as_json(asdict(made))) + "\n"
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}; name another file by --out") from error
    complain(f"Written: {path}")


def _as_json(made: dict[str, object]) -> dict[str, object]:
    """Return a report without its charts."""
    figures = [{name: part for name, part in one.items() if name != "chart"} for one in made["figures"]]  # type: ignore[attr-defined]
    return {**made, "figures": figures}


def attribution(
    *,
    model: Annotated[
        Literal["all", "first", "last", "linear", "position_based", "time_decay", "shapley", "markov"],
        typer.Option(help="One model, with all that it credits; or all side by side."),
    ] = "all",
    measure: Annotated[
        Literal["conversions", "revenue", "new_customers"], typer.Option(help="What is shown of all models.")
    ] = "conversions",
    at: AtOption = None,
    as_of: AsOfOption = None,
    form: FormatOption = "table",
) -> None:
    """Show what each channel and campaign is credited for, by all models of attribution side by side.

    Markov is the removal effect in a chain of the first order (Anderl and others, 2016); the others are those of the
    view attribution.
    """
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy
    from sinks.report.models import credits_by_model, side_by_side  # noqa: PLC0415 - heavy

    with open_lake_reader(load_settings().home, as_of, at) as reader:
        credited = credits_by_model(reader)
    if model == "all":
        columns, rows = side_by_side(credited, "revenue_base" if measure == "revenue" else measure)
    else:
        columns = credited[0]._fields[1:] if credited else ()
        rows = [one[1:] for one in credited if one.model == model]
    write_rows(Rows(columns, _rounded(rows)), form)


def _rounded(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Return rows with shares to six digits: what is beyond is noise of adding them."""
    return [tuple(round(value, 6) if isinstance(value, float) else value for value in row) for row in rows]
