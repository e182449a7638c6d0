"""What one device that everybody uses costs: time and memory as the number of its users grows.

    python -m benchmarks.super_node
    python -m benchmarks.super_node --users 1000000

Every touchpoint is of another customer on the same device; every hundredth also names `null` and `test@test.com`. The
stage that gathers runs as in a worker, over real stores, its partitions in one process and with no broker between.
"""

import argparse
import resource
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import track
from rich.table import Table

from identity.nodes import NodeId
from identity.normalise import Normaliser
from identity.policy_file import default_policy
from infra.world.config import MINUTE_MS
from profiles.policy_file import default_profile_policy
from schemas.accepted import AcceptedTouchpoint, encode_accepted
from schemas.contracts import PROFILE
from schemas.framing import SingleObjectFraming
from schemas.records import Identifier
from streams.gather import Commit, PartitionWork, Rules
from streams.partitioning import partition_of
from streams.records import SourceRecord
from streams.state import PartitionState
from streams.store import FORMAT, Marker, PartitionStore
from streams.topics import Topics

_PARTITIONS = 4
_CHUNK = 2_000
_STEPS = 10
_START = 1_767_571_200_000
_KEY = bytes(range(32))
_DEVICE: Identifier = {"type": "device_id", "value": "till-0001"}
_NOBODY: list[Identifier] = [{"type": "email", "value": "test@test.com"}, {"type": "phone", "value": "null"}]
_EVERY = 100


@dataclass(frozen=True, slots=True)
class Step:
    """A tenth of the way.

    Attributes:
        users: of the device so far.
        microseconds: a touchpoint, in this tenth.
        megabytes: of memory, the most so far.
        state_bytes: of the device, as it is stored.
        largest: identifiers of the largest person so far.
    """

    users: int
    microseconds: float
    megabytes: float
    state_bytes: int
    largest: int


class Engine:
    """The partitions of the stage that gathers."""

    def __init__(self, folder: Path, closing: ExitStack) -> None:
        framing, policy = SingleObjectFraming(), default_policy()
        rules = Rules(Topics("", ""), framing, policy, None, default_profile_policy(), _KEY)
        self.largest = 0
        self._framing = framing
        self._topics = rules.topics
        self._stores = [PartitionStore(folder / str(number)) for number in range(_PARTITIONS)]
        for store in self._stores:
            closing.callback(store.close)
        self.states = [PartitionState(store) for store in self._stores]
        self._works = [PartitionWork(rules, state, 1, number, self.place) for number, state in enumerate(self.states)]
        self._commits = 0

    def place(self, node: NodeId) -> int:
        """Return the partition of a node."""
        return partition_of(node, _PARTITIONS)

    def take(self, touchpoints: list[AcceptedTouchpoint]) -> None:
        """Work touchpoints off, and all messages that follow."""
        queues: list[list[SourceRecord]] = [[] for _ in self._works]
        for touchpoint in touchpoints:
            node = NodeId(touchpoint["nodes"][0]["node_id"])
            queues[self.place(node)].append(_record(self._topics.touchpoints, node, encode_accepted(touchpoint)))
        waiting = deque(range(_PARTITIONS))
        for number in waiting:
            self._works[number].touchpoints(queues[number])
            queues[number] = []
        while waiting:
            number = waiting.popleft()
            self._works[number].messages(queues[number])
            queues[number] = []
            for key, value in self._committed(number, self._works[number].commit(_START)):
                to = self.place(key)
                queues[to].append(_record(self._topics.graph, key, value))
                if to not in waiting:
                    waiting.append(to)

    def _committed(self, number: int, commit: Commit) -> Iterator[tuple[NodeId, bytes]]:
        """Make a commit durable and yield its messages."""
        self._commits += 1
        self._stores[number].apply(commit.changes, Marker(FORMAT, 1, self._commits, {}), self._commits)
        for output in commit.outputs:
            if output.topic == self._topics.graph and output.key is not None:
                yield NodeId(output.key), output.value
            elif output.topic == self._topics.profiles:
                name, profile = self._framing.decode(output.value)
                if name == PROFILE:
                    self.largest = max(self.largest, len(profile["identifiers"]))


def measure(users: int) -> Iterator[Step]:
    """Yield a step for each tenth of the users."""
    normaliser = Normaliser(default_policy(), _KEY)
    (device,) = normaliser.understand([_DEVICE], source="store", country=None).nodes
    device_id = NodeId(device["node_id"])
    with tempfile.TemporaryDirectory() as folder, ExitStack() as closing:
        engine = Engine(Path(folder), closing)
        done = 0
        for step in range(1, _STEPS + 1):
            until, before = users * step // _STEPS, done
            seconds = 0.0
            while done < until:
                chunk = range(done, min(done + _CHUNK, until))
                touchpoints = [_touchpoint(normaliser, number) for number in chunk]
                started = time.perf_counter()
                engine.take(touchpoints)
                seconds += time.perf_counter() - started
                done = chunk.stop
            node = engine.states[engine.place(device_id)].node(device_id)
            yield Step(
                done,
                seconds / (done - before) * 1e6,
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                len(msgspec.msgpack.encode(node)),
                engine.largest,
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.super_node", description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=200_000, metavar="N", help="of the device (200,000)")
    users = parser.parse_args().users
    table = Table("Users", "Microseconds a touchpoint", "Most memory MB", "Device bytes", "Largest person")
    for column in table.columns:
        column.justify = "right"
    for step in track(measure(users), "One device", _STEPS, transient=True):
        table.add_row(
            f"{step.users:,}",
            f"{step.microseconds:,.0f}",
            f"{step.megabytes:,.0f}",
            f"{step.state_bytes:,}",
            f"{step.largest:,}",
        )
    Console(highlight=False).print(table)


def _touchpoint(normaliser: Normaliser, number: int) -> AcceptedTouchpoint:
    identifiers: list[Identifier] = [{"type": "customer_id", "value": f"C{number}"}, _DEVICE]
    if number % _EVERY == 0:
        identifiers += _NOBODY
    return {
        "source": "store",
        "received_at": _START,
        "origin_topic": "touch.store",
        "origin_partition": 0,
        "origin_offset": number,
        "nodes": list(normaliser.understand(identifiers, source="store", country=None).nodes),
        "touchpoint": {
            "event_id": f"store-{number}",
            "event_time": _START + number * MINUTE_MS,
            "type": "page_view",
            "identifiers": identifiers,
            "traits": {},
            "order": None,
            "marketing": None,
            "consents": [],
            "interaction": None,
            "party": "first",
            "properties": {},
        },
    }


def _record(topic: str, key: NodeId, value: bytes) -> SourceRecord:
    return SourceRecord(topic, 0, 0, _START, key, value)


if __name__ == "__main__":
    main()
