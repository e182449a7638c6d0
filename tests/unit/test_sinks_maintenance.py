"""Which snapshots are kept, and when maintenance is due."""

from datetime import UTC, datetime, timedelta

from sinks.maintenance import Due, Retention, Schedule

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
NOTHING = Due(merge=False, expire=False, sweep=False)


def _expired(*ages: timedelta) -> list[timedelta]:
    snapshots = [(version, NOW - age) for version, age in enumerate(ages)]
    return [ages[version] for version in Retention().expired(snapshots, NOW)]


def test_snapshots_thin_out_with_age() -> None:
    """All of the last ten minutes, then one of every ten minutes, of every hour, of every day, then none."""
    assert _expired(
        timedelta(days=40),
        timedelta(days=5, hours=3),
        timedelta(days=5, hours=1),
        timedelta(hours=5, minutes=20),
        timedelta(hours=5, minutes=10),
        timedelta(minutes=48),
        timedelta(minutes=42),
        timedelta(minutes=9),
        timedelta(minutes=8),
        timedelta(0),
    ) == [timedelta(days=40), timedelta(days=5, hours=3), timedelta(hours=5, minutes=20), timedelta(minutes=48)]


def test_the_newest_snapshot_stays_however_old_it_is() -> None:
    assert Retention().expired([(7, NOW - timedelta(days=400))], NOW) == []
    assert Retention().expired([], NOW) == []


def test_the_number_of_snapshots_has_a_bound_however_often_the_lake_is_written() -> None:
    every_second = [(second, NOW - timedelta(seconds=200_000 - second)) for second in range(200_000)]
    kept = len(every_second) - len(Retention().expired(every_second, NOW))
    assert kept < 10 * 60 + 2 * 6 + 48 + 30 + 4


def test_everything_is_due_when_nobody_knows_of_the_last_time() -> None:
    schedule = Schedule(writes_between_merges=1)
    schedule.wrote()
    assert schedule.take(NOW) == Due(merge=True, expire=True, sweep=True)
    assert schedule.take(NOW) == NOTHING


def test_merging_goes_by_the_number_of_writes() -> None:
    schedule = Schedule(writes_between_merges=2)
    schedule.take(NOW)
    schedule.wrote()
    assert not schedule.take(NOW).merge
    schedule.wrote()
    assert schedule.take(NOW).merge
    assert not schedule.take(NOW + timedelta(days=1)).merge


def test_expiry_and_the_deletion_of_files_go_by_the_clock() -> None:
    schedule = Schedule(between_expiries=timedelta(minutes=1), between_sweeps=timedelta(minutes=10))
    schedule.take(NOW)
    assert schedule.take(NOW + timedelta(seconds=59)) == NOTHING
    assert schedule.take(NOW + timedelta(seconds=60)) == Due(merge=False, expire=True, sweep=False)
    assert schedule.take(NOW + timedelta(seconds=600)) == Due(merge=False, expire=True, sweep=True)
