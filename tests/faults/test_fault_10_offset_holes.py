"""Fault 10: holes in the offsets of a source topic, as transactions leave them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Producer

from streams.drain import drain
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import Outcome, Sent, events_of, installation, oracle, outcome, world

SEED = 1010
GIVEN_UP = 50


@pytest.fixture(scope="module")
def whole() -> list[Sent]:
    return world(100, 450, SEED)


@pytest.fixture(scope="module")
def records(whole: list[Sent]) -> list[Sent]:
    return whole[:-GIVEN_UP]


@pytest.fixture(scope="module")
def drained(broker: str, tmp_path_factory: pytest.TempPathFactory, whole: list[Sent], records: list[Sent]) -> Outcome:
    """Records in transactions of two producers at a time, and more in transactions that were given up."""
    settings = installation(broker, tmp_path_factory.mktemp("fault 10"))
    topics = topics_of(settings)
    with _transactions(settings, "one") as one, _transactions(settings, "two") as two:
        for start in range(0, len(records), 14):
            for producer, part in ((one, records[start : start + 7]), (two, records[start + 7 : start + 14])):
                producer.begin_transaction()
                for record in part:
                    producer.produce(topics.source(record.source), record.value, partition=0)
            # Both end now, so that two markers lie one behind the other.
            one.commit_transaction(30)
            two.commit_transaction(30)
        one.begin_transaction()
        for record in whole[-GIVEN_UP:]:
            one.produce(topics.source(record.source), record.value, partition=0)
        one.flush(30)
        one.abort_transaction(30)
    drain(settings, 1, lambda _: None)
    return outcome(settings)


@contextmanager
def _transactions(settings: Settings, name: str) -> Iterator[Producer]:
    producer = Producer(
        {"bootstrap.servers": settings.servers, "transactional.id": f"{settings.topic_prefix}{name}", "linger.ms": 0}
    )
    producer.init_transactions(30)
    yield producer
    producer.flush(30)


def test_fault_10_a_source_written_in_transactions_is_drained_to_its_end(drained: Outcome, records: list[Sent]) -> None:
    assert set(drained.events) >= events_of(records)


def test_fault_10_what_a_transaction_gave_up_counts_for_nothing(drained: Outcome, records: list[Sent]) -> None:
    assert drained.events == dict.fromkeys(events_of(records), 1)
    assert drained.digest == oracle(records)
