"""Fault 6, of a broker that is there but answers nothing or no; one that is stopped and killed is in the storm."""

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
STILL_LOADING, NOT_PERMITTED = 14, 30
"""Kafka's error codes of a coordinator that has just started, and of a group that one may not join."""


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


def test_fault_06_a_worker_refused_by_a_coordinator_that_has_just_started_joins_later(
    broker: str, tmp_path: Path
) -> None:
    settings = installation(broker, tmp_path)
    with wire_to(broker) as wire, running(settings.model_copy(update={"bootstrap_servers": wire.servers})) as engine:
        with wire.refusing_members(STILL_LOADING):
            engine.start("worker", "worker")
            engine.until("refused", lambda: "GroupLoadInProgressError" in engine.log("worker"))
        publish(settings, world(20, 100, SEED))

        engine.until_drained(("ingest", "gather"))


def test_fault_06_a_worker_that_was_refused_so_far_stops_when_it_is_told_to(broker: str, tmp_path: Path) -> None:
    settings = installation(broker, tmp_path)
    with (
        wire_to(broker) as wire,
        running(settings.model_copy(update={"bootstrap_servers": wire.servers})) as engine,
        wire.refusing_members(STILL_LOADING),
    ):
        engine.start("worker", "worker")
        engine.until("refused", lambda: "GroupLoadInProgressError" in engine.log("worker"))
        engine.ask_to_stop("worker")

        assert engine.until_ended("worker") == 0


def test_fault_06_a_worker_that_may_not_join_the_group_ends_and_says_so(broker: str, tmp_path: Path) -> None:
    settings = installation(broker, tmp_path)
    with wire_to(broker) as wire, running(settings.model_copy(update={"bootstrap_servers": wire.servers})) as engine:
        with wire.refusing_members(NOT_PERMITTED):
            engine.start("worker", "worker")

            assert engine.until_ended("worker") == 2
        assert "GroupAuthorizationFailedError" in engine.log("worker").splitlines()[-1]
