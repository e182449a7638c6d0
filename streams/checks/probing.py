"""A probe: some records are written for real and one is read, which shows delivery, partitioner and clock at once."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from confluent_kafka import (
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from identity.nodes import NODE_ID_BYTES, NodeId
from streams.checks.findings import Finding, Looking, Verdict
from streams.partitioning import partition_of
from streams.producer import producer_settings

_KEYS = [NodeId(bytes([number]) * NODE_ID_BYTES) for number in range(1, 17)]
_DELIVERY_MS = 15_000
_READ_SECONDS = 15.0
_WARNED_SECONDS, _REFUSED_SECONDS = 30.0, 300.0
"""Of skew: what goes by the present moment (caps, activations, the clock of ``onefold clock``) is wrong by it."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Where and when a record arrived; when None by the broker's clock where the topic does not say."""

    key: NodeId
    partition: int
    offset: int
    at_ms: int | None


def probe(looking: Looking) -> Iterator[Finding]:
    """Find a broker that takes or gives no records, a partitioner that puts keys elsewhere, a clock that goes wrong."""
    topic = looking.topics.probe
    before = time.time()
    arrivals, problem = _write(looking.settings.servers, topic)
    after = time.time()
    if problem is not None:
        remedy = "see the broker's log: while no record arrives, nothing can be done"
        yield Finding("delivery", f"topic {topic}", "refused", f"{len(_KEYS)} records to arrive", problem, remedy)
        return
    yield Finding("delivery", f"topic {topic}", "ok", f"{len(_KEYS)} records to arrive", "as expected")
    yield _reading(looking.settings.servers, topic, arrivals[0])
    yield _partitioner(arrivals, looking.settings.partitions)
    told = [arrival.at_ms / 1000 for arrival in arrivals if arrival.at_ms is not None]
    if told:
        yield clock_finding(before, after, told[0])
    else:
        remedy = "set message.timestamp.type of the topic to LogAppendTime, so that the clocks can be compared"
        yield Finding("clock", f"topic {topic}", "warning", "the broker's time in its records", "none", remedy)


def clock_finding(before: float, after: float, told: float) -> Finding:
    """Return what the broker's time between two moments of this machine says of the two clocks, in seconds."""
    skew = max(0.0, before - told, told - after)
    verdict: Verdict = "refused" if skew > _REFUSED_SECONDS else "warning" if skew > _WARNED_SECONDS else "ok"
    side = "behind" if told > after else "ahead of"
    found = "as expected" if verdict == "ok" else f"{skew:.0f} seconds {side} the broker"
    remedy = "" if verdict == "ok" else "have both machines keep time (NTP)"
    expected = f"within {_WARNED_SECONDS:g} seconds of the broker's"
    return Finding("clock", "the clock of this machine", verdict, expected, found, remedy)


def _reading(servers: str, topic: str, arrival: _Arrival) -> Finding:
    """Read a record that arrived; no group is joined, which would take seconds."""
    settings: dict[str, str | int | float | bool] = {
        "bootstrap.servers": servers,
        "group.id": topic,
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "log_level": 0,
    }
    reader = Consumer(settings)
    try:
        reader.assign([TopicPartition(topic, arrival.partition, arrival.offset)])
        found = reader.poll(_READ_SECONDS)
    finally:
        reader.close()
    expected = "a record that arrived to be read"
    error = None if found is None else found.error()
    if found is not None and error is None and found.key() == arrival.key:
        return Finding("reading", f"topic {topic}", "ok", expected, "as expected")
    problem = "no answer" if found is None else "another record" if error is None else error.str()
    remedy = "see the broker's log, and whether this client may read: what cannot be read cannot be worked on"
    return Finding("reading", f"topic {topic}", "refused", expected, problem, remedy)


def _partitioner(arrivals: list[_Arrival], partitions: int) -> Finding:
    elsewhere = sum(arrival.partition != partition_of(arrival.key, partitions) for arrival in arrivals)
    expected = "keys where murmur2, the default of Java's clients, puts them"
    if not elsewhere:
        return Finding("partitioner", "the client library", "ok", expected, "as expected")
    remedy = "use the versions in constraints.txt: nodes would be split between partitions"
    return Finding("partitioner", "the client library", "refused", expected, f"{elsewhere} elsewhere", remedy)


def _write(servers: str, topic: str) -> tuple[list[_Arrival], str | None]:
    """Write a record a key; return where they arrived, or why not all did."""
    arrivals: list[_Arrival] = []
    problems: list[str] = []

    def report(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            problems.append(error.str())
            return
        kind, at_ms = message.timestamp()
        at = at_ms if kind == TIMESTAMP_LOG_APPEND_TIME else None
        arrivals.append(_Arrival(NodeId(message.key() or b""), message.partition() or 0, message.offset() or 0, at))

    producer = Producer({**producer_settings(servers), "delivery.timeout.ms": _DELIVERY_MS})
    try:
        for key in _KEYS:
            producer.produce(topic, b"", key, on_delivery=report)
    except KafkaException as error:
        problems.append(error.args[0].str())
    producer.flush(_DELIVERY_MS / 1000 + 1)
    if len(arrivals) == len(_KEYS):
        return arrivals, None
    return arrivals, f"{len(arrivals)}: {problems[0] if problems else 'no answer'}"
