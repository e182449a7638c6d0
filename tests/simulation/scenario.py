"""One seed: a few people, several workers, and whatever goes wrong; and what must come out."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from identity.graph import Block, Card, Member, Ruling, RulingKind
from identity.graph import Report as MemberReport
from identity.nodes import NODE_ID_BYTES, NodeId
from profiles.policy_file import default_profile_policy
from schemas.contracts import DECISION, PROFILE, TOUCHPOINT
from schemas.framing import SingleObjectFraming
from schemas.records import Profile
from streams.acceptance import acceptance
from streams.batches import restore
from streams.errors import StoreError
from streams.gather import Rules
from streams.ingest import Ingest
from streams.topics import Topics
from tests.property.engine_model import (
    KEY,
    Blocking,
    Decision,
    Event,
    Happening,
    Identified,
    accepted,
    event,
    fold_everything,
    identifier,
)
from tests.property.partition_model import Thresholds
from tests.segments import segments_told
from tests.simulation.broker import SESSION_SECONDS, Broker, Changelogs
from tests.simulation.loop import Process, StalledError, VirtualLoop
from tests.simulation.worker import Disk, DiskStore, Machine, Worker

NOW_MS = 1_795_000_000_000
_VIRTUAL_SECONDS = 900.0
_QUIET_SECONDS = 0.5
_BUSY_SECONDS = 12.0
_MOST_STEPS = 200
_MOST_STARTS = 60
TOPICS = Topics("", "")
FRAMES = SingleObjectFraming()
POLICY = Thresholds(0).policy

_KINDS = {RulingKind.TOGETHER: "together", RulingKind.APART: "apart", RulingKind.RELEASE: "release"}
_BLOCKINGS = 0.3
_REPEATED = 0.2
_STANDBY = 0.5

_POOL = [
    *(identifier("customer_id", f"c{number}") for number in range(3)),
    *(identifier("crm_id", f"r{number}") for number in range(4)),
    *(identifier("email", f"a{number}@example.org") for number in range(4)),
    *(identifier("cookie", f"k{number}") for number in range(6)),
]


_OWNER, _MEMBER = (NodeId(bytes([rank]) + bytes(NODE_ID_BYTES - 1)) for rank in (8, 9))
_CARD = Card("email", "x", 1, NOW_MS, shared=False, links={}, neighbours={})
_UNBEARABLE = MemberReport(_OWNER, _MEMBER, Member(_CARD), b"\xc1", 0)
"""A message in good form that tells of a fragment which is none: it shows when the owner is told of."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens under a seed.

    Attributes:
        partitions: of every topic.
        workers: how many run.
        touchpoints: different ones; some are published twice.
        decisions: of data stewards.
        poison: records that nobody can read.
        unbearable: messages in good form at which the gather stage fails.
        faults: how many times something goes wrong.
    """

    partitions: int
    workers: int
    touchpoints: int
    decisions: int
    poison: int
    unbearable: int
    faults: int

    @classmethod
    def drawn(cls, chance: random.Random) -> "Plan":
        """Draw one."""
        return cls(
            partitions=chance.randint(1, 4),
            workers=chance.randint(1, 3),
            touchpoints=chance.randint(2, 20),
            decisions=chance.choice([0, 0, 1, 3]),
            poison=chance.choice([0, 0, 2]),
            unbearable=chance.choice([0, 0, 1, 3]),
            faults=chance.randint(0, 10),
        )


@dataclass(slots=True)
class Report:
    """What a seed led to.

    Attributes:
        seed: of the run.
        log: what went wrong, by virtual time.
        problems: what came out that must not; empty where all is well.
        steps: how many steps all processes made.
        seconds: virtual ones.
        faults: by kind.
    """

    seed: int
    log: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    steps: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)


def simulate(seed: int) -> Report:
    """Run a seed and compare what came out with a plain fold of the same touchpoints."""
    return _Simulation(seed).run()


class _Simulation:
    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  # a reproducible run
        self._report = Report(seed)
        self._plan = Plan.drawn(self._chance)
        self._loop = VirtualLoop(self._chance, _VIRTUAL_SECONDS)
        self._broker = Broker(self._loop, self._chance, self._plan.partitions, NOW_MS)
        machines = self._chance.randint(1, self._plan.workers)
        self._machines = [Machine(keeps_copies=self._chance.random() < _STANDBY) for _ in range(machines)]
        self._workers: list[Worker] = []
        self._started = 0
        self._faults_left = self._plan.faults
        self._events = [self._event(number) for number in range(self._plan.touchpoints)]
        self._decisions = [self._decision(number) for number in range(self._plan.decisions)]

    def run(self) -> Report:
        try:
            self._loop.run_until_complete(self._live())
            self._check()
        except StalledError as stalled:
            self._problem(str(stalled))
        finally:
            self._report.seconds = self._loop.time()
            self._report.steps += sum(worker.process.steps for worker in self._workers)
            self._loop.abandon()
        return self._report

    # --- what happens

    def _event(self, number: int) -> Event:
        chance = self._chance
        seen = chance.sample(_POOL, chance.choice([1, 2, 2, 3]))
        return event(f"e{number}", NOW_MS - chance.randrange(1_000_000), *seen, source=chance.choice(["web", "crm"]))

    def _decision(self, number: int) -> Decision | Blocking:
        chance = self._chance
        one, other = chance.sample(_POOL, 2)
        at = NOW_MS + number
        if chance.random() < _BLOCKINGS:
            return Blocking(one, Block(at, blocked=chance.random() < 0.5))
        return Decision(one, other, Ruling(at, chance.choice(list(RulingKind))))

    async def _live(self) -> None:
        self._broker.watch()
        for _ in range(self._plan.workers):
            self._start()
        told: list[Happening | bytes | MemberReport] = [*self._events, *self._decisions]
        told += [one for one in told if self._chance.random() < _REPEATED]
        told += [self._chance.randbytes(12) for _ in range(self._plan.poison)]
        told += [_UNBEARABLE] * self._plan.unbearable
        self._chance.shuffle(told)
        bursts = [self._chance.uniform(0, _BUSY_SECONDS) for _ in range(self._chance.randint(1, 5))]
        at = [self._chance.choice(bursts) + self._chance.uniform(0, 0.3) for _ in told]
        for one, when in zip(told, at, strict=True):
            self._loop.outside(when, lambda one=one: self._publish(one))  # type: ignore[misc]  # bound now
        for _ in range(self._faults_left):
            self._loop.outside(self._chance.uniform(0, _BUSY_SECONDS), self._go_wrong)
        await asyncio.sleep(2 * _BUSY_SECONDS)
        quiet = 0
        while quiet < 2:
            await asyncio.sleep(_QUIET_SECONDS)
            quiet = quiet + 1 if self._is_drained() else 0

    def _publish(self, one: Happening | bytes | MemberReport) -> None:
        if isinstance(one, MemberReport):
            self._broker.append(*self._broker.place(TOPICS.graph, one.to), one.to, msgspec.msgpack.encode([one]))
            return
        if isinstance(one, Event):
            touchpoint = {
                **accepted(one)["touchpoint"],
                "identifiers": [{"type": part.type, "value": part.value} for part in one.seen],
            }
            topic, value = TOPICS.source(one.source), FRAMES.encode(TOUCHPOINT, touchpoint)
        elif isinstance(one, bytes):
            topic, value = TOPICS.source("web"), one
        else:
            topic, value = TOPICS.decisions, FRAMES.encode(DECISION, decision_record(one))
        self._broker.append(topic, self._chance.randrange(self._plan.partitions), None, value)

    def _is_drained(self) -> bool:
        return all(
            self._broker.committed.get(place, 0) >= len(log)
            for place, log in self._broker.logs.items()
            if place[0] in TOPICS.for_worker
        )

    def _start(self) -> None:
        if self._started == _MOST_STARTS:
            self._problem(f"{_MOST_STARTS} workers were started and there is no end")
            self._loop.end = self._loop.time()
            return
        process = Process(f"worker-{self._started}")
        self._started += 1
        machine = self._chance.choice(self._machines)
        rules = Rules(TOPICS, FRAMES, POLICY, None, default_profile_policy(), KEY)
        ingest = Ingest(TOPICS, FRAMES, acceptance(POLICY, default_profile_policy(), KEY))

        def begin() -> None:
            worker = Worker(process, machine, self._broker, rules, ingest, lambda error: self._ended(process, error))
            self._workers.append(worker)
            self._loop.create_task(worker.run())

        self._loop.start_in(process, begin)

    def _ended(self, process: Process, error: BaseException) -> None:
        self._note("ended", f"{process.name}: {type(error).__name__}: {error}")
        if not (isinstance(error, StoreError) and "another worker has written" in str(error)):
            self._problem(f"{process.name} ended: {type(error).__name__}: {error}")
        self._start_again()

    def _go_wrong(self) -> None:
        alive = [worker for worker in self._workers if worker.process.alive and not worker.process.stopped]
        if not alive:
            return
        worker = self._chance.choice(alive)
        process = worker.process
        kind = self._chance.choice(["kill", "kill", "kill", "stop", "stop", "stop", "leave", "join", "wipe"])
        if kind == "join":
            self._note(kind, "")
            self._start()
        elif kind == "leave":
            self._note(kind, process.name)
            self._loop.start_in(process, lambda: self._loop.create_task(worker.stop()))
            self._start_again()
        else:
            # By steps, not by time: most of the time a worker waits, and what matters happens between two steps.
            process.breaks_at = process.steps + self._chance.randint(0, _MOST_STEPS)
            process.breaks = partial(self._stop if kind == "stop" else self._kill, process, kind)

    def _kill(self, process: Process, kind: str) -> None:
        self._note(kind, process.name)
        process.alive = False
        if kind == "wipe":
            for disk in [disk for machine in self._machines for disk in machine.disks.values()]:
                if disk.held_by is None or not disk.held_by.alive:
                    disk.values, disk.position, disk.marker, disk.torn = {}, 0, Disk().marker, frozenset()
        self._start_again()

    def _stop(self, process: Process, kind: str) -> None:
        self._note(kind, process.name)
        process.stopped = True
        self._loop.outside(self._chance.uniform(0.1, 2.5) * SESSION_SECONDS, partial(self._loop.go_on, process))

    def _start_again(self) -> None:
        self._loop.outside(self._chance.uniform(0.1, 8), self._start)

    # --- what came out

    def _check(self) -> None:
        values = self._restored()
        counted = sum(key[:1] == b"e" for key in values)
        if counted != len(self._events):
            self._problem(f"{counted} touchpoints are counted of {len(self._events)}")
        truth = _people(list(fold_everything([*self._events, *self._decisions], POLICY).profiles.values()))
        found = _people(self._newest())
        if found != truth:
            self._problem(f"people: {_sorted(found)}, expected {_sorted(truth)}")
        told, held = self._segments_told(), self._segments_held()
        if told != held:
            self._problem(f"segments by signals only: {sorted(told - held)}, by profiles only: {sorted(held - told)}")
        dead = self._dead_letters()
        unusable = self._plan.poison + self._plan.unbearable
        if len(dead) != unusable:
            self._problem(f"{len(dead)} records have dead letters, of {unusable} that cannot be used")

    def _dead_letters(self) -> set[tuple[str, int, int]]:
        """Return where the records of dead letters lie; a letter may come again, a record may not be missing."""
        found = set()
        for (topic, _), log in self._broker.logs.items():
            for record in log if topic == TOPICS.dead_letters else ():
                letter: Any = FRAMES.decode(record.value)[1]
                found.add((letter["topic"], letter["partition"], letter["offset"]))
        return found

    def _restored(self) -> dict[bytes, bytes]:
        """Return the state of all partitions as the changelog alone gives it."""
        values: dict[bytes, bytes] = {}
        for number in range(self._plan.partitions):
            disk = Disk()
            restore(DiskStore(disk), Changelogs(self._broker, TOPICS.state), number, lambda *_: None)
            values.update({key: value for key, value in disk.values.items() if key[:1] == b"e"})
        return values

    def _newest(self) -> list[Profile]:
        newest: dict[str, Profile] = {}
        for (topic, _), log in self._broker.logs.items():
            for record in log if topic == TOPICS.profiles else ():
                name, content = FRAMES.decode(record.value)
                assert name == PROFILE
                profile: Any = content
                known = newest.get(profile["customer_id"])
                if known is None or profile["revision"] >= known["revision"]:
                    newest[profile["customer_id"]] = profile
        return list(newest.values())

    def _segments_held(self) -> set[tuple[str, str]]:
        """Return customers and their segments as profiles have them."""
        return {
            (profile["customer_id"], segment["name"]) for profile in self._newest() for segment in profile["segments"]
        }

    def _segments_told(self) -> set[tuple[str, str]]:
        """Return customers and their segments as signals and merges add up to."""
        logs = [log for (topic, _), log in self._broker.logs.items() if topic == TOPICS.changes]
        return segments_told(FRAMES.decode(record.value)[1] for log in logs for record in log)

    def _note(self, kind: str, text: str) -> None:
        self._report.faults[kind] += 1
        self._report.log.append(f"{self._loop.time():9.3f}  {kind:6}  {text}")

    def _problem(self, text: str) -> None:
        self._report.problems.append(text)


def decision_record(decided: Decision | Blocking) -> dict[str, Any]:
    withdrawn = {"kind": "block", "state": "withdrawn"}
    if isinstance(decided, Blocking):
        one, other, at = decided.one, None, decided.block.made_at
        kind = {"kind": "block", "state": "made"} if decided.block.blocked else withdrawn
    else:
        one, other, at = decided.one, decided.other, decided.ruling.made_at
        is_made = decided.ruling.kind in _KINDS
        kind = {"kind": _KINDS.get(decided.ruling.kind, "apart"), "state": "made" if is_made else "withdrawn"}
    return {
        **kind,
        "one": _decided(one),
        "other": other and _decided(other),
        "made_at": at,
        "made_by": "x",
        "reason": "x",
    }


def _decided(part: Identified) -> dict[str, str]:
    return {"node_id": part.node.hex(), "type": part.type, "value": part.value}


Person = tuple[frozenset[tuple[str, str]], int, int]
"""Identifiers, touchpoints, orders."""


def _people(profiles: list[Profile]) -> Counter[Person]:
    return Counter(
        (
            frozenset((part["type"], part["value"]) for part in profile["identifiers"]),
            profile["touches"],
            profile["orders"],
        )
        for profile in profiles
        if profile["status"] == "active"
    )


def _sorted(people: Counter[Person]) -> list[Any]:
    return sorted((sorted(names), touches, orders, number) for (names, touches, orders), number in people.items())
