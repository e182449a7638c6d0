"""Poison on every topic that is read: dead letters tell of it, and everything else goes on."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from confluent_kafka import Consumer, TopicPartition

from schemas.accepted import decode_accepted
from sinks.reader import open_lake_reader
from streams.drain import drain
from streams.producer import CheckedProducer
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import (
    PARTITIONS,
    Outcome,
    Sent,
    events_of,
    installation,
    oracle,
    outcome,
    publish,
    reasons_expected,
    world,
)

SEED = 1414
NOISE = (None, b"", b"\xff\xfe noise", b"\xc3\x01 cut")
NOISY_KEYS = (None, b"", b"\xff\x00key")


@dataclass(frozen=True)
class Poisoned:
    """An installation that was drained with poison on its inner and public topics."""

    settings: Settings
    records: list[Sent]
    found: Outcome


@pytest.fixture(scope="module")
def poisoned(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Poisoned:
    records = world(120, 500, SEED)
    settings = installation(broker, tmp_path_factory.mktemp("poison"))
    publish(settings, records[:250])
    _poison(settings)
    publish(settings, records[250:])
    drain(settings, 1, lambda _: None)
    return Poisoned(settings, records, outcome(settings))


def _poison(settings: Settings) -> None:
    topics = topics_of(settings)
    producer = CheckedProducer(settings.servers)
    try:
        sent = producer.begin()
        for topic in (topics.touchpoints, topics.graph, topics.profiles, topics.links, topics.changes):
            for number, value in enumerate(NOISE * 3):
                key = NOISY_KEYS[number % len(NOISY_KEYS)]
                if topic in (topics.profiles, topics.links):  # compacted: the broker refuses what has no key
                    key = key or b"\x00"
                sent.send(topic, key, value, number % PARTITIONS)
        sent.wait()
    finally:
        producer.close()


def _letters(settings: Settings) -> Counter[tuple[str, str, str]]:
    """Return the number of dead letters by stage, topic without prefix, and reason."""
    with open_lake_reader(settings.home) as reader:
        rows = reader.execute("SELECT stage, topic, reason, count(*) FROM dead_letters GROUP BY ALL").fetchall()
    cut = len(settings.topic_prefix)
    return Counter({(stage, topic[cut:], reason): number for stage, topic, reason, number in rows})


def test_neighbours_of_poison_go_on(poisoned: Poisoned) -> None:
    assert poisoned.found.events == dict.fromkeys(events_of(poisoned.records), 1)
    assert poisoned.found.digest == oracle(poisoned.records)


@pytest.mark.parametrize(
    ("topic", "stages"),
    [
        ("onefold.graph", {"gather"}),
        ("onefold.touchpoints", {"gather", "lake"}),  # both refuse it; the lake keeps who comes first
        ("onefold.profiles", {"lake"}),
        ("onefold.links", {"lake"}),
        ("onefold.changes", {"lake"}),
    ],
)
def test_poison_on_a_topic_of_our_own_becomes_one_dead_letter_each(
    poisoned: Poisoned, topic: str, stages: set[str]
) -> None:
    letters = {which: number for which, number in _letters(poisoned.settings).items() if which[1] == topic}

    assert {stage for stage, _, _ in letters} <= stages
    assert sum(letters.values()) == 3 * len(NOISE)


def test_records_made_to_be_refused_are_refused_for_the_expected_reasons(poisoned: Poisoned) -> None:
    at_ingest: Counter[str] = Counter()
    for (stage, _, reason), number in _letters(poisoned.settings).items():
        at_ingest[reason] += number if stage == "ingest" else 0
    expected = reasons_expected(poisoned.records)
    without_record = [record for record in poisoned.records if record.event is None and record.rejected_as is None]

    assert {reason: at_ingest[reason] for reason in expected} == expected
    assert at_ingest.total() == expected.total() + len(without_record)


def test_every_dead_letter_has_the_bytes_that_lie_at_its_place(poisoned: Poisoned) -> None:
    with open_lake_reader(poisoned.settings.home) as reader:
        rows = reader.execute('SELECT topic, "partition", "offset", value FROM dead_letters').fetchall()
    lying = {
        (topic, partition, offset): value
        for topic in {row[0] for row in rows}
        for partition, offset, _, value in _read(poisoned.settings, topic)
    }

    assert rows
    assert all(lying[topic, partition, offset] == value for topic, partition, offset, value in rows)


def test_no_log_line_and_no_key_holds_an_email_or_a_phone_number(poisoned: Poisoned) -> None:
    """Searched for in every form in which they came or are kept."""
    settings = poisoned.settings
    needles = _personal(poisoned)
    logs = "\n".join(file.read_text("utf-8", "replace") for file in settings.home.glob("logs/*.log"))
    topics = [name for name in topics_of(settings).configs() if "touch." not in name]
    keys = {key for topic in topics for _, _, key, _ in _read(settings, topic) if key} - {*NOISY_KEYS, b"\x00"}
    haystack = logs.lower() + "\n".join(key.decode("latin-1").lower() for key in keys)

    assert "worker ready" in logs
    assert len(needles) > 100
    assert len(keys) > 500
    assert [needle for needle in needles if needle in haystack] == []


def _personal(poisoned: Poisoned) -> set[str]:
    topics = topics_of(poisoned.settings)
    found: set[str] = set()
    for *_, value in _read(poisoned.settings, topics.touchpoints):
        if value is None or value in NOISE:
            continue
        accepted = decode_accepted(value)
        named = [*accepted["touchpoint"]["identifiers"], *accepted["nodes"]]
        found |= {each["value"].strip().lower() for each in named if each["type"] in {"email", "phone"}}
    return {text for text in found if "@" in text or len(re.sub(r"\D", "", text)) > 6}


def _read(settings: Settings, topic: str) -> Iterator[tuple[int, int, bytes | None, bytes | None]]:
    """Yield partition, offset, key and value of every record of a topic."""
    client: dict[str, str | int | float | bool] = {
        "bootstrap.servers": settings.servers,
        "group.id": "test",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 20,
    }
    consumer = Consumer(client)
    try:
        consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        at_end = 0
        while at_end < PARTITIONS:
            for message in consumer.consume(10_000, timeout=0.1):
                if message.error() is not None:
                    at_end += 1
                    continue
                yield message.partition() or 0, message.offset() or 0, _bytes(message.key()), _bytes(message.value())
    finally:
        consumer.close()


def _bytes(content: str | bytes | None) -> bytes | None:
    return content.encode() if isinstance(content, str) else content
