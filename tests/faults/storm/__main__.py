"""Runs seeds on real processes until the time is over, ``make faults``, or one of them: ``make faults SEED=7``."""

import json
import shutil
import signal
import tempfile
import time
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.faults.storm.oracle import UnfitWorldError
from tests.faults.storm.plan import KINDS, Kind, Size
from tests.faults.storm.run import Report, storm

_MOST_SHOWN = 20
_INTERRUPTED = 130


class Format(StrEnum):
    """How the outcome is told."""

    TEXT = "text"
    JSON = "json"


def _sizes(faults: int, events: int, workers: int, kinds: str) -> Size:
    chosen: tuple[Kind, ...] = tuple(kind for kind in KINDS if not kinds or kind in kinds.split(","))
    unknown = set(filter(None, kinds.split(","))) - set(KINDS)
    if unknown:
        raise typer.BadParameter(f"{sorted(unknown)}: expected some of {', '.join(KINDS)}")
    return Size(events, workers, faults, chosen)


def _one(seed: int, size: Size, console: Console) -> Report:
    """Run a seed in a folder of its own, which is kept where something is wrong."""
    home = Path(tempfile.mkdtemp(prefix=f"onefold-faults-{seed}-"))
    is_kept = True
    try:
        with Progress(console=console, transient=True) as progress:
            bar = progress.add_task(f"seed {seed}", total=1.0)
            report = storm(
                seed,
                size,
                home,
                on_step=lambda done, what: progress.update(bar, completed=done, description=f"seed {seed}: {what}"),
            )
        is_kept = bool(report.differences)
    except (KeyboardInterrupt, UnfitWorldError):
        is_kept = False
        raise
    finally:
        if not is_kept:
            shutil.rmtree(home)
    if is_kept:
        console.print(f"all of it is in {home}", markup=False, highlight=False, soft_wrap=True)
    return report


def _show(console: Console, report: Report) -> None:
    figures = ", ".join(f"{number:,} {what}" for what, number in report.figures.items())
    console.print(
        f"seed {report.seed}: {report.seconds:.0f} s; {figures}", markup=False, highlight=False, soft_wrap=True
    )
    if report.differences:
        for line in report.log:
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    for one in report.differences[:_MOST_SHOWN]:
        told = f"  WRONG  {one.where}: expected {one.expected}, found {one.found}"
        console.print(told, markup=False, highlight=False, soft_wrap=True)
    if len(report.differences) > _MOST_SHOWN:
        console.print(f"  and {len(report.differences) - _MOST_SHOWN:,} more")


def _summary(reports: list[Report]) -> Table:
    table = Table(title=f"{len(reports):,} seeds, {sum(bool(one.differences) for one in reports):,} came out wrong")
    table.add_column("fault")
    table.add_column("times", justify="right")
    table.add_column("in seeds that came out wrong", justify="right")
    total: Counter[str] = sum((one.faults for one in reports), Counter())
    wrong: Counter[str] = sum((one.faults for one in reports if one.differences), Counter())
    for kind, times in sorted(total.items()):
        table.add_row(kind, f"{times:,}", f"{wrong[kind]:,}")
    return table


def _end(*_: object) -> None:
    raise KeyboardInterrupt


def main(  # noqa: PLR0913  # options
    *,
    seed: Annotated[int | None, typer.Option(help="Run this one and tell its fault log.")] = None,
    start: Annotated[int | None, typer.Option(help="The first seed; by the clock where none is given.")] = None,
    duration: Annotated[float, typer.Option(min=1, help="Seconds after which no other seed is begun.")] = 3_600,
    faults: Annotated[int, typer.Option(min=0, help="How many times something goes wrong in a seed.")] = 20,
    kinds: Annotated[str, typer.Option(help=f"What may go wrong, with commas between: {', '.join(KINDS)}.")] = "",
    events: Annotated[int, typer.Option(min=1, help="Touchpoints in a seed.")] = 5_000,
    workers: Annotated[int, typer.Option(min=1, max=8, help="Worker processes, as a rule.")] = 3,
    output: Annotated[Format, typer.Option("--format", help="How to tell the outcome.")] = Format.TEXT,
) -> None:
    """Have real brokers, workers and sinks killed, stopped and damaged under load, and compare with a plain fold.

    Exits with 1 where a seed came out wrong; everything it left is kept in a folder then. A seed decides what goes
    wrong when and what is published, so it can be repeated. The moments at which processes do what are not in its hand:
    a run is like another one of the same seed, not the same.
    """
    console = Console(stderr=output is Format.JSON)
    signal.signal(signal.SIGTERM, _end)
    size = _sizes(faults, events, workers, kinds)
    number = seed if seed is not None else (time.time_ns() // 1_000_000 if start is None else start)
    reports: list[Report] = []
    until = time.monotonic() + duration
    is_interrupted = False
    try:
        while not reports or (seed is None and time.monotonic() < until):
            try:
                reports.append(_one(number, size, console))
            except UnfitWorldError as error:
                console.print(f"seed {number} is left out: {error}", markup=False, highlight=False, soft_wrap=True)
                if seed is not None:
                    break
            else:
                _show(console, reports[-1])
            number += 1
    except KeyboardInterrupt:
        is_interrupted = True
    if seed is not None and reports and not reports[0].differences:
        for line in reports[0].log:
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    console.print(_summary(reports))
    if output is Format.JSON:
        print(json.dumps([report.as_json() for report in reports], indent=1))  # noqa: T201  # what was asked for
    code_if_right = _INTERRUPTED if is_interrupted else 0
    raise typer.Exit(1 if any(report.differences for report in reports) else code_if_right)


if __name__ == "__main__":
    typer.run(main)
