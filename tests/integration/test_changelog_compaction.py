"""Kafka's log cleaner and a restore, at the same time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.batches import Logged, Progress, batch_records, restore
from streams.changelog import KafkaChangelog
from streams.producer import CheckedProducer
from streams.settings import Settings
from streams.store import FORMAT, MARKER_KEY, Marker, PartitionStore
from streams.topics import admin, create_topics, topics_of
from tests.integration.test_checks import alter

_BATCHES = 300
_KEYS = 40
_PORTION = 100
_PATIENCE_SECONDS = 90
_EAGER = {"min.compaction.lag.ms": "0", "min.cleanable.dirty.ratio": "0.01"}


@dataclass(frozen=True)
class InPortions:
    """A changelog of which nothing is fetched ahead."""

    changelog: KafkaChangelog

    def bounds(self, partition: int) -> tuple[int, int]:
        """See :class:`streams.batches.Changelog`."""
        return self.changelog.bounds(partition)

    def read(self, partition: int, start: int, end: int) -> Iterator[list[Logged]]:
        """See :class:`streams.batches.Changelog`."""
        while start < end:
            portion = next(filter(None, self.changelog.read(partition, start, end)))[:_PORTION]
            start = portion[-1].offset + 1
            yield portion


def test_a_changelog_that_kafka_compacts_while_it_is_read_restores_whole(settings: Settings, tmp_path: Path) -> None:
    client = admin(settings)
    create_topics(client, settings)
    topic = topics_of(settings).state
    alter(settings, topic, {"segment.ms": "50"})
    truth = _write(settings, topic)
    changelog = KafkaChangelog(settings.servers, topic)
    store = PartitionStore(tmp_path / "store")
    markers = _markers(changelog)

    def tell(progress: Progress) -> None:
        if progress.records == _PORTION:
            alter(settings, topic, _EAGER)
            until = time.monotonic() + _PATIENCE_SECONDS
            while _markers(changelog) > markers / 10 and time.monotonic() < until:
                time.sleep(0.5)

    restored = restore(store, InPortions(changelog), 0, tell)

    assert _markers(changelog) < markers / 10, "nothing was compacted"
    assert {key: store.get(key) for key in truth} == truth
    assert (restored.torn, store.marker.sequence) == ({}, _BATCHES - 1)
    store.close()


def _write(settings: Settings, topic: str) -> dict[bytes, bytes]:
    """Write batches, each of some keys, and return what they come to."""
    producer, truth = CheckedProducer(settings.servers), dict[bytes, bytes]()
    try:
        for sequence in range(_BATCHES):
            changes = {b"n%d" % (sequence * 3 % _KEYS + part): b"%d" % sequence for part in range(2)}
            truth.update(changes)
            sent = producer.begin()
            for key, value, _ in batch_records(changes, Marker(FORMAT, 1, sequence, {})):
                sent.send(topic, key, value, 0)
            sent.wait()
    finally:
        producer.close()
    return truth


def _markers(changelog: KafkaChangelog) -> int:
    found = changelog.read(0, *changelog.bounds(0))
    return sum(record.key == MARKER_KEY for records in found for record in records)
