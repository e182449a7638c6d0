"""A drain with a bar for each stage."""

from collections.abc import Callable, Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from streams.drain import Drained, drain
from streams.lag import Lag
from streams.output import counted, show
from streams.settings import Settings
from streams.topics import Stage

_TITLES: Mapping[Stage, str] = {
    "ingest": "Ingest: source records read",
    "gather": "Gather: touchpoints folded",
    "graph": "Gather: records between partitions",
    "lake": "Lake: records written",
}


def drain_with_bars(settings: Settings, workers: int, at_rest: Callable[[], None] | None = None) -> Drained:
    """Run a drain and show how far each stage is; where standard error is no terminal, one line at the end a stage.

    ``at_rest`` is called once when nothing waits, see :func:`streams.drain.drain`.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<36}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        tasks: dict[Stage, TaskID] = {stage: progress.add_task(title, total=None) for stage, title in _TITLES.items()}
        newest: dict[Stage, tuple[int, int]] = {}

        def on_lag(lag: Lag) -> None:
            for stage, task in tasks.items():
                total = sum(part.total for part in lag.stages if part.stage == stage)
                waiting = sum(part.waiting for part in lag.stages if part.stage == stage)
                newest[stage] = (total - waiting, total)
                progress.update(task, completed=total - waiting, total=total)

        done = drain(settings, workers, on_lag, at_rest)
    if not console.is_terminal:
        show(*(f"{_TITLES[stage]:<36} {read:>9,} of {total:,}" for stage, (read, total) in newest.items()))
    return done


def outcome(done: Drained) -> str:
    """Return what a drain did as one sentence."""
    if done.touchpoints == 0:
        return "No source record was waiting when the drain began; everything is in the lake"
    rate = done.touchpoints / done.seconds
    return (
        f"Drained {counted(done.touchpoints, 'source record', 'source records')} in {done.seconds:.1f} s "
        f"({rate:,.0f}/s), with {counted(done.graph_records, 'record', 'records')} of messages between partitions; "
        "everything is in the lake"
    )
