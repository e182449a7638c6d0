"""Fault 33: an upgrade that changes the state's format, versions side by side, and the way back."""

import os
from pathlib import Path

import pytest

from schemas.accepted import FORMAT as ACCEPTED_FORMAT
from streams.producer import CheckedProducer
from streams.store import FORMAT
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

SEED = 3333

NEXT_VERSION = "import streams.store\n\nstreams.store.FORMAT += 1\n"


@pytest.fixture(scope="module")
def records() -> list[Sent]:
    return world(100, 600, SEED)


def test_fault_33_a_state_of_a_newer_format_is_taken_over_and_refused_by_the_version_before(
    broker: str, tmp_path: Path, records: list[Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next version is this one with a higher number; it understands what was written before, as any must."""
    upgraded = tmp_path / "upgraded"
    upgraded.mkdir()
    (upgraded / "sitecustomize.py").write_text(NEXT_VERSION)
    settings = installation(broker, tmp_path / "home", session_timeout_seconds=6)
    topics = topics_of(settings)
    with running(settings) as engine:
        engine.start("sink", "sink")
        engine.start("old", "worker")
        publish(settings, records[:200])
        engine.until_drained()
        with monkeypatch.context() as environment:
            environment.setenv("PYTHONPATH", os.pathsep.join([str(upgraded), str(Path.cwd())]))
            engine.start("new", "worker")
        engine.until_assigned("new")
        publish(settings, records[200:400])  # to both versions, which share the partitions
        engine.until_drained()
        engine.children.kill("old")
        engine.until_assigned("new", 2)
        engine.children.kill("new")
        done = committed(settings, topics.touchpoints)
        publish(settings, records[400:])
        engine.start("rolled-back", "worker")
        rolled_back = engine.until_ended("rolled-back")
        done_by_the_old = committed(settings, topics.touchpoints)
        told = engine.log("rolled-back")
        with monkeypatch.context() as environment:
            environment.setenv("PYTHONPATH", os.pathsep.join([str(upgraded), str(Path.cwd())]))
            engine.start("new-again", "worker")
        engine.until_drained()

    assert rolled_back == 2
    assert f"the changelog is of format {FORMAT + 1}; this version knows {FORMAT}" in told
    assert "Traceback" not in told
    assert done_by_the_old == done
    found = outcome(settings)
    assert found.events == dict.fromkeys(events_of(records), 1)
    assert found.digest == oracle(records)


def test_fault_33_accepted_touchpoints_of_a_newer_format_wait_for_a_worker_that_reads_them(
    broker: str, tmp_path: Path
) -> None:
    """As dead letters they would be counted by nobody."""
    settings = installation(broker, tmp_path)
    topic = topics_of(settings).touchpoints
    producer = CheckedProducer(settings.servers)
    sent = producer.begin()
    sent.send(topic, bytes(16), bytes([ACCEPTED_FORMAT + 1]) + b"what nobody here can know", 0)
    sent.wait()
    producer.close()
    with running(settings) as engine:
        engine.start("worker", "worker")
        engine.start("sink", "sink")
        codes = [engine.until_ended("worker"), engine.until_ended("sink")]
        logs = [engine.log("worker"), engine.log("sink")]

    assert codes == [2, 2]
    assert sum(committed(settings, topic).values()) == 0
    for log in logs:
        assert f"{topic}[0] holds at offset 0 a record of format {ACCEPTED_FORMAT + 1}" in log
        assert "Traceback" not in log
