"""Fault 7: delivery stalls while the coordinator lives."""

from pathlib import Path

from streams.topics import topics_of
from tests.faults.harness import (
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

SEED = 707


def test_fault_07_nothing_is_committed_before_the_changelog_has_it(broker: str, tmp_path: Path) -> None:
    """The group lives on meanwhile, so commits would be taken; the worker keeps its session and goes on by itself."""
    records = world(150, 700, SEED)
    settings = installation(broker, tmp_path, session_timeout_seconds=12)
    topics = topics_of(settings)
    with wire_to(broker) as wire, running(settings.model_copy(update={"bootstrap_servers": wire.servers})) as engine:
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        publish(settings, records[:300])
        engine.until_drained()
        before = committed(settings, topics.touchpoints)
        with wire.holding(topics.state):
            publish(settings, records[300:])
            engine.until("the alarm", lambda: f"topics={topics.state} " in engine.log("worker"))
            waiting = sum(part.waiting for part in engine.reader.read().stages if part.topic == topics.touchpoints)
            meanwhile = committed(settings, topics.touchpoints)
            told = outcome(settings).digest
        engine.until_drained()
        log = engine.log("worker")

    assert waiting > 0
    assert meanwhile == before
    assert told == oracle(records[:300])
    found = outcome(settings)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)
    assert log.count("partitions assigned") == 1
