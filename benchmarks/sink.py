"""CPU time of the lake sink alone, by step: what a worker publishes of a synthetic world, written without waiting.

    python -m benchmarks.sink
    python -m benchmarks.sink --together 2000 --profile

It is CPU time, so it can be taken while something else runs; compare within an hour, never across machines.
"""

import argparse
import cProfile
import gc
import pstats
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from confluent_kafka import Message
from rich.console import Console
from rich.table import Table

from benchmarks.feed import TOPICS, fed
from infra.world import WorldConfig
from schemas.framing import SingleObjectFraming
from sinks.lake import open_lake_writer
from streams.lake_decoding import Decoding

_MILLION = 1e6
_SHOWN = 45
_CUSTOMERS_IN = 4


class Spent:
    """CPU seconds by step."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def on(self, step: str) -> Iterator[None]:
        """Count what is done inside."""
        started = time.process_time()
        yield
        self.seconds[step] += time.process_time() - started


def write_all(home: Path, batches: Sequence[list[Message]], spent: Spent) -> None:
    """Write batches as the sink does, one after the other."""
    framing = SingleObjectFraming()
    with open_lake_writer(home) as writer:
        for messages in batches:
            with spent.on("decode"):
                decoding = Decoding(TOPICS, framing)
                for message in messages:
                    decoding.add(message)
                batch = decoding.lake_batch()
            with spent.on("write"):
                writer.write(batch, decoding.offsets)
            with spent.on("maintain"):
                writer.maintain(datetime.now(UTC))


def main() -> None:
    """Print what each step costs."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sink", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--touchpoints", type=int, default=30_000, metavar="N", help="of the world (30,000)")
    parser.add_argument("--together", type=int, default=5_000, metavar="N", help="touchpoints in a batch (5,000)")
    parser.add_argument("--profile", action="store_true", help="show where the time goes, by function")
    asked = parser.parse_args()
    console = Console(highlight=False)
    console.print("Making the world")
    config = WorldConfig(max(1, asked.touchpoints // _CUSTOMERS_IN), asked.touchpoints, seed=1)
    batches = list(fed(config, asked.together))
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)
    spent = Spent()
    with tempfile.TemporaryDirectory(prefix="onefold-sink-") as home:
        run = partial(write_all, Path(home), batches, spent)
        if asked.profile:
            profiler = cProfile.Profile()
            profiler.runcall(run)
            pstats.Stats(profiler).sort_stats("tottime").print_stats(_SHOWN)
        else:
            run()
    records = sum(map(len, batches))
    table = Table("Step", "CPU seconds a million touchpoints")
    for step, seconds in spent.seconds.items():
        table.add_row(step, f"{seconds / asked.touchpoints * _MILLION:,.1f}")
    table.add_row("all", f"{sum(spent.seconds.values()) / asked.touchpoints * _MILLION:,.1f}")
    console.print(table)
    console.print(f"{len(batches)} batches of {records / len(batches):,.0f} records")


if __name__ == "__main__":
    main()
