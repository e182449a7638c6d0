"""Which snapshots are kept."""

from datetime import UTC, datetime, timedelta

from sinks.maintenance import Retention

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def test_snapshots_thin_out_with_age() -> None:
    """All of the last hour, the last of each hour, then of each day, then none."""
    ages = [
        timedelta(days=40),
        timedelta(days=5, hours=3),
        timedelta(days=5, hours=1),
        timedelta(hours=5, minutes=20),
        timedelta(hours=5, minutes=10),
        timedelta(minutes=40),
        timedelta(minutes=30),
        timedelta(0),
    ]
    snapshots = [(version, NOW - age) for version, age in enumerate(ages)]
    assert Retention().expired(snapshots, NOW) == [0, 1, 3]


def test_the_newest_snapshot_stays_however_old_it_is() -> None:
    assert Retention().expired([(7, NOW - timedelta(days=400))], NOW) == []
    assert Retention().expired([], NOW) == []
