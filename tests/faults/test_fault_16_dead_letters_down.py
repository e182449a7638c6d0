"""Fault 16: the topic of dead letters takes none."""

from pathlib import Path

from streams.topics import topics_of
from tests.faults.harness import (
    Sent,
    committed,
    events_of,
    installation,
    oracle,
    outcome,
    publish,
    running,
    world,
)
from tests.faults.wire import wire_to

SEED = 1616


def test_fault_16_where_no_dead_letter_can_be_written_its_record_is_not_acknowledged(
    broker: str, tmp_path: Path
) -> None:
    """What comes before it and beside it goes on; the log tells which topic it waits for."""
    records = world(50, 200, SEED)
    poison = [Sent("web", b"poison", None)] * 8
    settings = installation(broker, tmp_path)
    topics = topics_of(settings)
    web = topics.source("web")
    with wire_to(broker) as wire, running(settings.model_copy(update={"bootstrap_servers": wire.servers})) as engine:
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        publish(settings, records[:100])
        engine.until_drained()
        before = committed(settings, web)
        with wire.holding(topics.dead_letters):
            publish(settings, poison)
            engine.until("the alarm", lambda: topics.dead_letters in engine.log("worker"))
            meanwhile = committed(settings, web)
        publish(settings, records[100:])
        engine.until_drained()

    assert meanwhile == before
    found = outcome(settings)
    assert found.dead_letters["unknown_framing"] >= len(poison)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)
