"""What a touchpoint costs as history grows: a large synthetic world through the engine alone, portion by portion.

The engine is the one of benchmarks/engine.py: real stores and batches in one process, without Kafka's clients. The
world is made by another process meanwhile, so that memory is the engine's own. Costs are of CPU time, so other work on
the machine raises them by what shares its caches and threads, and not by waiting.
"""

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
from rich.console import Console

from benchmarks.engine import Engine, collect_as_a_worker, source_records
from infra.world import WorldConfig
from streams.records import SourceRecord

_TOGETHER = 4_000
_MILLION = 1e6
_MIB = 2**20
_ROW = "{:>13} {:>15} {:>17} {:>11} {:>12}"


@dataclass(frozen=True, slots=True)
class Portion:
    """What a part of a run cost.

    Attributes:
        touchpoints: taken so far, duplicates included.
        cpu_seconds_a_million: of the touchpoints of this part.
        state_records: written to the changelogs, by touchpoint of this part.
        store_mib: of all partitions, so far.
        memory_mib: of the process, at the end of this part.
    """

    touchpoints: int
    cpu_seconds_a_million: float
    state_records: float
    store_mib: float
    memory_mib: float

    def row(self) -> str:
        """Return it as a line of a table."""
        return _ROW.format(
            f"{self.touchpoints:,}",
            f"{self.cpu_seconds_a_million:,.0f}",
            f"{self.state_records:.2f}",
            f"{self.store_mib:,.0f}",
            f"{self.memory_mib:,.0f}",
        )


def measure(config: WorldConfig, portions: int, on_portion: Callable[[Portion], None]) -> list[Portion]:
    """Take a world through the engine.

    Args:
        config: size of the world.
        portions: how many parts of about one size to measure.
        on_portion: told of each as it ends.
    """
    folder = Path(tempfile.mkdtemp(prefix="onefold-curve-"))
    found: list[Portion] = []
    taken = 0
    collect_as_a_worker()
    try:
        engine = Engine(folder)
        began = _Began(engine, taken)
        for sources in _made_elsewhere(config):
            engine.take(sources)
            taken += len(sources)
            if taken >= config.touchpoints * (len(found) + 1) / portions:
                found.append(began.portion(engine, taken))
                on_portion(found[-1])
                began = _Began(engine, taken)
        engine.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found


class _Began:
    """Where a part begins."""

    def __init__(self, engine: Engine, taken: int) -> None:
        self._seconds = sum(engine.seconds.values())
        self._records = engine.records["state"]
        self._taken = taken

    def portion(self, engine: Engine, taken: int) -> Portion:
        touchpoints = taken - self._taken
        return Portion(
            taken,
            round((sum(engine.seconds.values()) - self._seconds) / touchpoints * _MILLION, 1),
            round((engine.records["state"] - self._records) / touchpoints, 2),
            round(engine.size_bytes / _MIB, 1),
            round(psutil.Process().memory_info().rss / _MIB, 1),
        )


def _made_elsewhere(config: WorldConfig) -> Iterator[list[SourceRecord]]:
    """Yield the records of a world, made by a process of its own that waits while a few chunks lie ready."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    maker = context.Process(target=_make, args=(theirs, config), daemon=True)
    maker.start()
    theirs.close()
    try:
        while chunk := ours.recv():
            yield chunk
    finally:
        maker.terminate()
        maker.join()


def _make(out: Connection, config: WorldConfig) -> None:
    records = source_records(config)
    while chunk := list(islice(records, _TOGETHER)):
        out.send(chunk)
    out.send([])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curve", description=__doc__.splitlines()[0])
    parser.add_argument("--touchpoints", type=int, default=1_000_000, help="of the world (default: %(default)s)")
    parser.add_argument("--customers", type=int, default=200_000, help="of the world (default: %(default)s)")
    parser.add_argument("--portions", type=int, default=10, help="to measure one by one (default: %(default)s)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="of the outcome")
    asked = parser.parse_args()
    console = Console(stderr=asked.format == "json", highlight=False)
    console.print(_ROW.format("touchpoints", "CPU s a million", "records of state", "store MiB", "memory MiB"))
    config = WorldConfig(asked.customers, asked.touchpoints, seed=1)
    found = measure(config, asked.portions, lambda portion: console.print(portion.row()))
    if asked.format == "json":
        json.dump([asdict(portion) for portion in found], sys.stdout, indent=1)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
