"""The local broker and registry, as real processes."""

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from infra.broker import (
    RunningBroker,
    broker_state,
    has_local_data,
    start_local_broker,
    stop_local_broker,
    unanswered,
)
from infra.choose import find_broker, resolve_broker, stop_broker
from infra.daemon import free_port
from infra.errors import BrokerStartError
from infra.registry import RunningRegistry, registry_state, start_registry, stop_registry

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One home for the module; the tests leave it running or stopped, but usable."""
    home = tmp_path_factory.mktemp("broker home")
    yield home
    stop_local_broker(home)


@pytest.fixture
def broker(home: Path) -> RunningBroker:
    return start_local_broker(home, port=free_port())


def produce(broker: RunningBroker, topic: str, value: bytes) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])[topic].result(20)
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "message.max.bytes": 8_000_000})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def consume(broker: RunningBroker, topic: str) -> bytes | None:
    settings = {"bootstrap.servers": broker.bootstrap_servers, "group.id": topic, "auto.offset.reset": "earliest"}
    consumer = Consumer(settings)
    try:
        consumer.subscribe([topic])
        message = consumer.poll(20)
        assert message is not None
        assert message.error() is None
        return message.value()
    finally:
        consumer.close()


def test_a_message_goes_through_the_broker(broker: RunningBroker) -> None:
    produce(broker, "through", b"hello")

    assert consume(broker, "through") == b"hello"


def test_a_message_of_seven_million_bytes_is_accepted(broker: RunningBroker) -> None:
    produce(broker, "large", os.urandom(7_000_000))


def test_a_topic_nobody_created_does_not_come_to_be(broker: RunningBroker) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    admin.list_topics("nobody.created.it", timeout=20)

    assert "nobody.created.it" not in admin.list_topics(timeout=20).topics


def test_starting_a_broker_that_runs_returns_the_same(broker: RunningBroker, home: Path) -> None:
    assert start_local_broker(home, port=free_port()) == broker
    assert broker_state(home) == broker
    assert find_broker(home) == broker


def test_a_stopped_broker_is_gone(broker: RunningBroker, home: Path) -> None:
    assert broker.pid is not None
    assert stop_broker(home)

    assert not psutil.pid_exists(broker.pid)
    assert broker_state(home) is None
    assert not stop_broker(home)


def test_data_survive_a_stop_and_another_port(broker: RunningBroker, home: Path) -> None:
    produce(broker, "kept", b"kept")
    stop_local_broker(home)

    again = start_local_broker(home, port=free_port())

    assert again.bootstrap_servers != broker.bootstrap_servers
    assert consume(again, "kept") == b"kept"


def test_a_killed_broker_starts_again_with_its_data(broker: RunningBroker, home: Path) -> None:
    assert broker.pid is not None
    produce(broker, "killed", b"kept")
    os.kill(broker.pid, signal.SIGKILL)
    psutil.Process(broker.pid).wait(60)

    assert broker_state(home) is None
    assert consume(start_local_broker(home, port=free_port()), "killed") == b"kept"


def test_a_home_with_local_data_stays_local(broker: RunningBroker, home: Path) -> None:
    assert resolve_broker(home, port=free_port()) == broker


def test_a_cluster_the_user_names_is_used_as_it_is(broker: RunningBroker, tmp_path: Path) -> None:
    named = resolve_broker(tmp_path, port=9092, bootstrap_servers=broker.bootstrap_servers)

    assert named == RunningBroker("external", broker.bootstrap_servers)
    assert not has_local_data(tmp_path)


def test_a_broker_that_dies_while_starting_tells_why(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "meta.properties").write_text("version=1\ncluster.id=another\nnode.id=7\n")

    with pytest.raises(BrokerStartError, match="died while starting") as raised:
        start_local_broker(tmp_path, port=free_port())

    assert any("node" in line.lower() for line in raised.value.log_lines), raised.value.log_lines
    assert broker_state(tmp_path) is None


def test_an_answering_broker_has_no_reason(broker: RunningBroker) -> None:
    assert unanswered(broker.bootstrap_servers, 5) is None


@pytest.fixture(scope="module")
def registry_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("registry home")
    yield home
    stop_registry(home)


@pytest.fixture
def registry(registry_home: Path) -> RunningRegistry:
    return start_registry(registry_home, port=free_port())


def request(url: str, body: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - it is JSON
    data = None if body is None else json.dumps(body).encode()
    call = urllib.request.Request(  # noqa: S310 - our own http address
        url, data, {"Content-Type": "application/vnd.schemaregistry.v1+json"}
    )
    with urllib.request.urlopen(call, timeout=20) as response:  # noqa: S310 - our own http address
        return json.load(response)


def register(registry: RunningRegistry, subject: str) -> int:
    schema = {"schema": json.dumps({"type": "record", "name": subject, "fields": []})}
    return int(request(f"{registry.url}/subjects/{subject}/versions", schema)["id"])


def test_a_registered_schema_is_fetched_by_its_id(registry: RunningRegistry) -> None:
    schema_id = register(registry, "fetched")

    assert json.loads(request(f"{registry.url}/schemas/ids/{schema_id}")["schema"])["name"] == "fetched"


def test_schema_ids_survive_a_stop(registry: RunningRegistry, registry_home: Path) -> None:
    schema_id = register(registry, "kept")
    assert stop_registry(registry_home)
    assert registry_state(registry_home) is None

    again = start_registry(registry_home, port=free_port())

    assert json.loads(request(f"{again.url}/schemas/ids/{schema_id}")["schema"])["name"] == "kept"


def test_starting_a_registry_that_runs_returns_the_same(registry: RunningRegistry, registry_home: Path) -> None:
    assert start_registry(registry_home, port=free_port()) == registry


def test_the_registry_listens_on_the_loopback_address_only(registry: RunningRegistry) -> None:
    connections = psutil.Process(registry.pid).net_connections("tcp")

    listening = {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}
