"""The benchmarks count right: percentiles, readings between two times, stage bounds, what a log says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import at_time, percentile, spread
from benchmarks.restore import Restored, restored
from benchmarks.throughput import STAGES, Look, stage_speed


def test_percentiles_are_measurements_themselves() -> None:
    ordered = [float(number) for number in range(1, 101)]
    assert [percentile(ordered, share) for share in (0.01, 0.5, 0.9, 0.99, 1.0)] == [1.0, 50.0, 90.0, 99.0, 100.0]


def test_the_only_measurement_is_every_percentile() -> None:
    found = spread([7.0])
    assert found is not None
    assert (found.count, found.p50, found.p99, found.max) == (1, 7.0, 7.0, 7.0)


def test_nothing_measured_has_no_spread() -> None:
    assert spread([]) is None
    with pytest.raises(ValueError, match="expected a measurement"):
        percentile([], 0.5)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.001, 1))
def test_a_percentile_is_the_smallest_that_enough_do_not_exceed(measured: list[float], share: float) -> None:
    ordered = sorted(measured)
    found = percentile(ordered, share)
    assert found in ordered
    assert sum(value <= found for value in ordered) >= share * len(ordered) - 1e-6
    assert sum(value < found for value in ordered) < share * len(ordered)


@pytest.mark.parametrize(("time", "count"), [(0.0, 5.0), (1.0, 5.0), (1.5, 6.0), (2.0, 7.0), (3.0, 9.0), (9.0, 11.0)])
def test_counters_are_read_between_their_readings(time: float, count: float) -> None:
    assert at_time([1.0, 2.0, 4.0], [5.0, 7.0, 11.0], time) == pytest.approx(count)


def test_a_stage_lasts_from_its_first_progress_to_where_nothing_waits_any_more() -> None:
    done, waiting = [0, 0, 40, 40, 100, 100], [100, 100, 60, 0, 0, 0]
    looks = [
        Look(float(at), dict.fromkeys(STAGES, done[at]), dict.fromkeys(STAGES, waiting[at])) for at in range(len(done))
    ]
    speed = stage_speed("gather", looks)
    assert (speed.records, speed.seconds, speed.per_second) == (100, 2.0, 50)


def test_a_stage_that_waits_again_has_not_ended() -> None:
    done, waiting = [0, 10, 20], [0, 5, 0]
    looks = [
        Look(float(at), dict.fromkeys(STAGES, done[at]), dict.fromkeys(STAGES, waiting[at])) for at in range(len(done))
    ]
    assert stage_speed("graph", looks).seconds == 2.0


def test_restored_partitions_are_read_from_the_log() -> None:
    lines = [
        "timestamp=2026-01-01T00:00:00Z level=info event=restoring partition=3 records=500",
        "timestamp=2026-01-01T00:00:01Z level=info event=restored partition=3 records=812 seconds=0.25 torn=0",
        'timestamp=2026-01-01T00:00:01Z level=info event="worker ready"',
    ]
    assert restored(lines) == [Restored(3, 812, 0.25)]
