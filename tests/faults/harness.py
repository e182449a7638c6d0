"""What the tests of the running engine share: worlds as bytes, an oracle without Kafka, children to torment."""

import os
import signal
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource

from identity.policy_file import default_policy
from infra.world import PoisonEmission, World, WorldConfig
from profiles.policy_file import default_profile_policy
from schemas.contracts import PROFILE
from schemas.framing import SingleObjectFraming
from sinks.digest import Digest, people_digest
from sinks.lake import LakeBatch, open_lake_writer
from sinks.reader import open_lake_reader
from streams.acceptance import acceptance
from streams.gather import PartitionWork, Rules
from streams.ingest import Ingest
from streams.lag import LagReader
from streams.processes import Processes, processes
from streams.producer import CheckedProducer
from streams.records import SourceRecord
from streams.settings import Settings
from streams.state import PartitionState
from streams.store import PartitionStore
from streams.topics import Topics, admin, create_topics, topics_of

PARTITIONS = 4
KEY = bytes(range(32))
"""Any key gives the same people; the oracle has this one."""

FRAMES = SingleObjectFraming()
NOW_MS = 1_795_000_000_000
"""After every event of a world, before every stamp from the future: 2026-11-18."""

_PATIENCE_SECONDS = 100.0


@dataclass(frozen=True, slots=True)
class Sent:
    """A record of a source topic as it is published.

    Attributes:
        source: whose topic.
        value: the bytes.
        event: source and event id of a usable touchpoint; None for what ingest must reject.
        rejected_as: why it must reject it, where that is known.
    """

    source: str
    value: bytes
    event: tuple[str, str] | None
    rejected_as: str | None = None


def world(customers: int, touchpoints: int, seed: int) -> list[Sent]:
    """Return a world's records in order of arrival."""
    return [sent_of(emission) for emission in World(WorldConfig(customers, touchpoints, seed)).emissions()]


def sent_of(emission: object) -> Sent:
    if isinstance(emission, PoisonEmission):
        return Sent(emission.source, emission.payload, None)
    value = FRAMES.encode(emission.record_name, emission.record)  # type: ignore[attr-defined]  # an Emission
    source, event_id = emission.source, emission.event_id  # type: ignore[attr-defined]
    rejected_as = emission.rejected_as  # type: ignore[attr-defined]
    return Sent(source, value, None if rejected_as else (source, event_id), rejected_as)


def events_of(records: Iterable[Sent]) -> set[tuple[str, str]]:
    """Return the touchpoints among records, each once."""
    return {record.event for record in records if record.event is not None}


def installation(broker: str, home: Path, **changes: object) -> Settings:
    """Return a new installation with its topics."""
    made = Settings(
        **{  # type: ignore[arg-type]  # a test's keywords
            "home": home,
            "bootstrap_servers": broker,
            "topic_prefix": f"t{uuid4().hex[:12]}.",
            "partitions": PARTITIONS,
            **changes,
        }
    )
    create_topics(admin(made), made)
    return made


def publish(settings: Settings, records: Iterable[Sent]) -> None:
    """Publish records and wait until all have arrived."""
    topics = topics_of(settings)
    producer = CheckedProducer(settings.servers)
    try:
        sent = producer.begin()
        for record in records:
            sent.send(topics.source(record.source), None, record.value)
        sent.wait()
    finally:
        producer.close()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the lake of an installation holds at one time.

    Attributes:
        digest: of all people.
        events: source and event id of every row of touchpoints, with how many rows there are.
        dead_letters: number of them by reason.
    """

    digest: Digest
    events: Mapping[tuple[str, str], int]
    dead_letters: Mapping[str, int]


def set_topic(settings: Settings, topic: str, name: str, value: int) -> None:
    """Change a setting of a topic while it is in use, and wait until the broker goes by it."""
    client = admin(settings)
    place = ConfigResource(ConfigResource.Type.TOPIC, topic)
    place.add_incremental_config(ConfigEntry(name, str(value), incremental_operation=AlterConfigOpType.SET))
    client.incremental_alter_configs([place])[place].result(10)
    until = time.monotonic() + _PATIENCE_SECONDS
    while client.describe_configs([place])[place].result(10)[name].value != str(value):
        assert time.monotonic() < until
        time.sleep(0.05)


def committed(settings: Settings, topic: str) -> dict[int, int]:
    """Return how far the workers are in a topic, by partition."""
    client: dict[str, str | int | float | bool] = {
        "bootstrap.servers": settings.servers,
        "group.id": topics_of(settings).group,
    }
    consumer = Consumer(client)
    try:
        found = consumer.committed([TopicPartition(topic, number) for number in range(settings.partitions)], timeout=10)
    finally:
        consumer.close()
    return {place.partition: max(place.offset, 0) for place in found}


def outcome(settings: Settings) -> Outcome:
    """Read what the lake holds."""
    with open_lake_reader(settings.home) as reader:
        events = reader.execute("SELECT source, event_id, count(*) FROM touchpoints GROUP BY ALL").fetchall()
        reasons = reader.execute("SELECT reason, count(*) FROM dead_letters GROUP BY ALL").fetchall()
    return Outcome(
        people_digest(settings.home), {(source, event): rows for source, event, rows in events}, dict(reasons)
    )


def oracle(records: Iterable[Sent]) -> Digest:
    """Return the digest of a plain fold of the records."""
    with folded(records) as home:
        return people_digest(home)


@contextmanager
def folded(records: Iterable[Sent]) -> Iterator[Path]:
    """Provide a home whose lake has a plain fold of the records: one process, one partition, no Kafka, no crash."""
    topics = Topics("", "")
    ingest = Ingest(topics, FRAMES, acceptance(default_policy(), default_profile_policy(), KEY))
    with tempfile.TemporaryDirectory() as folder:
        store = PartitionStore(Path(folder) / "state")
        rules = Rules(topics, FRAMES, default_policy(), None, default_profile_policy(), KEY)
        work = PartitionWork(rules, PartitionState(store), 1, 0, lambda _: 0)
        accepted = []
        for number, record in enumerate(records):
            output = ingest.output(SourceRecord(topics.source(record.source), 0, number, NOW_MS, None, record.value))
            if output.topic == topics.touchpoints:
                accepted.append(SourceRecord(output.topic, 0, number, NOW_MS, output.key, output.value))
        work.touchpoints(accepted)
        told: defaultdict[str, list[Mapping[str, object]]] = defaultdict(list)
        for output in work.commit(NOW_MS).outputs:
            name, content = FRAMES.decode(output.value)
            told[name].append(content)
        store.close()
        with open_lake_writer(Path(folder)) as writer:
            writer.write(LakeBatch(profiles=told[PROFILE]), {})  # type: ignore[arg-type]  # decoded by name
        yield Path(folder)


@dataclass(slots=True)
class Running:
    """Child processes of an installation and how far they are."""

    settings: Settings
    children: Processes
    reader: LagReader

    def start(self, name: str, command: str) -> int:
        """Start ``onefold worker`` or ``sink`` and return its process id."""
        self.children.start(name, command)
        return self.children.pids()[name]

    def log(self, name: str) -> str:
        """Return what a child wrote so far."""
        file = self.children.log_file(name)
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def until_drained(self, wanted: Sequence[str] = ("ingest", "gather", "graph", "lake")) -> None:
        """Wait until nothing waits for these stages, twice in a row with the same ends of the topics."""
        before: Mapping[tuple[str, int], int] | None = None
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            lag = self.reader.read()
            waiting = {(part.topic, part.waiting) for part in lag.stages if part.stage in wanted and part.waiting}
            if not waiting and before == lag.ends:
                return
            before = None if waiting else lag.ends
            assert time.monotonic() < until, f"not drained, waiting: {sorted(waiting)}"
            time.sleep(0.2)

    def until(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < until, f"waited in vain for: {what}"
            time.sleep(0.1)

    def until_ended(self, name: str) -> int:
        """Wait until a child ended by itself and return its exit code."""
        process = self.children._running[name]
        self.until(f"{name} ended", lambda: process.poll() is not None)
        return int(process.returncode)

    def ask_to_stop(self, name: str) -> None:
        """Send SIGTERM."""
        os.kill(self.children.pids()[name], signal.SIGTERM)

    def until_assigned(self, name: str, times: int = 1) -> None:
        """Wait until a worker was given partitions so many times."""
        self.until(f"{name} has partitions", lambda: self.log(name).count("partitions assigned") >= times)


@contextmanager
def running(settings: Settings) -> Iterator[Running]:
    """Provide the child processes of an installation; whatever is still there at the end is stopped."""
    with processes(settings) as children, closing(LagReader(settings)) as reader:
        yield Running(settings, children, reader)


def reasons_expected(records: Iterable[Sent]) -> Counter[str]:
    """Return how many records must be rejected for each reason that is known beforehand."""
    return Counter(record.rejected_as for record in records if record.rejected_as is not None)
