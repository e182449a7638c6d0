"""Keeping the lake small and quick: small files together, old snapshots away, unused files deleted.

Every batch leaves a file a table, and one more for each file it replaces rows in, so a batch becomes slower with each
one since the last merge. Safe beside readers: a statement goes by the catalog as it was when it began, and a file
is deleted only ``grace`` after the catalog gave it up, so a query that began before has that long to end.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Final, NamedTuple

import duckdb

from sinks import tables
from sinks.asking import Asked
from sinks.columns import Table
from sinks.engine import LAKE, quoted
from sinks.errors import QueryStoppedError
from sinks.tiers import DataFile, bands_to_merge, to_rewrite

DEFAULT_GRACE: Final = timedelta(hours=1)
"""How long a query may take while files are cleaned up beside it."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CATALOG: Final = f"__ducklake_metadata_{LAKE}"

_TIMES_WITH_T: Final = (
    f"UPDATE {_CATALOG}.ducklake_files_scheduled_for_deletion "  # noqa: S608 - a constant
    "SET schedule_start = replace(schedule_start::VARCHAR, ' ', 'T') "
    "WHERE contains(schedule_start::VARCHAR, ' ')"
)
"""Write when files were given up in the form in which ``older_than`` is compared with it.

A SQLite catalog keeps times as text, and DuckLake compares them as text: its own have a blank before the hour, those of
``older_than`` a T. Unless they are alike, all files of a day are older than any moment of that day.
"""

_REPLACED: Final = (tables.PROFILES, tables.IDENTIFIERS, tables.LINKS, tables.SCORES, tables.DECISIONS)
"""The tables whose rows are replaced. DuckLake merges no file of which a row was, so that is done here."""

_ADDED_TO: Final = (
    tables.TOUCHPOINTS,
    tables.CONSENTS,
    tables.CHANGES,
    tables.SIGNALS,
    tables.ACTIVATIONS,
    tables.DEAD_LETTERS,
)

_FILES: Final = f"""
    SELECT t.table_name, f.path, f.record_count, coalesce(d.delete_count, 0), f.file_size_bytes
    FROM {_CATALOG}.ducklake_data_file AS f
    JOIN {_CATALOG}.ducklake_table AS t ON t.table_id = f.table_id AND t.end_snapshot IS NULL
    LEFT JOIN {_CATALOG}.ducklake_delete_file AS d ON d.data_file_id = f.data_file_id AND d.end_snapshot IS NULL
    WHERE f.end_snapshot IS NULL
"""  # noqa: S608 - constants


class Step(NamedTuple):
    """Of the snapshots up to an age, the last of each stretch of time is kept."""

    up_to: timedelta
    every: timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """Which snapshots can be asked for: all of the newest time, then ever fewer.

    So their number has a bound however often the lake is written. Each that is kept keeps files, and what the catalog
    says of them, which every statement reads.

    Attributes:
        all_for: every snapshot is kept for this long.
        steps: what is kept of older ones, from young to old; what is older than the last step is given up.
    """

    all_for: timedelta = timedelta(minutes=10)
    steps: tuple[Step, ...] = (
        Step(timedelta(hours=2), timedelta(minutes=10)),
        Step(timedelta(days=2), timedelta(hours=1)),
        Step(timedelta(days=30), timedelta(days=1)),
    )

    def expired(self, snapshots: Sequence[tuple[int, datetime]], now: datetime) -> list[int]:
        """Return the versions to give up, of (version, time) from old to new. The newest is never among them."""
        kept = set(self._kept(snapshots, now))
        return [version for version, _ in snapshots[:-1] if version not in kept]

    def _kept(self, snapshots: Sequence[tuple[int, datetime]], now: datetime) -> Iterator[int]:
        last_of: dict[tuple[Step, int], int] = {}
        for version, at in snapshots:
            age = now - at
            if age <= self.all_for:
                yield version
                continue
            step = next((step for step in self.steps if age <= step.up_to), None)
            if step is not None:
                last_of[step, (at - _EPOCH) // step.every] = version
        yield from last_of.values()


@dataclass(frozen=True, slots=True)
class Due:
    """Which parts of the maintenance are due."""

    merge: bool
    expire: bool
    sweep: bool


EVERYTHING: Final = Due(merge=True, expire=True, sweep=True)


@dataclass(slots=True)
class Schedule:
    """When which part of the maintenance is due: merging by the number of writes, the rest by time.

    At first everything is, since nobody knows how long ago the lake was last seen to.

    Attributes:
        writes_between_merges: a merge follows so many writes.
        between_expiries: time from one expiry of snapshots to the next.
        between_sweeps: time from one deletion of unused files to the next.
    """

    writes_between_merges: int = 10
    between_expiries: timedelta = timedelta(minutes=1)
    between_sweeps: timedelta = timedelta(minutes=10)
    _writes: int = 0
    _expired_at: datetime | None = None
    _swept_at: datetime | None = None

    def wrote(self) -> None:
        """Count a write."""
        self._writes += 1

    def take(self, now: datetime) -> Due:
        """Return what is due, which counts as done from now on."""
        due = Due(
            self._writes >= self.writes_between_merges,
            _is_past(self._expired_at, self.between_expiries, now),
            _is_past(self._swept_at, self.between_sweeps, now),
        )
        if due.merge:
            self._writes = 0
        if due.expire:
            self._expired_at = now
        if due.sweep:
            self._swept_at = now
        return due


def _is_past(last: datetime | None, between: timedelta, now: datetime) -> bool:
    return last is None or now - last >= between


@dataclass(frozen=True, slots=True)
class CompactionCounts:
    """What a compaction did: snapshots given up, files that went into larger ones, files deleted."""

    snapshots_expired: int = 0
    files_merged: int = 0
    files_deleted: int = 0


NOTHING_DONE: Final = CompactionCounts()


def snapshot_times(lake: Asked, *, with_tables: bool = False) -> list[tuple[int, datetime]]:
    """Return (version, time) of every snapshot of the attached lake, from old to new; times in UTC.

    Args:
        lake: a connection with the lake attached, or a reader.
        with_tables: leave out the first one, of an empty lake, which cannot be asked for.

    Raises:
        QueryStoppedError: a reader's time is over.
    """
    asked = (
        f"SELECT snapshot_id, epoch_us(snapshot_time) FROM ducklake_snapshots('{LAKE}') "  # noqa: S608 - constant
        "WHERE schema_version >= ? ORDER BY 1"
    )
    try:
        found = lake.execute(asked, [int(with_tables)]).fetchall()
    except QueryStoppedError as error:
        raise error.while_reading("the list of snapshots") from error
    return [(version, _EPOCH + timedelta(microseconds=micros)) for version, micros in found]


def compact(
    connection: duckdb.DuckDBPyConnection, now: datetime, due: Due, retention: Retention, grace: timedelta
) -> CompactionCounts:
    """Do what is due on the attached lake; each step is a transaction of its own, so a crash between two does no harm.

    Args:
        connection: the writer's.
        now: the present moment, with a time zone.
        due: what to do.
        retention: which snapshots to keep.
        grace: files that were given up longer ago than this are deleted.
    """
    return CompactionCounts(
        files_merged=_merge(connection) if due.merge else 0,
        snapshots_expired=_expire(connection, now, retention) if due.expire else 0,
        files_deleted=_sweep(connection, now, grace) if due.sweep else 0,
    )


def _merge(connection: duckdb.DuckDBPyConnection) -> int:
    """Bring small files of the attached lake together and return how many went into larger ones.

    No row changes. One transaction for the tables whose rows are replaced, one for each other; a crash between two
    does no harm.
    """
    files = _files(connection)
    merged = _rewrite(connection, files)
    for table in _ADDED_TO:
        sizes = [file.size_bytes for file in files[table.name]]
        for least, most in bands_to_merge(sizes):
            _call(
                connection,
                f"ducklake_merge_adjacent_files('{LAKE}', '{table.name}', min_file_size => {least}, "
                f"max_file_size => {most})",
            )
            merged += sum(least <= size < most for size in sizes)
    return merged


def _files(connection: duckdb.DuckDBPyConnection) -> defaultdict[str, list[DataFile]]:
    files: defaultdict[str, list[DataFile]] = defaultdict(list)
    for name, path, rows, replaced, size_bytes in connection.execute(_FILES).fetchall():
        files[name].append(DataFile(path, rows, replaced, size_bytes))
    return files


def _rewrite(connection: duckdb.DuckDBPyConnection, files: defaultdict[str, list[DataFile]]) -> int:
    """Write the valid rows of files anew, into one file a table; a file without valid rows is given up by DuckLake."""
    chosen = {table: to_rewrite(files[table.name]) for table in _REPLACED}
    if not any(chosen.values()):
        return 0
    with transaction(connection):
        for table, old in chosen.items():
            if old:
                _write_anew(connection, table, {file.path for file in old})
    return sum(map(len, chosen.values()))


def _write_anew(connection: duckdb.DuckDBPyConnection, table: Table, names: set[str]) -> None:
    listed = connection.execute(f"SELECT data_file FROM ducklake_list_files('{LAKE}', '{table.name}')").fetchall()  # noqa: S608
    paths = ", ".join(quoted(path) for (path,) in listed if PurePosixPath(path).name in names)
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    inside = f"FROM {table.name} WHERE filename IN ({paths})"  # literal, so that no other file is opened
    connection.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} {inside}")
    connection.execute(f"DELETE {inside}")


def _expire(connection: duckdb.DuckDBPyConnection, now: datetime, retention: Retention) -> int:
    """Give up the snapshots of the attached lake that nobody keeps, and return how many."""
    expired = retention.expired(snapshot_times(connection), now)
    if expired:
        _call(connection, f"ducklake_expire_snapshots('{LAKE}', versions => {expired})")
        _forget_inlined(connection)
    return len(expired)


def _sweep(connection: duckdb.DuckDBPyConnection, now: datetime, grace: timedelta) -> int:
    """Delete the files that the catalog gave up longer ago than ``grace``, and those it never knew; return how many."""
    connection.execute(_TIMES_WITH_T)
    given_up = f"{quoted((now - grace).isoformat())}::TIMESTAMPTZ"
    deleted = _call(connection, f"ducklake_cleanup_old_files('{LAKE}', older_than => {given_up})")
    return deleted + _call(connection, f"ducklake_delete_orphaned_files('{LAKE}', older_than => {given_up})")


def _forget_inlined(connection: duckdb.DuckDBPyConnection) -> None:
    """Delete rows kept in the catalog that no snapshot shows any more; DuckLake keeps them for ever."""
    names = connection.execute(f"SELECT table_name FROM {_CATALOG}.ducklake_inlined_data_tables").fetchall()  # noqa: S608
    for (name,) in names:
        connection.execute(
            f"DELETE FROM {_CATALOG}.{name} WHERE end_snapshot IS NOT NULL AND NOT EXISTS ("  # noqa: S608
            f"FROM {_CATALOG}.ducklake_snapshot WHERE snapshot_id >= begin_snapshot AND snapshot_id < end_snapshot)"
        )


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done in the block, or nothing of it where that fails."""
    try:
        connection.execute("BEGIN")
        yield
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:  # a failed commit has ended the transaction itself
        return


def _call(connection: duckdb.DuckDBPyConnection, function: str) -> int:
    """Call a maintenance function and return how many things it touched: one row each."""
    return len(connection.execute(f"CALL {function}").fetchall())
