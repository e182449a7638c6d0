"""Throughput: how fast what lies in the source topics comes to lie in the lake, stage by stage."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

from benchmarks.preload import Preloaded
from benchmarks.sampling import Sampler
from sinks.reader import open_lake_reader
from streams.lag import Lag, LagReader
from streams.processes import Processes
from streams.settings import Settings
from streams.topics import Stage

STAGES: tuple[Stage, ...] = get_args(Stage)
_MILLION = 1_000_000
_LOOK_SECONDS = 1.0  # a look costs CPU time that the processes then lack


@dataclass(frozen=True, slots=True)
class Look:
    """The lag at one time.

    Attributes:
        at: reading of ``time.monotonic`` when the look began.
        done: records done by stage.
        waiting: records that wait by stage.
    """

    at: float
    done: dict[Stage, int]
    waiting: dict[Stage, int]


@dataclass(frozen=True, slots=True)
class StageSpeed:
    """One stage, from the last look before its first progress to the first look from which nothing waited.

    Attributes:
        stage: which.
        records: how many it worked off.
        seconds: how long that took.
        per_second: records a second.
    """

    stage: Stage
    records: int
    seconds: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """The whole way.

    Attributes:
        seconds: from the first record consumed to the last one in the lake.
        startup_seconds: from the start of the processes to the first record consumed.
        touchpoints_per_second: usable touchpoints, each once, by these seconds.
        records_per_second: duplicates and rejects included.
        stages: in the order of the flow.
        cpu_seconds: by process within these seconds; of everything else on the machine, ``others``.
        cpu_seconds_per_million: by process, for a million touchpoints.
        rss_peak_mib: by process.
        in_lake: touchpoints, dead letters and active customers found in the lake in the end.
        all_accounted: whether every record published is in the lake or was there before.
    """

    seconds: float
    startup_seconds: float
    touchpoints_per_second: float
    records_per_second: float
    stages: list[StageSpeed]
    cpu_seconds: dict[str, float]
    cpu_seconds_per_million: dict[str, float]
    rss_peak_mib: dict[str, int]
    in_lake: dict[str, int]
    all_accounted: bool


def measure_throughput(
    settings: Settings,
    preloaded: Preloaded,
    children: Processes,
    sampler: Sampler,
    on_progress: Callable[[Look], None],
) -> Throughput:
    """Watch the processes, just started, until nothing waits any more.

    Raises:
        WorkerError: one of them ended.
    """
    started = time.monotonic()
    looks = _watch(settings, children, on_progress)
    speeds = [stage_speed(stage, looks) for stage in STAGES]
    start, end = _bounds("ingest", looks)[0], _bounds("lake", looks)[1]
    seconds = end - start
    cpu = sampler.cpu_seconds(start, end)
    in_lake = _in_lake(settings)
    return Throughput(
        seconds=round(seconds, 2),
        startup_seconds=round(start - started, 2),
        touchpoints_per_second=round(preloaded.touchpoints / seconds),
        records_per_second=round(preloaded.records / seconds),
        stages=speeds,
        cpu_seconds=cpu,
        cpu_seconds_per_million={name: round(used * _MILLION / preloaded.touchpoints, 1) for name, used in cpu.items()},
        rss_peak_mib=sampler.rss_peaks(),
        in_lake=in_lake,
        all_accounted=(in_lake["touchpoints"], in_lake["dead_letters"]) == (preloaded.touchpoints, preloaded.rejects),
    )


def stage_speed(stage: Stage, looks: Sequence[Look]) -> StageSpeed:
    """Return how fast a stage was."""
    start, end = _bounds(stage, looks)
    records = looks[-1].done[stage] - looks[0].done[stage]
    seconds = end - start
    return StageSpeed(stage, records, round(seconds, 2), round(records / seconds) if seconds > 0 else 0)


def _watch(settings: Settings, children: Processes, on_progress: Callable[[Look], None]) -> list[Look]:
    reader = LagReader(settings)
    looks: list[Look] = []
    ends = None
    while True:
        children.check()
        at = time.monotonic()
        lag = reader.read()
        looks.append(_look(at, lag))
        on_progress(looks[-1])
        if lag.waiting == 0:
            if lag.ends == ends:
                return looks
            ends = lag.ends
        time.sleep(max(0.0, at + _LOOK_SECONDS - time.monotonic()))


def _look(at: float, lag: Lag) -> Look:
    waiting = {stage: sum(part.waiting for part in lag.stages if part.stage == stage) for stage in STAGES}
    totals = {stage: sum(part.total for part in lag.stages if part.stage == stage) for stage in STAGES}
    return Look(at, {stage: totals[stage] - waiting[stage] for stage in STAGES}, waiting)


def _bounds(stage: Stage, looks: Sequence[Look]) -> tuple[float, float]:
    """Return when a stage began and when it ended, as far as the looks tell, rather too long than too short."""
    idle = [look.at for look in looks if look.done[stage] == looks[0].done[stage]]
    busy = [number for number, look in enumerate(looks) if look.waiting[stage]]
    end = looks[min(busy[-1] + 1, len(looks) - 1)].at if busy else looks[-1].at
    return idle[-1], end


def _in_lake(settings: Settings) -> dict[str, int]:
    questions = {
        "touchpoints": "SELECT count(*) FROM touchpoints",
        "dead_letters": "SELECT count(*) FROM dead_letters",
        "customers": "SELECT count(*) FROM profiles WHERE status = 'active'",
    }
    with open_lake_reader(settings.home) as reader:
        return {name: int(reader.execute(sql).fetchall()[0][0]) for name, sql in questions.items()}
