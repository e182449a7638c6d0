"""The parts of the local broker that need no Java."""

from pathlib import Path

import pytest

from infra.broker import broker_settings, broker_state, has_local_data, render_properties, stop_local_broker
from infra.choose import resolve_broker
from infra.daemon import free_port
from infra.docker_broker import container_environment
from infra.errors import BrokerUnreachableError


def test_the_broker_listens_and_is_advertised_on_the_loopback_address_only() -> None:
    settings = broker_settings(9092, 9093)

    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"
    assert settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:9092"
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:9093"


def test_every_internal_topic_has_one_replica() -> None:
    replication = {k: v for k, v in broker_settings(1, 2).items() if k.endswith((".replication.factor", ".min.isr"))}

    assert set(replication.values()) == {"1"}
    assert {key.split(".")[0] for key in replication} == {"offsets", "transaction", "share"}


def test_properties_have_a_line_a_setting_and_escape_backslashes() -> None:
    assert render_properties({"a.b": "1", "dir": r"C:\data"}) == "a.b=1\ndir=C:\\\\data\n"


def test_settings_become_the_variables_of_the_official_image() -> None:
    environment = container_environment(9092, 9093)

    assert environment["KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS"] == "0"
    assert environment["KAFKA_LISTENERS"] == "PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093"


def test_a_home_never_used_has_no_broker_and_no_data(tmp_path: Path) -> None:
    assert broker_state(tmp_path / "new") is None
    assert not stop_local_broker(tmp_path / "new")
    assert not has_local_data(tmp_path / "new")


def test_a_cluster_that_does_not_answer_is_named_in_one_sentence(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"

    with pytest.raises(BrokerUnreachableError, match=address) as raised:
        resolve_broker(tmp_path, port=9092, bootstrap_servers=address)

    assert "\n" not in str(raised.value)
