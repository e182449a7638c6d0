"""CPU time of the engine alone, by step: a synthetic world through ingest and gather in one process, without Kafka.

Real stores, real batches, eight partitions that send each other their messages; only Kafka's clients are left out. It
is CPU time, so it can be taken while something else runs; compare within an hour, never across machines.
"""

import argparse
import cProfile
import gc
import pstats
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from identity.nodes import NodeId
from identity.policy_file import default_policy
from infra.world import Emission, World, WorldConfig
from profiles.policy_file import default_profile_policy
from schemas.framing import SingleObjectFraming
from streams.acceptance import acceptance
from streams.batches import batch_records
from streams.gather import Commit, PartitionWork, Rules
from streams.ingest import Ingest
from streams.partitioning import partition_of
from streams.records import Output, SourceRecord
from streams.state import PartitionState
from streams.store import FORMAT, Marker, PartitionStore
from streams.topics import Topics

_PARTITIONS = 8
_KEY = bytes(range(32))
_RECEIVED_AT = 1_800_000_000_000
_NOW_MS = _RECEIVED_AT
_MILLION = 1e6
_SHOWN = 45


class Engine:
    """The stages of a worker, one after the other.

    Args:
        folder: for the stores.
        on_output: given all that a worker would publish.
    """

    def __init__(self, folder: Path, on_output: Callable[[Output], None] = lambda _: None) -> None:
        self._topics, framing = Topics("", ""), SingleObjectFraming()
        policy, profile = default_policy(), default_profile_policy()
        self._ingest = Ingest(self._topics, framing, acceptance(policy, profile, _KEY))
        rules = Rules(self._topics, framing, policy, None, profile, _KEY)
        self._stores = [PartitionStore(folder / str(number)) for number in range(_PARTITIONS)]
        self._works = [
            PartitionWork(rules, PartitionState(store), 1, number, _place) for number, store in enumerate(self._stores)
        ]
        self._waiting: list[list[SourceRecord]] = [[] for _ in range(_PARTITIONS)]
        self._commits = 0
        self._on_output = on_output
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.records: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()

    def take(self, sources: list[SourceRecord]) -> None:
        """Take source records all the way, but for the messages that the partitions still wait for."""
        by_partition: list[list[SourceRecord]] = [[] for _ in range(_PARTITIONS)]
        with self._timed("ingest"):
            outputs = [self._ingest.output(source) for source in sources]
        for output in outputs:
            self._note(output.topic, output.value)
            self._on_output(output)
            if output.topic == self._topics.touchpoints:
                by_partition[_place(NodeId(output.key or b""))].append(self._record(output))
        for number, touchpoints in enumerate(by_partition):
            self._work(number, touchpoints)

    def settle(self) -> None:
        """Work off what the partitions tell each other, to the end."""
        while any(self._waiting):
            for number in range(_PARTITIONS):
                self._work(number, [])

    @property
    def size_bytes(self) -> int:
        """How large the stores are, about."""
        return sum(store.size_bytes for store in self._stores)

    def close(self) -> None:
        """Release the stores."""
        for store in self._stores:
            store.close()

    def _work(self, number: int, touchpoints: list[SourceRecord]) -> None:
        work, store = self._works[number], self._stores[number]
        messages, self._waiting[number] = self._waiting[number], []
        if not touchpoints and not messages:
            return
        with self._timed("touchpoints"):
            work.touchpoints(touchpoints)
        with self._timed("messages"):
            work.messages(messages)
        with self._timed("commit"):
            commit = work.commit(_NOW_MS)
        self._commits += 1
        marker = Marker(FORMAT, 1, self._commits, {})
        with self._timed("batch"):
            records = batch_records(commit.changes, marker)
        with self._timed("store"):
            store.apply(commit.changes, marker, self._commits)
        for key, value, _ in records:
            self._note("state", (value or b"") + key)
        self._route(commit)

    def _route(self, commit: Commit) -> None:
        for output in commit.outputs:
            self._note(output.topic, output.value)
            self._on_output(output)
            if output.topic == self._topics.graph:
                self._waiting[_place(NodeId(output.key or b""))].append(self._record(output))

    def _record(self, output: Output) -> SourceRecord:
        return SourceRecord(output.topic, 0, 0, _RECEIVED_AT, output.key, output.value)

    def _note(self, topic: str, value: bytes) -> None:
        self.records[topic] += 1
        self.bytes[topic] += len(value)

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        started = time.process_time()
        yield
        self.seconds[step] += time.process_time() - started


def _place(node: NodeId) -> int:
    return partition_of(node, _PARTITIONS)


def main() -> None:
    """Print what each step costs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__.splitlines()[0])
    parser.add_argument("--touchpoints", type=int, default=40_000, help="of the world (default: %(default)s)")
    parser.add_argument("--customers", type=int, default=10_000, help="of the world (default: %(default)s)")
    parser.add_argument("--together", type=int, default=4_000, help="in a chunk (default: %(default)s)")
    parser.add_argument("--profile", action="store_true", help="show where the time goes, by function")
    asked = parser.parse_args()
    console = Console(highlight=False)
    with console.status("Making the world"):
        sources = list(source_records(WorldConfig(asked.customers, asked.touchpoints, seed=1)))
    measure(sources, asked.together, partial(_show, console), profile=asked.profile)


def source_records(config: WorldConfig) -> Iterator[SourceRecord]:
    """Yield the usable records of a world as they lie in the source topics."""
    topics, framing = Topics("", ""), SingleObjectFraming()
    emitted = (one for one in World(config).emissions() if isinstance(one, Emission) and one.rejected_as is None)
    for number, one in enumerate(emitted):
        value = framing.encode(one.record_name, one.record)
        yield SourceRecord(topics.source(one.source), 0, number, _RECEIVED_AT, None, value)


def collect_as_a_worker() -> None:
    """Have garbage collected as a worker does, and leave alone what is here already."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)


def measure(sources: list[SourceRecord], together: int, show: Callable[[Engine, int], None], *, profile: bool) -> None:
    """Take records through an engine of its own, and show what it cost, given the engine and how many there were.

    Args:
        sources: the records.
        together: of them in a chunk of work.
        show: prints the figures.
        profile: print before where the time goes, by function; it costs time itself.
    """
    collect_as_a_worker()
    folder = Path(tempfile.mkdtemp(prefix="onefold-engine-"))
    try:
        engine = Engine(folder)
        run = partial(_run, engine, sources, together)
        if profile:
            profiler = cProfile.Profile()
            profiler.runcall(run)
            pstats.Stats(profiler).sort_stats("tottime").print_stats(_SHOWN)
        else:
            run()
        show(engine, len(sources))
        engine.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(engine: Engine, sources: list[SourceRecord], together: int) -> None:
    for start in range(0, len(sources), together):
        engine.take(sources[start : start + together])
    engine.settle()


def _show(console: Console, engine: Engine, touchpoints: int) -> None:
    table = Table("Step", "CPU seconds a million touchpoints")
    for step, seconds in engine.seconds.items():
        table.add_row(step, f"{seconds / touchpoints * _MILLION:,.1f}")
    table.add_row("all", f"{sum(engine.seconds.values()) / touchpoints * _MILLION:,.1f}")
    console.print(table)
    written = Table("Topic", "Records a touchpoint", "Bytes a touchpoint")
    for topic, number in engine.records.items():
        written.add_row(topic, f"{number / touchpoints:.2f}", f"{engine.bytes[topic] / touchpoints:,.0f}")
    console.print(written)


if __name__ == "__main__":
    main()
