"""What a worker and a sink tell of themselves over HTTP while they run."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.broker import start_local_broker, stop_local_broker
from infra.daemon import free_port
from streams.drain import drain
from streams.metrics import METRICS, STANDBY_LEFT, UNKNOWN_TYPES
from streams.openings import partition_statuses
from streams.settings import Settings
from streams.store import PartitionStore
from streams.topics import topics_of
from tests.faults.harness import Running, installation, publish, reasons_expected, running, world

pytestmark = pytest.mark.broker

_RECORDS = world(customers=60, touchpoints=600, seed=5)
_OF_OTHER_TIMES = {STANDBY_LEFT.name, UNKNOWN_TYPES.name}
"""Metrics of what is not in this run. Any other one that is declared must be told in it."""

_ALL_WELL = {"ok": True, "missing": {}}


def port(engine: Running, name: str) -> int:
    """Return where a child serves; waits until it does."""
    engine.until(f"{name} serves", lambda: "serving metrics" in engine.log(name))
    (found,) = re.findall(r'event="serving metrics".* port=(\d+)', engine.log(name))
    return int(found)


def asked(number: int, path: str) -> tuple[int, bytes]:
    """Return status and body of an answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{number}{path}", timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def told(number: int, path: str) -> tuple[int, dict[str, Any]]:
    """Return status and content of an answer in JSON."""
    status, body = asked(number, path)
    return status, json.loads(body)


def until_ready(engine: Running, ports: list[int]) -> None:
    """Wait until all are ready."""
    engine.until("all are ready", lambda: all(told(each, "/ready") == (200, _ALL_WELL) for each in ports))


def values(number: int) -> dict[str, float]:
    """Return the metrics served: name and labels to value."""
    lines = [line for line in asked(number, "/metrics")[1].decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def states(settings: Settings) -> dict[int, str]:
    """Return how far each partition is with being opened, as anybody may ask for it."""
    return {status.partition: status.state for status in partition_statuses(settings)}


def untold(ports: list[int]) -> set[str]:
    """Return the names of the declared metrics that none of the processes tells a value of."""
    told = {name.partition("{")[0].removesuffix("_count") for each in ports for name in values(each)}
    return {metric.name for metric in METRICS} - told


def total(found: dict[str, float], start: str) -> float:
    """Return the sum of all values whose name and labels start so."""
    return sum(value for name, value in found.items() if name.startswith(start))


def _nothing_waits(found: dict[str, float]) -> bool:
    """Whether gauges, which are renewed every second, have come to tell what is so."""
    return total(found, "onefold_lag_records") == 0 == total(found, "onefold_oldest_age_seconds")


def test_what_was_done_is_served_by_stage(broker: str, tmp_path: Path) -> None:
    settings = installation(broker, tmp_path, metrics_port=0)
    publish(settings, _RECORDS)
    usable = len({record.event for record in _RECORDS if record.event})
    rejected = sum(1 for record in _RECORDS if record.event is None)

    with running(settings) as engine:
        engine.start("worker", "worker")
        engine.start("sink", "sink")
        engine.until_drained()
        ports = [port(engine, "worker"), port(engine, "sink")]
        engine.until("gauges tell that nothing waits", lambda: all(_nothing_waits(values(each)) for each in ports))
        engine.until("every metric is told", lambda: untold(ports) <= _OF_OTHER_TIMES)
        worker, sink = map(values, ports)

    assert worker['onefold_records_total{stage="ingest"}'] == len(_RECORDS)
    assert worker['onefold_touchpoints_total{stage="ingest"}'] == len(_RECORDS) - rejected
    assert worker['onefold_touchpoints_total{stage="gather"}'] == usable
    assert worker['onefold_duplicates_total{stage="gather"}'] == len(_RECORDS) - rejected - usable
    assert total(worker, "onefold_dead_letters_total{reason") == rejected
    for reason, number in reasons_expected(_RECORDS).items():
        assert worker[f'onefold_dead_letters_total{{reason="{reason}",stage="ingest"}}'] >= number
    assert sink['onefold_rows_total{table="touchpoints"}'] == usable
    assert sink['onefold_rows_total{table="dead_letters"}'] == rejected
    assert worker['onefold_profiles_total{stage="gather"}'] > 0
    assert worker["onefold_messages_total"] > 0
    assert worker["onefold_rebalances_total"] >= 1
    for found in (worker, sink):
        assert found["onefold_ready"] == 1
    for partition in range(settings.partitions):
        assert worker[f'onefold_partition_open{{partition="{partition}"}}'] == 1
        assert worker[f'onefold_restore_records_left{{partition="{partition}"}}'] == 0
        assert worker[f'onefold_store_bytes{{partition="{partition}"}}'] > 0
    for step in ("work", "outputs", "changelog", "store"):
        assert worker[f'onefold_commit_seconds_count{{step="{step}"}}'] > 0
    topics = topics_of(settings)
    assert f'onefold_lag_records{{partition="0",stage="graph",topic="{topics.graph}"}}' in worker
    assert f'onefold_lag_records{{partition="0",stage="lake",topic="{topics.profiles}"}}' in sink


def test_no_port_is_opened_unless_one_is_set(broker: str, tmp_path: Path) -> None:
    with running(installation(broker, tmp_path)) as engine:
        engine.start("worker", "worker")
        engine.until_assigned("worker")

        assert "serving metrics" not in engine.log("worker")


def test_the_processes_of_a_drain_serve_nothing_so_that_no_port_is_asked_for_twice(broker: str, tmp_path: Path) -> None:
    settings = installation(broker, tmp_path, metrics_port=free_port(), partitions=2)
    publish(settings, _RECORDS[:50])

    drain(settings, 2, lambda _: None)

    assert "serving metrics" not in "".join(log.read_text("utf-8") for log in (tmp_path / "logs").iterdir())


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Settings]:
    """An installation on a broker that can be taken away."""
    home = tmp_path / "broker"
    try:
        started = start_local_broker(home, port=free_port())
        yield installation(
            started.bootstrap_servers, tmp_path / "home", metrics_port=0, session_timeout_seconds=6, partitions=2
        )
    finally:
        stop_local_broker(home)


def test_a_worker_and_a_sink_are_alive_and_not_ready_while_the_broker_is_away(
    own_broker: Settings, tmp_path: Path
) -> None:
    with running(own_broker) as engine:
        engine.start("worker", "worker")
        engine.start("sink", "sink")
        ports = [port(engine, "worker"), port(engine, "sink")]
        until_ready(engine, ports)

        stop_local_broker(tmp_path / "broker")
        engine.until(
            "the broker is missed", lambda: all("broker" in told(each, "/ready")[1]["missing"] for each in ports)
        )
        assert {told(number, "/ready")[0] for number in ports} == {503}
        assert {told(number, "/live")[0] for number in ports} == {200}
        assert {values(number)["onefold_ready"] for number in ports} == {0}

        start_local_broker(tmp_path / "broker", port=int(own_broker.servers.rpartition(":")[2]))
        until_ready(engine, ports)
        assert {told(number, "/live")[0] for number in ports} == {200}


def test_a_worker_is_alive_and_not_ready_until_all_its_partitions_are_open(broker: str, tmp_path: Path) -> None:
    """A process that hangs and will not let go of the state makes the opening last."""
    settings = installation(broker, tmp_path, metrics_port=0)
    held = PartitionStore(tmp_path / "state" / f"{settings.topic_prefix}onefold" / "2")
    at_work = {0: "at work", 1: "at work", 3: "at work"}

    with running(settings) as engine:
        engine.start("worker", "worker")
        number = port(engine, "worker")
        engine.until(
            "all other partitions are open",
            lambda: told(number, "/ready")[1]["missing"] == {"partitions": "partition 2 waits to be opened"},
        )
        found = values(number)
        assert told(number, "/live")[0] == 200
        engine.until("who waits is noted", lambda: states(settings) == {**at_work, 2: "waiting"})
        held.close()
        until_ready(engine, [number])
        engine.until("all are noted to be at work", lambda: states(settings) == {**at_work, 2: "at work"})

    assert found['onefold_partition_open{partition="2"}'] == 0
    assert found['onefold_partition_open{partition="1"}'] == 1
