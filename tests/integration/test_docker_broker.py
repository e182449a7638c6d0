"""The broker in Docker, where an engine runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.choose import find_broker, resolve_broker, stop_broker
from infra.daemon import free_port
from infra.docker_broker import docker_answers, docker_broker_state, remove_docker_broker, start_docker_broker
from infra.errors import NoDockerError

pytestmark = pytest.mark.broker

needs_docker = pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers on this machine")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    remove_docker_broker(tmp_path)


@needs_docker
@pytest.mark.timeout(600)
def test_docker_is_chosen_where_it_runs_and_its_container_survives_a_stop(home: Path) -> None:
    broker = resolve_broker(home, port=free_port())

    assert broker.kind == "docker"
    assert find_broker(home) == broker
    assert stop_broker(home)
    assert find_broker(home) is None
    assert resolve_broker(home, port=free_port()) == broker


@pytest.mark.skipif(docker_answers(), reason="a Docker engine answers on this machine")
def test_docker_asked_for_where_none_runs_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(NoDockerError, match="No Docker engine answers"):
        start_docker_broker(tmp_path, port=free_port())


def test_a_home_without_a_container_has_no_docker_broker(tmp_path: Path) -> None:
    assert docker_broker_state(tmp_path) is None
