"""Fault 6, of a broker that is there but answers nothing; one that is stopped and killed is in the storm."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from identity.policy_file import default_policy
from profiles.policy_file import default_text
from streams import changelog
from streams.errors import BrokerDownError
from streams.policies import policy_in_force, publish_policy
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


def test_fault_06_who_asks_for_the_policy_in_force_waits_for_a_broker_that_answers_nothing_yet(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelog, "_ANSWER_SECONDS", 0.5)
    settings = installation(broker, tmp_path)
    applied = publish_policy(settings, default_text(), default_policy(), None, "a test")
    with wire_to(broker) as wire, ThreadPoolExecutor(1) as pool:
        with wire.silent():
            asked = pool.submit(policy_in_force, settings.model_copy(update={"bootstrap_servers": wire.servers}))
            with pytest.raises(TimeoutError):
                asked.result(4 * changelog._ANSWER_SECONDS)

        assert asked.result(60) == applied


def test_fault_06_where_no_broker_tells_the_policy_in_force_a_clear_error_says_so(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelog, "_ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(changelog, "_TIMEOUT_SECONDS", 1)
    settings = installation(broker, tmp_path)
    with wire_to(broker) as wire, wire.silent():
        unanswered = settings.model_copy(update={"bootstrap_servers": wire.servers})

        with pytest.raises(BrokerDownError, match="the policy in force is not known"):
            policy_in_force(unanswered)
