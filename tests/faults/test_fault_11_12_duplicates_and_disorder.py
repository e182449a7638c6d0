"""Faults 11 and 12: duplicates, and records late and out of order."""

import random

import pytest

from streams.drain import drain
from tests.faults.harness import Outcome, Sent, events_of, installation, oracle, outcome, publish, world

SEED = 1112


@pytest.fixture(scope="module")
def records() -> list[Sent]:
    return world(200, 700, SEED)


@pytest.fixture(scope="module")
def disturbed(broker: str, tmp_path_factory: pytest.TempPathFactory, records: list[Sent]) -> Outcome:
    """Every record one to five times, all of it shuffled, by three workers."""
    chance = random.Random(SEED)  # noqa: S311  # a reproducible order
    repeated = [record for record in records for _ in range(chance.randint(1, 5))]
    chance.shuffle(repeated)
    settings = installation(broker, tmp_path_factory.mktemp("fault 11"))
    publish(settings, repeated)
    drain(settings, 3, lambda _: None)
    return outcome(settings)


def test_fault_11_an_event_that_came_several_times_is_in_the_lake_once(disturbed: Outcome, records: list[Sent]) -> None:
    assert disturbed.events == dict.fromkeys(events_of(records), 1)


def test_fault_12_duplicates_in_any_order_lead_to_the_same_people(disturbed: Outcome, records: list[Sent]) -> None:
    assert disturbed.digest == oracle(records)
