"""Fault 10: holes in the offsets of a source topic, as transactions leave them."""

from pathlib import Path

from confluent_kafka import Producer

from streams.drain import drain
from streams.settings import Settings
from streams.topics import Topics
from tests.faults.harness import Sent, events_of, installation, oracle, outcome, world

SEED = 1010


def _publish_in_transactions(settings: Settings, records: list[Sent], size: int) -> None:
    """Publish a few records a transaction; after each lies the marker of its end, which no reader is given."""
    topics = Topics(settings.topic_prefix)
    producer = Producer(
        {"bootstrap.servers": settings.servers, "transactional.id": settings.topic_prefix, "linger.ms": 0}
    )
    producer.init_transactions(30)
    for start in range(0, len(records), size):
        producer.begin_transaction()
        for record in records[start : start + size]:
            producer.produce(topics.source(record.source), record.value)
        producer.commit_transaction(30)


def test_fault_10_a_source_written_in_transactions_is_drained_to_its_end(broker: str, tmp_path: Path) -> None:
    records = world(100, 400, SEED)
    settings = installation(broker, tmp_path)
    _publish_in_transactions(settings, records, 7)

    drain(settings, 1, lambda _: None)

    found = outcome(settings)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)
