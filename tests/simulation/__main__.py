"""Runs many seeds, on all cores: ``make simulate SEEDS=1000``, or one with its fault log: ``SEED=642``."""

import logging
import multiprocessing
import os
import time
from collections import Counter
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.progress import track

from tests.simulation.scenario import Report, simulate

_MOST_SHOWN = 5
_SEEDS_TOGETHER = 10


def _quietly() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _show(console: Console, report: Report) -> None:
    console.print(f"seed {report.seed}: {report.seconds:.1f} virtual seconds, {report.steps:,} steps", markup=False)
    for line in report.log + [f"  PROBLEM  {problem}" for problem in report.problems]:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def main(
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds to run.")] = 1_000,
    start: Annotated[int | None, typer.Option(help="The first seed; by the clock where none is given.")] = None,
    seed: Annotated[int | None, typer.Option(help="Run this one and show what went wrong when.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Run workers in virtual time through crashes, stops and rebalances, and compare with a plain fold.

    Exits with 1 where a seed came out wrong. The same seed gives the same run as long as the code is the same.
    """
    console = Console()
    _quietly()
    if seed is not None:
        report = simulate(seed)
        _show(console, report)
        raise typer.Exit(1 if report.problems else 0)
    first = time.time_ns() // 1_000_000 if start is None else start
    began = time.monotonic()
    faults: Counter[str] = Counter()
    wrong: list[Report] = []
    steps = 0
    with multiprocessing.Pool(jobs, _quietly) as pool:
        reports = pool.imap_unordered(simulate, range(first, first + seeds), _SEEDS_TOGETHER)
        for report in track(reports, "Simulating", total=seeds, console=console):
            faults += report.faults
            steps += report.steps
            if report.problems:
                wrong.append(report)
    for report in wrong[:_MOST_SHOWN]:
        _show(console, report)
    told = ", ".join(f"{number:,} {kind}" for kind, number in sorted(faults.items()))
    rate = seeds / (time.monotonic() - began) * 60
    console.print(f"{seeds:,} seeds from {first}, {steps:,} steps, {rate:,.0f} seeds a minute; faults: {told}")
    console.print(f"{len(wrong):,} came out wrong" + (f": {sorted(report.seed for report in wrong)}" if wrong else ""))
    raise typer.Exit(1 if wrong else 0)


if __name__ == "__main__":
    typer.run(main)
