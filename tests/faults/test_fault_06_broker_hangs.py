"""Fault 6, of a broker that is there but answers nothing; one that is stopped and killed is in the storm."""

from pathlib import Path

from tests.faults.harness import installation, publish, running, world
from tests.faults.wire import wire_to

SEED = 606


def test_fault_06_who_is_told_to_stop_stops_though_the_broker_answers_nothing(broker: str, tmp_path: Path) -> None:
    # Faust waits for twice the time of a session for an answer: longer than a test does.
    settings = installation(broker, tmp_path, session_timeout_seconds=60)
    with wire_to(broker) as wire, running(settings.model_copy(update={"bootstrap_servers": wire.servers})) as engine:
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        publish(settings, world(20, 100, SEED))
        engine.until_drained()
        with wire.silent():
            for name in ("worker", "sink"):
                engine.ask_to_stop(name)

            assert engine.until_ended("worker") == 0
            assert engine.until_ended("sink") == 0
