"""Fault 18: the schema registry is gone."""

import os
import signal
from pathlib import Path

from infra.daemon import free_port
from infra.registry import RunningRegistry
from infra.world import Emission, World, WorldConfig
from streams.registry import framing
from streams.topics import topics_of
from tests.faults.harness import Sent, committed, events_of, installation, outcome, publish, running

SEED = 1818


def emissions(customers: int, touchpoints: int) -> list[Emission]:
    """Return the usable touchpoints of a world."""
    found = World(WorldConfig(customers, touchpoints, SEED)).emissions()
    return [each for each in found if isinstance(each, Emission) and each.rejected_as is None]


def test_fault_18_known_schemas_go_on_and_an_unknown_one_waits(
    broker: str, registry: RunningRegistry, tmp_path: Path
) -> None:
    """The registry hangs. More chunks under the unknown schema come than the worker takes at a time."""
    settings = installation(broker, tmp_path, schema_registry_url=registry.url)
    web = topics_of(settings).source("web")
    frames = framing(settings)
    records = [
        Sent(each.source, frames.encode(each.record_name, each.record), (each.source, each.event_id))
        for each in emissions(100, 400)
    ]
    known = [record for record in records if record.source != "web"]
    unknown = [record for record in records if record.source == "web"]
    with running(settings) as engine:
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        publish(settings, known[::2])
        engine.until_drained()
        os.kill(registry.pid, signal.SIGSTOP)
        try:
            for start in range(0, len(unknown), 10):
                publish(settings, unknown[start : start + 10])
            engine.until("the alarm", lambda: "waiting for the schema registry" in engine.log("worker"))
            publish(settings, known[1::2])
            engine.until("all known are in the lake", lambda: set(outcome(settings).events) == events_of(known))
            meanwhile = committed(settings, web)
        finally:
            os.kill(registry.pid, signal.SIGCONT)
        engine.until_drained()

    assert set(meanwhile.values()) == {0}
    found = outcome(settings)
    assert found.dead_letters == {}
    assert found.events == dict.fromkeys(events_of(records), 1)


def test_fault_18_a_worker_that_starts_without_its_registry_says_so(broker: str, tmp_path: Path) -> None:
    settings = installation(broker, tmp_path, schema_registry_url=f"http://127.0.0.1:{free_port()}")
    with running(settings) as engine:
        engine.start("worker", "worker")
        code = engine.until_ended("worker")
        told = engine.log("worker")

    assert code == 2
    assert "onefold worker: the schema registry does not answer" in told
    assert "Traceback" not in told
