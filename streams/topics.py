"""The topics: their names, what they hold, and how they must be set up."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.cimpl import NewTopic

from schemas.contracts import CALL_RECORD, MOBILE_EVENT, STORE_RECEIPT, TOUCHPOINT, WEB_EVENT
from streams.errors import BrokerDownError, TopicsError
from streams.logs import QUIET
from streams.settings import Settings

SOURCES: Mapping[str, frozenset[str]] = {
    "web": frozenset({TOUCHPOINT, WEB_EVENT}),
    "mobile": frozenset({TOUCHPOINT, MOBILE_EVENT}),
    "store": frozenset({TOUCHPOINT, STORE_RECEIPT}),
    "call": frozenset({TOUCHPOINT, CALL_RECORD}),
    "email": frozenset({TOUCHPOINT}),
    "paid": frozenset({TOUCHPOINT}),
    "social": frozenset({TOUCHPOINT}),
    "partner": frozenset({TOUCHPOINT}),
    "crm": frozenset({TOUCHPOINT}),
}
"""The sources, which are the channels, and the records that may come from each."""

Stage = Literal["ingest", "gather", "graph", "lake"]

Position = tuple[str, int]
"""Topic and partition."""

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
ADMIN_TIMEOUT_SECONDS = 15.0
_COMPACTED = {"cleanup.policy": "compact"}
_KNOWN_PAUSE_SECONDS = 0.05
_COORDINATOR_SECONDS = 30.0
_COORDINATOR_PAUSE_SECONDS = 0.2
_COORDINATOR_CODES = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
}
_HOUR_MS = 3600 * 1000
_DAY_MS = 24 * 3600 * 1000
_WEEK_MS = 7 * _DAY_MS


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of all topics of one installation.

    Attributes:
        prefix: put before every name, so that several installations share a cluster.
        source_prefix: put before the names of the topics of the sources and of decisions, which are history: several
            installations may read the same ones.
    """

    prefix: str
    source_prefix: str

    def source(self, source: str) -> str:
        """Topic that a source publishes to: ``touch.web`` ..."""
        return f"{self.source_prefix}touch.{source}"

    def source_of(self, topic: str) -> str:
        """Return the source that publishes to a topic, the inverse of :meth:`source`."""
        return topic.removeprefix(f"{self.source_prefix}touch.")

    @property
    def sources(self) -> list[str]:
        """The topics of all sources."""
        return [self.source(source) for source in SOURCES]

    @property
    def touchpoints(self) -> str:
        """Accepted touchpoints, keyed by the anchor's node id."""
        return f"{self.prefix}onefold.touchpoints"

    @property
    def graph(self) -> str:
        """Messages of the gathering protocol, keyed by the node they are for."""
        return f"{self.prefix}onefold.graph"

    @property
    def state(self) -> str:
        """The changelog of the partition stores; written to explicit partitions."""
        return f"{self.prefix}onefold.state"

    @property
    def profiles(self) -> str:
        """Public: every customer's newest profile, keyed by customer id."""
        return f"{self.prefix}onefold.profiles"

    @property
    def links(self) -> str:
        """Public: the newest verdict on every link, keyed by both node ids."""
        return f"{self.prefix}onefold.links"

    @property
    def changes(self) -> str:
        """Public: what happened to customers as a whole, and signals, keyed by customer id."""
        return f"{self.prefix}onefold.changes"

    @property
    def activations(self) -> str:
        """Public: decisions for touchpoints that asked for one, keyed by customer id."""
        return f"{self.prefix}onefold.activations"

    @property
    def scores(self) -> str:
        """Public: what models say of customers, keyed by model and customer id."""
        return f"{self.prefix}onefold.scores"

    @property
    def clock(self) -> str:
        """What time it is, the same in every partition."""
        return f"{self.prefix}onefold.clock"

    @property
    def decisions(self) -> str:
        """What data stewards decided, keyed by what it is on."""
        return f"{self.source_prefix}onefold.decisions"

    @property
    def policy(self) -> str:
        """The identity policy in force, the same in every partition."""
        return f"{self.prefix}onefold.policy"

    @property
    def dead_letters(self) -> str:
        """Records that could not be used, with reason and original bytes."""
        return f"{self.prefix}onefold.dead_letters"

    @property
    def probe(self) -> str:
        """Records of checks, with the time of the broker; nobody reads them."""
        return f"{self.prefix}onefold.probe"

    @property
    def for_lake(self) -> list[str]:
        """What the lake sink reads."""
        return [
            self.touchpoints,
            self.profiles,
            self.links,
            self.changes,
            self.activations,
            self.scores,
            self.decisions,
            self.policy,
            self.dead_letters,
        ]

    @property
    def for_worker(self) -> list[str]:
        """What the workers read."""
        return [*self.for_ingest, *self.for_gather]

    @property
    def for_gather(self) -> list[str]:
        """What the stage with the state reads, each of its partitions by itself."""
        return [self.policy, self.clock, self.touchpoints, self.graph]

    @property
    def stages(self) -> dict[str, Stage]:
        """What workers read, and for which stage."""
        gathered: dict[str, Stage] = {self.policy: "gather", self.clock: "gather", self.touchpoints: "gather"}
        return {**dict.fromkeys(self.for_ingest, "ingest"), **gathered, self.graph: "graph"}

    @property
    def for_ingest(self) -> list[str]:
        """What the stateless stage reads: touchpoints as they came, and decisions."""
        return [*self.sources, self.decisions]

    @property
    def group(self) -> str:
        """Consumer group of the workers."""
        return f"{self.prefix}onefold"

    def configs(self) -> dict[str, dict[str, str]]:
        """Every topic and its settings."""
        plain = {"retention.ms": "-1", "max.message.bytes": str(MAX_MESSAGE_BYTES)}
        compacted = {**plain, **_COMPACTED}
        return {
            **dict.fromkeys(self.sources, plain),
            self.touchpoints: plain,
            self.graph: {**plain, "retention.ms": str(_WEEK_MS)},
            # A batch that a crash cut short is set right when its partition is opened again; until then no older
            # version of a key may be compacted away. A restore must meet the deletions of what it has read.
            self.state: {
                **compacted,
                "min.compaction.lag.ms": str(_WEEK_MS),
                "delete.retention.ms": str(_DAY_MS),
            },
            self.profiles: compacted,
            self.links: compacted,
            self.changes: plain,
            self.activations: plain,
            self.scores: compacted,
            self.clock: compacted,
            self.decisions: compacted,
            self.policy: compacted,
            self.dead_letters: plain,
            self.probe: {**plain, "retention.ms": str(_HOUR_MS), "message.timestamp.type": "LogAppendTime"},
        }


def topics_of(settings: Settings) -> Topics:
    """Return the topics of an installation."""
    prefix = settings.topic_prefix
    return Topics(prefix, prefix if settings.source_prefix is None else settings.source_prefix)


def admin(settings: Settings) -> AdminClient:
    """Return a client for questions about topics and groups."""
    return AdminClient({**QUIET, "bootstrap.servers": settings.servers})


def create_topics(client: AdminClient, settings: Settings) -> list[str]:
    """Create the topics that are missing and return their names; check the ones that are there.

    Raises:
        BrokerDownError: no broker answers.
        TopicsError: a topic cannot be created or has another number of partitions.
    """
    topics = topics_of(settings)
    present = partition_counts(client, settings)
    # With one replica out of step writing goes on; with a record on one alone it would count as written.
    in_sync = {"min.insync.replicas": str(max(1, settings.replication - 1))}
    missing = {name: {**config, **in_sync} for name, config in topics.configs().items() if name not in present}
    created = (
        client.create_topics(
            [
                NewTopic(name, settings.partitions, settings.replication, config=config)
                for name, config in missing.items()
            ]
        )
        if missing
        else {}
    )
    for name, future in created.items():
        try:
            future.result(ADMIN_TIMEOUT_SECONDS)
        except KafkaException as error:
            raise TopicsError(f"topic {name} cannot be created: {error.args[0].str()}") from None
    wait_until_ready(client, settings, missing)
    check_topics(client, settings)
    return sorted(missing)


def wait_until_ready(client: AdminClient, settings: Settings, names: Iterable[str]) -> None:
    """Wait until every new partition answers, a moment after the broker knows of its topic.

    A producer must not come earlier: where its first batch is refused and the second, already under way, is taken,
    the broker holds the first one's retry for a duplicate, and it is lost without an error.
    """
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    asked = {TopicPartition(name, number): latest for name in names for number in range(settings.partitions)}
    until = time.monotonic() + ADMIN_TIMEOUT_SECONDS
    while asked and time.monotonic() < until:
        answers = client.list_offsets(asked)
        asked = {tp: latest for tp, answer in answers.items() if answer.exception(ADMIN_TIMEOUT_SECONDS) is not None}
        time.sleep(_KNOWN_PAUSE_SECONDS if asked else 0)


def check_topics(client: AdminClient, settings: Settings) -> None:
    """Make sure that every topic is there with one and the same number of partitions.

    Raises:
        BrokerDownError: no broker answers.
        TopicsError: a topic is missing, or its number of partitions is not the setting's.
    """
    present = partition_counts(client, settings)
    for name in topics_of(settings).configs():
        if name not in present:
            raise TopicsError(f"topic {name} is missing at {settings.servers}; 'onefold up' creates it")
        if present[name] != settings.partitions:
            raise TopicsError(
                f"topic {name} has {present[name]} partitions, expected {settings.partitions} (ONEFOLD_PARTITIONS); "
                "state is bound to the number of partitions, so it cannot change"
            )


def partition_counts(client: AdminClient, settings: Settings) -> dict[str, int]:
    """Return the number of partitions of every topic in the cluster.

    Raises:
        BrokerDownError: no broker answers.
    """
    try:
        metadata = client.list_topics(timeout=ADMIN_TIMEOUT_SECONDS)
    except KafkaException:
        raise BrokerDownError.at(settings.servers) from None
    return {name: len(topic.partitions) for name, topic in metadata.topics.items() if topic.error is None}


def committed(group: Consumer, asked: list[TopicPartition]) -> list[TopicPartition]:
    """Return what a group committed; waits while its coordinator is not known.

    Raises:
        KafkaException: the broker does not tell.
    """
    until = time.monotonic() + _COORDINATOR_SECONDS
    while True:
        try:
            return group.committed(asked, timeout=ADMIN_TIMEOUT_SECONDS)
        except KafkaException as error:
            if error.args[0].code() not in _COORDINATOR_CODES or time.monotonic() > until:
                raise
            time.sleep(_COORDINATOR_PAUSE_SECONDS)


def topic_ends(client: AdminClient, topics: Iterable[str], partitions: int) -> dict[Position, int]:
    """Return the offset of the next record of every partition of topics.

    Raises:
        KafkaException: the broker does not tell.
    """
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    asked = {TopicPartition(topic, number): latest for topic in set(topics) for number in range(partitions)}
    futures = client.list_offsets(asked)
    return {(tp.topic, tp.partition): future.result(ADMIN_TIMEOUT_SECONDS).offset for tp, future in futures.items()}
