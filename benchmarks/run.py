"""Measure the whole way on this machine: throughput, cost, latency and restore time, with a broker of its own.

Publishes most of a synthetic world first, then starts worker and sink and times how it drains; sends the rest of the
world live and times each touchpoint; last takes the worker's state away and times how it comes back. With peers, each
of these then does the same job on the same topics.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from benchmarks.latency import Latency, measure_latency
from benchmarks.machine import Machine, this_machine
from benchmarks.peers.contenders import PEERS
from benchmarks.peers.measure import LeftOut, Load, PeerResult, measure_peer
from benchmarks.preload import Live, Preloaded, preload
from benchmarks.report import print_peers, print_results
from benchmarks.restore import Restore, measure_restore
from benchmarks.sampling import Sampler
from benchmarks.throughput import Look, Throughput, measure_throughput
from infra.broker import RunningBroker
from infra.choose import stop_broker
from infra.daemon import free_port
from infra.errors import InfraError
from sinks.errors import LakeError
from streams.commands.brokers import broker_home, start_broker
from streams.errors import BrokerDownError, StreamsError, WorkerError
from streams.logs import QUIET
from streams.processes import Processes, processes
from streams.settings import Settings
from streams.topics import admin, create_topics, topics_of

RESULTS = Path(__file__).parent / "results" / "local"
_SINK, _BROKER, _SELF = "sink", "broker", "this benchmark"
_SECONDS_BETWEEN_LINES = 5.0
_READY_SECONDS = 60.0
_POLL_SECONDS = 0.1
_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure.

    Attributes:
        touchpoints: usable ones published beforehand.
        customers: of the world.
        workers: worker processes.
        latency_seconds: how long to send live; 0 leaves that out.
        rate: live touchpoints a second.
        peers: who does the job too.
    """

    touchpoints: int
    customers: int
    workers: int
    latency_seconds: float
    rate: float
    peers: tuple[str, ...]

    @property
    def live(self) -> int:
        """How many touchpoints are sent live, to each."""
        return int(self.rate * self.latency_seconds)


@dataclass(frozen=True, slots=True)
class Results:
    """All that is kept of a run; the latency is None where it was left out."""

    at: str
    machine: Machine
    options: Options
    preloaded: Preloaded
    throughput: Throughput
    latency: Latency | None
    restore: Restore
    peers: list[PeerResult | LeftOut]


class _Lines:
    """Progress, a line at a time, with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._last = self._started

    def say(self, text: str) -> None:
        self._last = time.monotonic()
        print(f"[{self._last - self._started:6.1f} s] {text}", flush=True)

    def now_and_then(self, text: str) -> None:
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self.say(text)


def main() -> None:
    """Run, print the results, and leave them as a file."""
    arguments = _arguments()
    options = _options(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lines = _Lines()
    try:
        with _home(arguments.home, keep=arguments.keep) as home:
            results = run(home, options, lines)
    except (StreamsError, InfraError, LakeError, FileExistsError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("benchmark: interrupted; everything is stopped", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    print_results(results.machine, results.preloaded, results.throughput, results.latency, results.restore)
    if results.peers:
        print_peers(results.throughput, results.latency, results.preloaded, results.peers)
    print(f"Kept in {_keep(results, arguments.out)}")


def run(home: Path, options: Options, lines: _Lines) -> Results:
    """Do all measurements in one home.

    Raises:
        StreamsError, InfraError, LakeError: something does not run; all that was started is stopped.
    """
    at = datetime.now(UTC).isoformat(timespec="seconds")
    lines.say("Starting a broker")
    with _broker(home) as (settings, broker):
        preloaded, live = _preload(settings, options, lines)
        first, rest = live[: options.live], live[options.live :]
        throughput, latency = _drain_and_listen(settings, broker, options, preloaded, first, lines)
        lines.say("Taking the state away and starting a worker")
        restore = measure_restore(settings)
        lines.say(f"Restored {restore.records:,} records in {restore.seconds:.1f} s")
        there = preloaded.touchpoints + options.live + restore.waking
        load = Load(there, preloaded.duplicates, rest, options.rate)
        peers = _measure_peers(settings, broker, options, load, lines)
    return Results(at, this_machine(), options, preloaded, throughput, latency, restore, peers)


@contextmanager
def _broker(home: Path) -> Iterator[tuple[Settings, RunningBroker]]:
    """Provide a broker with all topics on a free port, and stop it at the end."""
    settings = Settings(home=home, kafka_port=free_port(), broker="local", bootstrap_servers=None)
    try:
        settings, broker = start_broker(settings)
        create_topics(admin(settings), settings)
        _wait_for_groups(settings)
        yield settings, broker
    finally:
        stop_broker(broker_home(settings))


def _wait_for_groups(settings: Settings) -> None:
    """Wait until the broker has its topic of committed offsets: it makes it when first asked, and is slow to answer."""
    group = topics_of(settings).group
    consumer = Consumer({**QUIET, "bootstrap.servers": settings.servers, "group.id": group})
    until = time.monotonic() + _READY_SECONDS
    try:
        while True:
            try:
                consumer.committed([TopicPartition(topics_of(settings).graph, 0)], timeout=_READY_SECONDS)
            except KafkaException:
                if time.monotonic() > until:
                    raise BrokerDownError("the broker does not answer for its consumer groups") from None
                time.sleep(_POLL_SECONDS)
            else:
                return
    finally:
        consumer.close()


def _preload(settings: Settings, options: Options, lines: _Lines) -> tuple[Preloaded, list[Live]]:
    lines.say(f"Making a world of {options.customers:,} customers, publishing {options.touchpoints:,} touchpoints")
    preloaded, live = preload(
        settings,
        options.customers,
        options.touchpoints,
        options.live * (1 + len(options.peers)),
        lambda published: lines.now_and_then(f"  {published:,} published"),
    )
    lines.say(f"Published {preloaded.records:,} records")
    return preloaded, live


def _drain_and_listen(
    settings: Settings,
    broker: RunningBroker,
    options: Options,
    preloaded: Preloaded,
    live: list[Live],
    lines: _Lines,
) -> tuple[Throughput, Latency | None]:
    lines.say(f"Draining with {options.workers} worker(s) and the sink")

    def on_look(look: Look) -> None:
        lines.now_and_then("  " + ", ".join(f"{stage} {done:,}" for stage, done in look.done.items()))

    with processes(settings) as children:
        children.start(_SINK, "sink")
        _wait_for_line(children, _SINK, "sink ready")  # only then there is a lake whose progress can be read
        for number in range(options.workers):
            children.start(f"worker-{number}", "worker")
        watched = {**children.pids(), _SELF: os.getpid()}
        if broker.pid is not None:
            watched[_BROKER] = broker.pid
        with Sampler(watched) as sampler:
            throughput = measure_throughput(settings, preloaded, children, sampler, on_look)
            lines.say(f"Drained in {throughput.seconds:.1f} s: {throughput.touchpoints_per_second:,.0f} touchpoints/s")
            if not live:
                return throughput, None
            lines.say(f"Sending {len(live):,} touchpoints at {options.rate:,.0f}/s")
            latency = measure_latency(
                settings, live, options.rate, children, sampler, lambda sent: lines.now_and_then(f"  {sent:,} sent")
            )
    return throughput, latency


def _measure_peers(
    settings: Settings, broker: RunningBroker, options: Options, load: Load, lines: _Lines
) -> list[PeerResult | LeftOut]:
    """Have one peer after another do the job; each finds in the topics what was sent live to those before it."""
    results = []
    for number, name in enumerate(options.peers):
        own = load._replace(live=load.live[number * options.live : (number + 1) * options.live])
        result = measure_peer(name, PEERS[name], settings, broker.pid, own, lines.say)
        results.append(result)
        if isinstance(result, PeerResult):
            load = load._replace(touchpoints=load.touchpoints + result.sent)
    return results


def _wait_for_line(children: Processes, name: str, text: str) -> None:
    until = time.monotonic() + _READY_SECONDS
    while text not in children.log_file(name).read_text("utf-8", "replace"):
        children.check()
        if time.monotonic() > until:
            raise WorkerError(f"{name} did not say {text!r} within {_READY_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)


@contextmanager
def _home(folder: Path | None, *, keep: bool) -> Iterator[Path]:
    """Provide the folder for all data; one of our own is removed in the end, unless it is to be kept."""
    if folder is not None:
        folder = folder.expanduser().absolute()
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FileExistsError(f"the folder {folder} is not empty")
        yield folder
        return
    home = Path(tempfile.mkdtemp(prefix="onefold-benchmark-"))
    try:
        yield home
    finally:
        if keep:
            print(f"The data stay in {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)


def _keep(results: Results, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / (results.at.replace("+00:00", "Z").replace(":", "") + ".json")
    file.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
    return file


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--touchpoints", type=int, metavar="N", help="published beforehand (400,000; with peers 60,000)")
    add("--customers", type=int, metavar="N", help="of the world (100,000; with peers 15,000)")
    add("--workers", type=int, default=1, metavar="N", help="worker processes (1)")
    add(
        "--latency-seconds",
        type=float,
        metavar="S",
        help="how long to send live (60; with peers 10); 0 leaves that out",
    )
    add("--rate", type=float, default=500.0, metavar="R", help="live touchpoints a second (500)")
    add("--peers", nargs="*", choices=PEERS, metavar="NAME", help=f"who does the job too: {', '.join(PEERS)} (all)")
    add("--quick", action="store_true", help="20,000 touchpoints, 5,000 customers, 10 s")
    add("--home", type=Path, metavar="DIR", help="an empty folder for the data, which stay there")
    add("--keep", action="store_true", help="do not remove the temporary folder with the data")
    add("--out", type=Path, default=RESULTS, metavar="DIR", help="where the results go (results/local)")
    return parser.parse_args()


def _options(arguments: argparse.Namespace) -> Options:
    touchpoints, customers, seconds = _size(arguments)
    return Options(
        touchpoints=touchpoints if arguments.touchpoints is None else arguments.touchpoints,
        customers=customers if arguments.customers is None else arguments.customers,
        workers=arguments.workers,
        latency_seconds=seconds if arguments.latency_seconds is None else arguments.latency_seconds,
        rate=arguments.rate,
        peers=() if arguments.peers is None else tuple(arguments.peers or PEERS),
    )


def _size(arguments: argparse.Namespace) -> tuple[int, int, float]:
    if arguments.quick:
        return 20_000, 5_000, 10.0
    if arguments.peers is not None:
        return 60_000, 15_000, 10.0
    return 400_000, 100_000, 60.0


if __name__ == "__main__":
    main()
