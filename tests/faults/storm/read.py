"""What lies in the topics and in the lake of an installation."""

import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Consumer, TopicPartition

from schemas.accepted import decode_accepted
from schemas.contracts import CHANGE, SIGNAL
from schemas.framing import SingleObjectFraming
from sinks.maintenance import snapshot_times
from sinks.reader import LakeReader
from streams.batches import restore
from streams.changelog import KafkaChangelog
from streams.settings import Settings
from streams.store import PartitionStore
from streams.topics import topics_of

_FRAMES = SingleObjectFraming()
_PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.1
_TOGETHER = 10_000
_EVENT = b"e"

Place = tuple[str, int, int]
"""Topic, partition and offset."""

Offsets = Mapping[tuple[str, int], int]
"""The next offset by topic and partition."""


class Told(NamedTuple):
    """A record of a topic."""

    place: Place
    value: bytes | None

    def decoded(self) -> tuple[str, Any]:
        """Return the name of its contract and its content."""
        return _FRAMES.decode(self.value)


def read_topics(settings: Settings, names: Iterable[str]) -> dict[str, list[Told]]:
    """Return all records of topics, each partition's in order."""
    names = list(names)
    consumer = Consumer(
        {"bootstrap.servers": settings.servers, "group.id": "storm", "enable.auto.commit": False, "log_level": 0}
    )
    found: dict[str, list[Told]] = {name: [] for name in names}
    try:
        places = [TopicPartition(name, number) for name in names for number in range(settings.partitions)]
        bounds = {(tp.topic, tp.partition): consumer.get_watermark_offsets(tp, _PATIENCE_SECONDS) for tp in places}
        left = {place: end for place, (start, end) in bounds.items() if start < end}
        consumer.assign([TopicPartition(*place, bounds[place][0]) for place in left])
        until = time.monotonic() + _PATIENCE_SECONDS
        while left:
            assert time.monotonic() < until, f"nothing comes of {sorted(left)}"
            for message in consumer.consume(_TOGETHER, timeout=_POLL_SECONDS):
                assert message.error() is None, message.error()
                topic, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
                found[topic].append(Told((topic, partition, offset), message.value()))
                if offset + 1 >= left.get((topic, partition), 0):
                    left.pop((topic, partition), None)
        return found
    finally:
        consumer.close()


def counted_events(settings: Settings) -> int:
    """Return how many events the changelogs say are counted, as a worker with an empty disk would restore them."""
    changelog = KafkaChangelog(settings.servers, topics_of(settings).state)
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(settings.partitions):
            store = PartitionStore(Path(folder) / str(number))
            restored = restore(store, changelog, number, lambda *_: None)
            store.apply(restored.torn, store.marker, store.position)
            keys = store.keys_after(_EVENT, 10_000_000)
            found += sum(key[:1] == _EVENT for key in keys)
            store.close()
    return found


@dataclass(slots=True)
class Heard:
    """What who reads the public topics up to some offsets knows, keeping the highest revision of each.

    Attributes:
        touchpoints: source and event id of all accepted ones.
        profiles: the newest by customer id.
        dead: reason by the place of the record that could not be used.
        links: revision by anchor and node.
        changes: all that happened, each once.
        signals: by id.
    """

    touchpoints: set[tuple[str, str]] = field(default_factory=set)
    profiles: dict[str, Any] = field(default_factory=dict)
    dead: dict[Place, str] = field(default_factory=dict)
    links: dict[tuple[str, str], int] = field(default_factory=dict)
    changes: dict[tuple[str, str, str, int], Any] = field(default_factory=dict)
    signals: dict[str, Any] = field(default_factory=dict)


class PublicTopics:
    """The public topics of an installation, decoded once.

    Args:
        settings: of the installation.
    """

    def __init__(self, settings: Settings) -> None:
        topics = topics_of(settings)
        names = [topics.touchpoints, topics.profiles, topics.links, topics.changes, topics.dead_letters]
        logs = read_topics(settings, names)
        self.ends = {(topic, number): offset + 1 for log in logs.values() for (topic, number, offset), _ in log}
        self.touchpoints = [
            (told.place, (accepted["source"], accepted["touchpoint"]["event_id"]))
            for told in logs[topics.touchpoints]
            for accepted in [decode_accepted(told.value)]
        ]
        self.profiles = _contents(logs[topics.profiles])
        self.links = _contents(logs[topics.links])
        self.dead_letters = _contents(logs[topics.dead_letters])
        told = [(record.place, *record.decoded()) for record in logs[topics.changes]]
        self.changes = [(place, content) for place, name, content in told if name == CHANGE]
        self.signals = [(place, content) for place, name, content in told if name == SIGNAL]

    def heard(self, upto: Offsets | None = None) -> Heard:
        """Return what is known at some offsets; None: at the end."""

        def known(place: Place) -> bool:
            return upto is None or place[2] < upto.get(place[:2], 0)

        heard = Heard(touchpoints={event for place, event in self.touchpoints if known(place)})
        for place, profile in self.profiles:
            newest = heard.profiles.get(profile["customer_id"])
            if known(place) and (newest is None or profile["revision"] > newest["revision"]):
                heard.profiles[profile["customer_id"]] = profile
        for place, letter in self.dead_letters:
            if known(place):
                heard.dead[letter["topic"], letter["partition"], letter["offset"]] = letter["reason"]
        for place, link in self.links:
            if known(place):
                ends = link["anchor_id"], link["node_id"]
                heard.links[ends] = max(heard.links.get(ends, 0), link["revision"])
        for place, change in self.changes:
            if known(place):
                other = change["other_customer_id"] or ""
                heard.changes[change["kind"], change["customer_id"], other, change["revision"]] = change
        heard.signals = {signal["signal_id"]: signal for place, signal in self.signals if known(place)}
        return heard


def _contents(told: Iterable[Told]) -> list[tuple[Place, Any]]:
    return [(record.place, record.decoded()[1]) for record in told]


@dataclass(frozen=True, slots=True)
class Rows:
    """What a snapshot of the lake holds: the keys of its rows, sorted, and how far each topic is in it."""

    offsets: Offsets
    touchpoints: list[tuple[str, str]]
    profiles: dict[str, int]
    dead: list[tuple[Place, str]]
    links: dict[tuple[str, str], int]
    changes: list[tuple[str, str, str, int]]
    signals: list[str]


def snapshots(reader: LakeReader) -> list[int]:
    """Return the versions of the lake that can be asked for, the oldest first."""
    return [version for version, _ in snapshot_times(reader, with_tables=True)]


def rows_at(reader: LakeReader, version: int) -> Rows:
    """Return what the lake held at a version."""

    def select(columns: str, table: str) -> list[Any]:
        return reader.execute(f"SELECT {columns} FROM {table} AT (VERSION => {version})").fetchall()  # noqa: S608

    return Rows(
        {(topic, number): end for topic, number, end in select('topic, "partition", next_offset', "_offsets")},
        sorted(select("source, event_id", "touchpoints")),
        dict(select("customer_id, revision", "profiles")),
        sorted(
            ((t, p, o), reason) for t, p, o, reason in select('topic, "partition", "offset", reason', "dead_letters")
        ),
        {(anchor, node): revision for anchor, node, revision in select("anchor_id, node_id, revision", "links")},
        sorted(select("kind, customer_id, other_customer_id, revision", "changes")),
        sorted(one for (one,) in select("signal_id", "signals")),
    )
