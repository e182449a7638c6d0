"""One seed on the real thing: what is planned befalls real processes under load, then all is held against the truth."""

import random
import signal
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from identity.nodes import node_id
from infra.world import World, WorldConfig
from schemas.contracts import DECISION
from sinks.errors import LakeError, LakeMissingError, QueryError
from sinks.reader import open_lake_reader
from streams.decisions import decision_key
from streams.errors import BrokerDownError
from streams.lag import LagReader
from streams.producer import CheckedProducer
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import FRAMES, KEY, Sent, sent_of
from tests.faults.storm.check import Difference, check
from tests.faults.storm.cluster import Broker, Cluster, Ended, cluster
from tests.faults.storm.oracle import event_of, touchpoints, truth
from tests.faults.storm.plan import SESSION_SECONDS, Fault, Plan, Size, decided, mixed, repeated
from tests.property.engine_model import Blocking, Decision
from tests.simulation.scenario import decision_record

_DECISIONS = 8
_EVENTS_A_CUSTOMER = 5
_STEP_SECONDS = 0.05
_READY_SECONDS = 60.0
_DRAIN_SECONDS = 240.0
_MOST_STARTS = 60
_MOST_WORKERS = 4

_LOST = "another worker has written to the state of partition"
"""How a worker ends that lost its partition while it stood still."""

_DAMAGED = "are damaged; it is rebuilt at the next start"
"""How a worker ends that found flipped bits."""

_STOPPED = {0, -signal.SIGTERM}
"""Exit codes of who was asked to stop; the latter where it was just about to start."""

_SAID_WHY = 2
"""Exit code of who ended with a sentence."""


@dataclass(slots=True)
class Report:
    """What a seed led to.

    Attributes:
        seed: of the run.
        log: what went wrong when, in seconds after the start.
        differences: what came out otherwise than it must, and what must not happen; empty where all is well.
        faults: by kind.
        figures: what was counted.
        seconds: how long it all took.
    """

    seed: int
    log: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    figures: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it in plain types."""
        return {
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "differences": [one._asdict() for one in self.differences],
            "faults": dict(self.faults),
            "figures": self.figures,
            "log": self.log,
        }


def storm(
    seed: int,
    size: Size,
    home: Path,
    servers: str | None = None,
    on_step: Callable[[float, str], None] = lambda _done, _what: None,
) -> Report:
    """Run a seed and compare what came out with the truth.

    Args:
        seed: decides the plan, the world and the decisions; not when processes do what, so a run is like another one of
            the same seed, but not the same.
        size: how much of it.
        home: an empty folder for everything.
        servers: of a broker that is there; None: one of its own, which faults of brokers need.
        on_step: told how much of the run is done, from 0 to 1, and what goes on.

    Raises:
        UnfitWorldError: what must come out of this world depends on order.
    """
    began = time.monotonic()
    report = Report(seed)
    broker = Broker(home / "broker") if servers is None else None
    try:
        with cluster(home, broker.servers if broker else servers or "") as processes:
            _Storm(report, size, processes, broker, on_step).run()
    finally:
        if broker is not None:
            broker.stop()
        report.seconds = time.monotonic() - began
    return report


class _Storm:
    def __init__(
        self,
        report: Report,
        size: Size,
        processes: Cluster,
        broker: Broker | None,
        on_step: Callable[[float, str], None],
    ) -> None:
        self._report = report
        self._size = size
        self._plan = Plan.drawn(report.seed, size)
        self._processes = processes
        self._broker = broker
        self._on_step = on_step
        self._due: list[tuple[float, Callable[[], None]]] = []
        self._started = time.monotonic()
        self._broker_back = -_READY_SECONDS
        self._restarts = 0
        self._rows_seen = 0
        self._records, self._decisions = _told(report.seed, size)
        self._truth = truth(self._records, self._decisions)

    def run(self) -> None:
        for _ in range(self._size.workers):
            self._processes.start_worker()
        self._processes.start_sink()
        self._started = time.monotonic()
        told = mixed(self._report.seed, self._records, self._decisions)
        load = _Load(self._processes.settings, told, self._plan.moments(self._report.seed, len(told)))
        load.start()
        try:
            for fault in self._plan.faults:
                self._until(fault.at)
                self._on_step(0.7 * fault.at / self._plan.seconds, fault.kind)
                self._befall(fault)
            while load.is_alive() or self._due:
                self._step()
            self._drain()
        except _HopelessError:
            self._differs("processes", "go on, or once they are started again", f"{_MOST_STARTS} ended, and no end")
            return
        finally:
            load.end()
        self._on_step(0.9, "comparing")
        if load.error is not None:
            self._differs("publishing", "goes on", repr(load.error))
        checked = check(self._processes.settings, self._records, self._truth)
        self._report.differences += checked.differences
        self._report.figures |= checked.figures

    # --- faults

    def _befall(self, fault: Fault) -> None:
        chance = random.Random(fault.chance)  # noqa: S311  # a reproducible choice
        what = fault.kind.split()[1]
        if what == "broker":
            self._restart_broker(fault)
        elif what == "sink":
            self._sink_fault(fault, chance)
        elif fault.kind == "start worker":
            if len(self._processes.workers()) < _MOST_WORKERS:
                self._note(fault.kind, self._processes.start_worker())
        else:
            able = [name for name in self._processes.workers() if name not in self._processes.frozen]
            if able:
                self._worker_fault(fault, chance.choice(able), chance)

    def _worker_fault(self, fault: Fault, name: str, chance: random.Random) -> None:
        if fault.kind == "freeze worker":
            seconds = chance.uniform(0.3, 2.5) * SESSION_SECONDS
            self._processes.freeze(name)
            self._note(fault.kind, f"{name} for {seconds:.1f} s")
            self._after(seconds, lambda: self._processes.thaw(name))
            return
        if fault.kind == "stop worker":
            self._processes.ask_to_stop(name)
            self._note(fault.kind, name)
        elif fault.kind == "wipe state":
            self._note(fault.kind, f"{name} killed, {self._processes.wipe(name, chance)} stores")
        elif fault.kind == "corrupt state":
            self._note(fault.kind, f"{name} killed, {self._processes.corrupt(name, chance)} stores")
        else:
            self._processes.kill(name)
            self._note(fault.kind, name)
        self._after(chance.uniform(0.0, 4.0), self._start_worker_if_few)

    def _sink_fault(self, fault: Fault, chance: random.Random) -> None:
        name = self._processes.sink()
        if name is None:
            return
        if fault.kind == "stop sink":
            self._processes.ask_to_stop(name)
            self._note(fault.kind, name)
        elif chance.random() < 0.7:
            is_writing = self._processes.kill_sink_in_a_write(name)
            self._note(fault.kind, f"{name}, {'writing' if is_writing else 'idle'}")
        else:
            self._processes.kill(name)
            self._note(fault.kind, name)
        if fault.kind == "kill sink":
            self._read_the_lake()
            self._after(chance.uniform(0.0, 2.0), self._start_sink)

    def _read_the_lake(self) -> None:
        """Read the lake as the sink's death left it; there is no less in it than at the death before."""
        try:
            with open_lake_reader(self._processes.settings.home) as reader:
                ((rows,),) = reader.execute("SELECT count(*) FROM touchpoints").fetchall()
        except LakeMissingError:
            rows = 0
        except (LakeError, QueryError) as error:
            self._differs("the lake after a kill of the sink", "can be read", str(error))
            return
        if rows < self._rows_seen:
            self._differs("touchpoints in the lake after a kill of the sink", f"{self._rows_seen:,}", f"{rows:,}")
        self._rows_seen = max(rows, self._rows_seen)

    def _restart_broker(self, fault: Fault) -> None:
        if self._broker is None:
            raise ValueError(f"{fault.kind}: expected a broker of one's own")
        if fault.kind == "kill broker":
            self._broker.kill()
        else:
            self._broker.stop()
        down = self._now()
        self._broker.start()
        self._broker_back = self._now()
        self._note(fault.kind, f"answers again after {self._broker_back - down:.1f} s")

    # --- who watches over the processes

    def _start_worker_if_few(self) -> None:
        if len(self._processes.workers()) < self._size.workers:
            self._note("", f"{self._processes.start_worker()} started")

    def _start_sink(self) -> None:
        if self._processes.sink() is None:
            self._note("", f"{self._processes.start_sink()} started")

    def _step(self) -> None:
        """Do what is due, and start again what ended."""
        time.sleep(_STEP_SECONDS)
        now = self._now()
        due = [do for at, do in self._due if at <= now]
        self._due = [(at, do) for at, do in self._due if at > now]
        for do in due:
            do()
        for one in self._processes.take_ended():
            self._has_ended(one)

    def _has_ended(self, one: Ended) -> None:
        was_asked = one.name in self._processes.stopping
        if not (was_asked and one.code in _STOPPED):
            self._note("", f"{one.name} ended with {one.code}: {one.words}")
            if not self._may_end(one):
                self._differs(f"end of {one.name}", "goes on, or ends with a reason", f"{one.code}: {one.words}")
        self._restarts += not was_asked
        if self._restarts > _MOST_STARTS:
            raise _HopelessError
        self._after(1.0, self._start_sink if one.name.startswith("sink") else self._start_worker_if_few)

    def _may_end(self, one: Ended) -> bool:
        """Whether a process ended of what it may end of, to be started again by whoever watches over it."""
        is_damaged = _DAMAGED in one.words and self._report.faults["corrupt state"] > 0
        # Who was ready waits for a broker that is restarted.
        is_new = " ready" not in self._processes.log(one.name)
        is_without_broker = is_new and one.code == _SAID_WHY and self._now() < self._broker_back + _READY_SECONDS
        return _LOST in one.words or is_damaged or is_without_broker

    def _drain(self) -> None:
        """Wait until nothing waits, twice in a row with the same ends of the topics; all processes are there."""
        self._on_step(0.75, "draining")
        began = time.monotonic()
        before: Any = None
        lag = None
        self._start_worker_if_few()
        self._start_sink()
        with closing(LagReader(self._processes.settings)) as reader:
            while time.monotonic() < began + _DRAIN_SECONDS:
                self._step()
                try:
                    lag = reader.read()
                except BrokerDownError:
                    continue
                if not lag.waiting and before == lag.ends:
                    self._report.figures["seconds to drain"] = round(time.monotonic() - began)
                    break
                before = None if lag.waiting else lag.ends
            else:
                waiting = {(part.topic, part.waiting) for part in lag.stages if part.waiting} if lag else "no broker"
                self._differs("drain", f"nothing waits after {_DRAIN_SECONDS:g} s", str(waiting))
        for one in self._processes.stop_all():
            if one.code not in _STOPPED:
                self._differs(f"stop of {one.name}", "0", f"{one.code}: {one.words}")

    # --- time and words

    def _now(self) -> float:
        return time.monotonic() - self._started

    def _until(self, at: float) -> None:
        while self._now() < at:
            self._step()

    def _after(self, seconds: float, do: Callable[[], None]) -> None:
        self._due.append((self._now() + seconds, do))

    def _note(self, kind: str, text: str) -> None:
        if kind:
            self._report.faults[kind] += 1
        self._report.log.append(f"{self._now():7.2f}  {kind:13}  {text}")

    def _differs(self, where: str, expected: str, found: str) -> None:
        self._report.differences.append(Difference(where, expected, found))


class _HopelessError(Exception):
    """Processes end again and again."""


class _Load(threading.Thread):
    """Publishes records and decisions, in their order, at their moments.

    Args:
        settings: of the installation.
        told: what is published.
        moments: when, in seconds after the start; as many, in order.
    """

    def __init__(self, settings: Settings, told: list[Sent | Decision | Blocking], moments: list[float]) -> None:
        super().__init__(name="load", daemon=True)
        self._settings = settings
        self._told = told
        self._moments = moments
        self._is_over = threading.Event()
        self.error: BaseException | None = None

    def end(self) -> None:
        """Stop where it is, and wait."""
        self._is_over.set()
        self.join()

    def run(self) -> None:
        """Publish; what goes wrong is kept."""
        producer = CheckedProducer(self._settings.servers)
        topics = topics_of(self._settings)
        started, done = time.monotonic(), 0
        try:
            while done < len(self._told) and not self._is_over.wait(_STEP_SECONDS):
                due = bisect_right(self._moments, time.monotonic() - started)
                sent = producer.begin()
                for one in self._told[done:due]:
                    if isinstance(one, Sent):
                        sent.send(topics.source(one.source), None, one.value)
                    else:
                        decision = _decision_told(one)
                        sent.send(topics.decisions, decision_key(decision), FRAMES.encode(DECISION, decision))
                sent.wait()
                done = due
        except Exception as error:  # noqa: BLE001  # a thread's boundary
            self.error = error
        finally:
            producer.close()


def _decision_told(decision: Decision | Blocking) -> Any:  # noqa: ANN401  # a Decision of the contract
    """Return a decision as it is published, with the node ids of the installation."""
    told = decision_record(decision)
    for part in (told["one"], told["other"]):
        if part is not None:
            part["node_id"] = node_id(KEY, part["type"], part["value"]).hex()
    return told


def _told(seed: int, size: Size) -> tuple[list[Sent], list[Decision | Blocking]]:
    """Return the records of a seed in their order, and what stewards decide."""
    config = WorldConfig(
        max(10, size.events // _EVENTS_A_CUSTOMER), size.events, seed, duplicate_rate=0.05, late_rate=0.05
    )
    records = repeated(seed, [sent_of(emission) for emission in World(config).emissions()])
    seen = {part for accepted in touchpoints(records).values() for part in event_of(accepted).seen}
    return records, decided(seed, _DECISIONS, seen)
