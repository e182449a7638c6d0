"""A real broker for the whole run, and an installation of one's own on it for each test."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from infra.broker import start_local_broker, stop_local_broker
from infra.daemon import free_port
from streams.settings import Settings


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of a broker: the user's where ONEFOLD_BOOTSTRAP_SERVERS names one, else a local one."""
    named = os.environ.get("ONEFOLD_BOOTSTRAP_SERVERS")
    if named:
        yield named
        return
    home = tmp_path_factory.mktemp("broker")
    try:
        yield start_local_broker(home, port=free_port()).bootstrap_servers
    finally:
        stop_local_broker(home)


@pytest.fixture
def settings(broker: str, tmp_path: Path) -> Settings:
    """An installation with its own home and its own topics, which are not created yet."""
    return Settings(home=tmp_path, bootstrap_servers=broker, topic_prefix=f"t{uuid4().hex[:12]}.", partitions=4)
