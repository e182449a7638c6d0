"""Workers in virtual time: whatever crashes, stops and joins when, what comes out is that of a plain fold.

A selection of seeds, the same every time; ``make simulate`` runs fresh ones.
"""

import logging

import pytest
import structlog

from streams.partition import Partition
from tests.simulation.scenario import simulate


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Formatting log lines would take most of the time."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


KNOWN = [range(start, start + 50) for start in range(0, 300, 50)]


@pytest.mark.parametrize("seeds", KNOWN, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_every_known_seed_comes_out_right(seeds: range) -> None:
    assert [report for seed in seeds if (report := simulate(seed)).problems] == []


def test_a_seed_gives_the_same_run_again() -> None:
    assert simulate(7) == simulate(7)


def test_a_worker_that_takes_chunks_of_an_assignment_before_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Partition, "_is_present", lambda *_: True)

    assert any(simulate(seed).problems for seed in range(300))


def test_a_worker_that_does_not_see_who_wrote_meanwhile_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def is_current(_: Partition) -> bool:
        return True

    monkeypatch.setattr(Partition, "is_current", is_current)
    monkeypatch.setattr(Partition, "_repairs", lambda *_: {})

    assert any(simulate(seed).problems for seed in range(300))
