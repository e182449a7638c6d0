"""Fault 33: an upgrade that changes the state's format, versions side by side, and the way back."""

import os
from pathlib import Path

import pytest

from identity.nodes import NodeId
from schemas.accepted import FORMAT as ACCEPTED_FORMAT
from streams.partitioning import partition_of
from streams.producer import CheckedProducer
from streams.store import FORMAT
from streams.topics import topics_of
from tests.faults.harness import (
    PARTITIONS,
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
NODE = NodeId(bytes(range(16)))


@pytest.mark.parametrize("name", ["next", "before"])
def test_fault_33_a_version_of_another_state_format_is_refused_and_harms_nothing(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It is this version with another number, started beside the one that works, as an upgrade or the way back does."""
    records = world(100, 600, SEED)
    other = FORMAT + (1 if name == "next" else -1)
    (tmp_path / "sitecustomize.py").write_text(
        f"import streams.store\n\nstreams.store.FORMAT = streams.store.OLDEST_FORMAT = {other}\n"
    )
    settings = installation(broker, tmp_path / "home", session_timeout_seconds=6)
    with running(settings) as engine:
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        publish(settings, records[:300])
        engine.until_drained()
        publish(settings, records[300:])
        with monkeypatch.context() as environment:
            environment.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path.cwd())]))
            engine.start("other", "worker")
        code = engine.until_ended("other")
        told = engine.log("other")
        engine.until_drained()

    assert code == 2
    assert f"expected format {other}, found format {FORMAT}" in told
    assert "Traceback" not in told
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
    sent.send(topic, NODE, bytes([ACCEPTED_FORMAT + 1]) + b"what nobody here can know")
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
        assert (
            f"{topic}[{partition_of(NODE, PARTITIONS)}] holds at offset 0 a record of format {ACCEPTED_FORMAT + 1}"
            in log
        )
        assert "Traceback" not in log
