"""Fault 25: half of all events are of one person."""

from collections.abc import Mapping
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from identity.policy_file import default_policy
from profiles.policy_file import default_profile_policy
from schemas.contracts import TOUCHPOINT
from schemas.records import Touchpoint
from streams.acceptance import acceptance
from streams.batches import marker_of
from streams.ingest import Ingest
from streams.producer import CheckedProducer
from streams.records import SourceRecord, send_output
from streams.settings import Settings, node_key
from streams.topics import topics_of
from tests.faults.harness import FRAMES, Sent, events_of, installation, oracle, outcome, running

AT = 1_770_000_000_000
HALF = 6_000
TEXT_LENGTH = 1_000
"""So long that the busy partition takes several fetches, of 1 MiB each, more than any other."""


def visit(number: int, email: str) -> Sent:
    """Return an event of a person."""
    touchpoint: Touchpoint = {
        "event_id": f"{number}",
        "event_time": AT + number,
        "type": "page_view",
        "identifiers": [{"type": "email", "value": email}],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {"page": f"/{number % 50}", "text": "x" * TEXT_LENGTH},
    }
    return Sent("web", FRAMES.encode(TOUCHPOINT, touchpoint), ("web", f"{number}"))


def publish_accepted(settings: Settings, records: list[Sent]) -> None:
    """Publish what ingest makes of the records, so that all of it waits when the worker begins to gather."""
    topics = topics_of(settings)
    ingest = Ingest(topics, FRAMES, acceptance(default_policy(), default_profile_policy(), node_key(settings)))
    producer = CheckedProducer(settings.servers)
    sent = producer.begin()
    for number, record in enumerate(records):
        source = SourceRecord(topics.source(record.source), 0, number, AT, None, record.value)
        send_output(sent, ingest.output(source))
    sent.wait()
    producer.close()


def done_ms(settings: Settings, ends: Mapping[tuple[str, int], int]) -> dict[int, int]:
    """Return when each partition had taken in the last of its own touchpoints, by the markers in its changelog."""
    topics = topics_of(settings)
    client: dict[str, str | int | float | bool] = {"bootstrap.servers": settings.servers, "group.id": "test"}
    consumer = Consumer(client)
    found = {}
    try:
        for number in range(settings.partitions):
            consumer.assign([TopicPartition(topics.state, number, 0)])
            while number not in found:
                message = consumer.poll(60)
                assert message is not None, f"partition {number} took in less"
                marker = marker_of(message.key(), message.value())
                if marker and marker.offsets.get(topics.touchpoints, 0) >= ends[topics.touchpoints, number]:
                    found[number] = message.timestamp()[1]
    finally:
        consumer.close()
    return found


def test_fault_25_the_other_partitions_do_not_wait_for_the_busy_one_and_its_lag_is_told(
    broker: str, tmp_path: Path
) -> None:
    records = [
        record
        for number in range(HALF)
        for record in (visit(2 * number, "busy@example.org"), visit(2 * number + 1, f"other{number % 900}@example.org"))
    ]
    settings = installation(broker, tmp_path)
    topic = topics_of(settings).touchpoints
    publish_accepted(settings, records)
    with running(settings) as engine:
        lag = engine.reader.read()
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        engine.until_drained()

    size = {number: lag.ends[topic, number] for number in range(settings.partitions)}
    busy = max(size, key=lambda number: size[number])
    assert size[busy] > HALF
    assert {part.waiting for part in lag.stages if part.topic == topic} == {len(records)}
    done = done_ms(settings, lag.ends)
    # Each partition has its turn after every fetch of another, so who has thrice as many fetches is done last.
    assert done[busy] > max(at for number, at in done.items() if number != busy)
    found = outcome(settings)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)
