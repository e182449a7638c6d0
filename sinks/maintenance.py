"""Keeping the lake small and quick: small files together, old snapshots away, unused files deleted.

Every batch leaves a file a table, and one more for each file it replaces rows in, so a batch becomes slower with each
one since the last compaction. Safe beside readers: a statement goes by the catalog as it was when it began, and a file
is deleted only ``grace`` after the catalog gave it up, so a query that began before has that long to end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import duckdb

from sinks.engine import LAKE, quoted

DEFAULT_GRACE: Final = timedelta(hours=1)
"""How long a query may take while files are cleaned up beside it."""

REWRITE_THRESHOLD: Final = 0.3
"""A file is written anew once this share of its rows has been replaced."""

_TIMES_WITH_T: Final = (
    f"UPDATE __ducklake_metadata_{LAKE}.ducklake_files_scheduled_for_deletion "  # noqa: S608 - a constant
    "SET schedule_start = replace(schedule_start::VARCHAR, ' ', 'T') "
    "WHERE contains(schedule_start::VARCHAR, ' ')"
)
"""Write when files were given up in the form in which ``older_than`` is compared with it.

A SQLite catalog keeps times as text, and DuckLake compares them as text: its own have a blank before the hour, those of
``older_than`` a T. Unless they are alike, all files of a day are older than any moment of that day.
"""


@dataclass(frozen=True, slots=True)
class Retention:
    """Which snapshots can be asked for: all of the newest time, then the last of each hour, then of each day.

    Attributes:
        all_for: every snapshot is kept for this long.
        hourly_for: the last of each hour is kept for this long.
        daily_for: the last of each day is kept for this long; older ones are given up.
    """

    all_for: timedelta = timedelta(hours=1)
    hourly_for: timedelta = timedelta(days=2)
    daily_for: timedelta = timedelta(days=30)

    def expired(self, snapshots: Sequence[tuple[int, datetime]], now: datetime) -> list[int]:
        """Return the versions to give up, of (version, time) from old to new. The newest is never among them."""
        kept = set(self._kept(snapshots, now))
        return [version for version, _ in snapshots[:-1] if version not in kept]

    def _kept(self, snapshots: Sequence[tuple[int, datetime]], now: datetime) -> Iterator[int]:
        last_of: dict[tuple[str, object], int] = {}
        for version, at in snapshots:
            age = now - at
            if age <= self.all_for:
                yield version
            elif age <= self.hourly_for:
                last_of["hour", at.replace(minute=0, second=0, microsecond=0)] = version
            elif age <= self.daily_for:
                last_of["day", at.date()] = version
        yield from last_of.values()


@dataclass(frozen=True, slots=True)
class CompactionCounts:
    """What a compaction did; rewritten and merged count the files that came out."""

    snapshots_expired: int
    files_rewritten: int
    files_merged: int
    files_deleted: int


def snapshot_times(connection: duckdb.DuckDBPyConnection, *, with_tables: bool = False) -> list[tuple[int, datetime]]:
    """Return (version, time) of every snapshot of the attached lake, from old to new; times in UTC.

    Args:
        connection: with the lake attached.
        with_tables: leave out the first one, of an empty lake, which cannot be asked for.
    """
    found = connection.execute(
        f"SELECT snapshot_id, epoch_us(snapshot_time) FROM ducklake_snapshots('{LAKE}') "  # noqa: S608 - constant
        "WHERE schema_version >= ? ORDER BY 1",
        [int(with_tables)],
    ).fetchall()
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return [(version, epoch + timedelta(microseconds=micros)) for version, micros in found]


def compact(
    connection: duckdb.DuckDBPyConnection, now: datetime, retention: Retention, grace: timedelta
) -> CompactionCounts:
    """Compact the attached lake; each step is a transaction of its own, so a crash between two does no harm.

    Args:
        connection: the writer's.
        now: the present moment, with a time zone.
        retention: which snapshots to keep.
        grace: files that were given up longer ago than this are deleted.
    """
    expired = retention.expired(snapshot_times(connection), now)
    if expired:
        _call(connection, f"ducklake_expire_snapshots('{LAKE}', versions => {expired})")
    rewritten = _call(connection, f"ducklake_rewrite_data_files('{LAKE}', delete_threshold => {REWRITE_THRESHOLD})")
    merged = _call(connection, f"ducklake_merge_adjacent_files('{LAKE}')")
    connection.execute(_TIMES_WITH_T)
    given_up = f"{quoted((now - grace).isoformat())}::TIMESTAMPTZ"
    deleted = _call(connection, f"ducklake_cleanup_old_files('{LAKE}', older_than => {given_up})")
    orphaned = _call(connection, f"ducklake_delete_orphaned_files('{LAKE}', older_than => {given_up})")
    return CompactionCounts(len(expired), rewritten, merged, deleted + orphaned)


def _call(connection: duckdb.DuckDBPyConnection, function: str) -> int:
    """Call a maintenance function and return how many things it touched: one row each."""
    return len(connection.execute(f"CALL {function}").fetchall())
