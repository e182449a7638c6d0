"""Drain: run workers and sink until everything published is in the lake and nothing is in flight."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from streams.lag import Lag, LagReader
from streams.processes import processes
from streams.settings import Settings

_PAUSE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Drained:
    """What a drain did.

    Attributes:
        seconds: from the start of the processes to the second look that found nothing waiting.
        touchpoints: source records read.
        graph_records: records of messages between partitions.
    """

    seconds: float
    touchpoints: int
    graph_records: int


def drain(
    settings: Settings, workers: int, on_lag: Callable[[Lag], None], at_rest: Callable[[], None] | None = None
) -> Drained:
    """Run workers and one sink as child processes until nothing waits, then stop them.

    The end is seen, not guessed: no stage has anything waiting at two looks in a row, with the same topic ends. A
    stage commits only after what follows from its work lies in the next topic, so nothing can be between two.

    Args:
        settings: of the installation.
        workers: how many worker processes.
        on_lag: told of every look.
        at_rest: called once when nothing waits; what it publishes is waited for as well.

    Raises:
        WorkerError: a process ended before the end.
        BrokerDownError: the broker went away.
    """
    started = time.monotonic()
    settings = settings.model_copy(update={"metrics_port": None})  # several processes cannot share one
    with closing(LagReader(settings)) as reader, processes(settings) as children:
        before = reader.read()
        on_lag(before)
        for number in range(workers):
            children.start(f"worker-{number}", "worker")
        children.start("sink", "sink")
        seen: Lag | None = None
        while True:
            children.check()
            lag = reader.read()
            on_lag(lag)
            if lag.waiting == 0 and seen is not None and seen.waiting == 0 and seen.ends == lag.ends:
                if at_rest is None:
                    break
                at_rest()
                at_rest = None
            seen = lag
            time.sleep(_PAUSE_SECONDS)
        seconds = time.monotonic() - started
    return Drained(seconds, _waiting(before, "ingest"), _total(lag, "graph") - _total(before, "graph"))


def _waiting(lag: Lag, stage: str) -> int:
    return sum(part.waiting for part in lag.stages if part.stage == stage)


def _total(lag: Lag, stage: str) -> int:
    return sum(part.total for part in lag.stages if part.stage == stage)
