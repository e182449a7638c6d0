"""Fault 22: huge messages, and small ones that grow when they are opened."""

import time
from pathlib import Path

import psutil
from confluent_kafka import Producer

from schemas.contracts import TOUCHPOINT
from schemas.records import Touchpoint
from sinks.reader import open_lake_reader
from streams.ingest import MAX_RECORD_BYTES
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import FRAMES, Sent, events_of, installation, outcome, publish, running, world

SEED = 2222
AT = 1_770_000_000_000
BODY_BYTES = 50 * 1024 * 1024
MOST_GROWTH_BYTES = 700 * 1024 * 1024
"""Of worker and sink each: some copies of the one body that is in memory at a time."""


def a_touchpoint(event_id: str, content_bytes: int, consents: int = 0) -> Touchpoint:
    """Return a touchpoint with many properties or consents."""
    return {
        "event_id": event_id,
        "event_time": AT,
        "type": "login",
        "identifiers": [{"type": "email", "value": f"{event_id}@example.org"}],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [{"purpose": "", "channel": "", "state": "granted", "text_version": None}] * consents,
        "interaction": None,
        "party": "first",
        "properties": {f"{number:04}": "x" * 9_000 for number in range(content_bytes // 9_000)},
    }


def of_size(event_id: str, size: int) -> bytes:
    """Return a framed touchpoint of exactly so many bytes."""
    made = a_touchpoint(event_id, size - 20_000)
    while (short := size - len(FRAMES.encode(TOUCHPOINT, made))) > 8_000:
        made["properties"][f"{short}"] = "x" * min(short - 2_000, 6_000)
    made["properties"]["last"] = "x" * 1_000
    made["properties"]["last"] += "x" * (size - len(FRAMES.encode(TOUCHPOINT, made)))
    value = FRAMES.encode(TOUCHPOINT, made)
    assert len(value) == size
    return value


def publish_bombs(settings: Settings, number: int) -> None:
    """Publish bodies of zeros that are small on the wire: the broker's limit is on what it takes in."""
    producer = Producer(
        {
            "bootstrap.servers": settings.servers,
            "compression.type": "gzip",
            "message.max.bytes": 2 * BODY_BYTES,
            "linger.ms": 0,
        }
    )
    failed: list[object] = []
    for _ in range(number):
        producer.produce(
            topics_of(settings).source("web"), bytes(BODY_BYTES), on_delivery=lambda error, _: failed.append(error)
        )
        assert producer.flush(60) == 0
    assert failed == [None] * number


def test_fault_22_what_is_too_large_is_a_dead_letter_and_memory_is_bounded(broker: str, tmp_path: Path) -> None:
    records = world(30, 100, SEED)
    settings = installation(broker, tmp_path)
    peaks: dict[str, int] = {}
    with running(settings) as engine:
        pids = {name: engine.start(name, name) for name in ("worker", "sink")}
        publish(settings, records[:50])
        engine.until_drained()
        before = {name: psutil.Process(pid).memory_info().rss for name, pid in pids.items()}
        publish_bombs(settings, 4)
        publish(
            settings,
            [
                Sent("crm", FRAMES.encode(TOUCHPOINT, a_touchpoint("large", 900_000)), ("crm", "large")),
                Sent("crm", of_size("just-fits", MAX_RECORD_BYTES), ("crm", "just-fits")),
                Sent("crm", of_size("one-more", MAX_RECORD_BYTES + 1), None),
                Sent("crm", FRAMES.encode(TOUCHPOINT, a_touchpoint("grows", 0, consents=150_000)), None),
                *records[50:],
            ],
        )
        until = time.monotonic() + 60
        while engine.reader.read().waiting and time.monotonic() < until:
            for name, pid in pids.items():
                peaks[name] = max(peaks.get(name, 0), psutil.Process(pid).memory_info().rss)
        engine.until_drained()

    found = outcome(settings)
    expected = {*events_of(records), ("crm", "large"), ("crm", "just-fits")}
    assert found.events == dict.fromkeys(expected, 1)
    with open_lake_reader(settings.home) as reader:
        letters = reader.execute(
            "SELECT stage, octet_length(value), count(*) FROM dead_letters WHERE reason = 'too_large' GROUP BY ALL"
        ).fetchall()
    assert sum(number for *_, number in letters) == 6
    assert max(size for _, size, _ in letters) <= 3 * 1024 * 1024
    for name, peak in peaks.items():
        assert peak - before[name] < MOST_GROWTH_BYTES, name
