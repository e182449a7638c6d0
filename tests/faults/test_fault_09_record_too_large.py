"""Fault 9: a record that can never be produced."""

from pathlib import Path

from streams.topics import MAX_MESSAGE_BYTES, topics_of
from tests.faults.harness import committed, events_of, installation, oracle, outcome, publish, running, set_topic, world

SEED = 909


def test_fault_09_what_the_broker_refuses_for_its_size_is_told_and_stays_uncommitted(
    broker: str, tmp_path: Path
) -> None:
    """No touchpoint leads to a record over our own limit, so somebody sets the topic lower while the worker runs."""
    records = world(50, 200, SEED)
    settings = installation(broker, tmp_path, session_timeout_seconds=6)
    topics = topics_of(settings)
    with running(settings) as engine:
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        engine.until_assigned("worker")
        engine.until("the sink is ready", lambda: "sink ready" in engine.log("sink"))
        set_topic(settings, topics.profiles, "max.message.bytes", 100)
        publish(settings, records)
        code = engine.until_ended("worker")
        acknowledged = sum(committed(settings, topics.touchpoints).values())
        told = engine.log("worker")
        set_topic(settings, topics.profiles, "max.message.bytes", MAX_MESSAGE_BYTES)
        engine.start("worker-again", "worker")
        engine.until_drained()

    assert (code, acknowledged) == (2, 0)
    assert f"a record for {topics.profiles} was not delivered: Broker: Message size too large" in told
    found = outcome(settings)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)
