"""Fault 8: the local state is gone or corrupt; and a restart, which loses nothing."""

import random
import shutil
from pathlib import Path

import pytest

from streams.drain import drain
from streams.settings import Settings
from tests.faults.harness import Sent, installation, oracle, outcome, publish, world

SEED = 808


@pytest.fixture(scope="module")
def thirds() -> list[list[Sent]]:
    records = world(200, 900, SEED)
    random.Random(SEED).shuffle(records)  # noqa: S311  # a reproducible order: every third touches all people
    return [records[start::3] for start in range(3)]


@pytest.fixture(scope="module")
def half_way(broker: str, tmp_path_factory: pytest.TempPathFactory, thirds: list[list[Sent]]) -> Settings:
    """An installation that drained the first third."""
    settings = installation(broker, tmp_path_factory.mktemp("fault 8"))
    publish(settings, thirds[0])
    drain(settings, 1, lambda _: None)
    return settings


def _stores(settings: Settings) -> list[Path]:
    found = [file.parent for file in settings.home.glob("state/*/*/CURRENT")]
    assert found
    return found


def test_fault_08_state_that_was_lost_or_corrupted_is_rebuilt_between_drains(
    half_way: Settings, thirds: list[list[Sent]]
) -> None:
    for store in _stores(half_way):
        (store / "CURRENT").write_bytes(b"\xa5garbage")
    publish(half_way, thirds[1])
    drain(half_way, 1, lambda _: None)
    after_corruption = outcome(half_way).digest
    shutil.rmtree(half_way.home / "state")
    publish(half_way, thirds[2])
    drain(half_way, 2, lambda _: None)
    after_loss = outcome(half_way).digest

    assert after_corruption == oracle([*thirds[0], *thirds[1]])
    assert after_loss == oracle([*thirds[0], *thirds[1], *thirds[2]])
