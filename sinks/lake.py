"""The lake's writer: batches in, exactly once, one transaction each.

A batch and the Kafka offsets that follow it are one transaction of one snapshot: after a crash either all of it is
there or nothing, and the offsets say which. A batch that is delivered again changes nothing.
"""

import fcntl
import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import InitVar, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, Self, TextIO, TypeVar

import duckdb

from schemas.accepted import AcceptedTouchpoint
from schemas.records import (
    Activation,
    Change,
    DeadLetter,
    Decision,
    Link,
    Policy,
    Profile,
    ProfileIdentifier,
    Score,
    Signal,
)
from sinks import engine, rows, tables, views
from sinks.columns import Table
from sinks.errors import LakeBusyError, LakeMissingError, LakeWriteError, sentence
from sinks.known import KnownRows, Positions
from sinks.maintenance import (
    DEFAULT_GRACE,
    EVERYTHING,
    CompactionCounts,
    Due,
    Retention,
    Schedule,
    compact,
    snapshot_times,
    transaction,
)
from sinks.policies import profile_policy_in
from sinks.rows import ArrowTable
from sinks.statements import Key, Record, add, insert, new_records, replace_all, stored_versions, upsert

_Record = TypeVar("_Record", bound=Mapping[str, Any])

_INLINE_OFFSETS: Final = (
    f"CALL {engine.LAKE}.set_option('data_inlining_row_limit', 1000, table_name => '{tables.OFFSETS.name}')"
)
"""Offsets change with every batch and are few: in the catalog they cost no file."""

_ONE_THREAD: Final = "SET threads = 1"
"""A batch is many small statements: more threads cost a fifth to a quarter more CPU time, which workers then lack."""


@dataclass(frozen=True, slots=True)
class LakeBatch:
    """Decoded records for the lake, in the order of their partitions."""

    touchpoints: Sequence[AcceptedTouchpoint] = ()
    profiles: Sequence[Profile] = ()
    links: Sequence[Link] = ()
    changes: Sequence[Change] = ()
    signals: Sequence[Signal] = ()
    activations: Sequence[Activation] = ()
    scores: Sequence[Score] = ()
    decisions: Sequence[Decision] = ()
    policies: Sequence[Policy] = ()
    dead_letters: Sequence[DeadLetter] = ()

    def is_empty(self) -> bool:
        """Whether there is no record of any kind."""
        told = (self.touchpoints, self.profiles, self.links, self.changes, self.signals, self.activations)
        return not any((*told, self.scores, self.decisions, self.policies, self.dead_letters))


@dataclass(slots=True)
class WriteCounts:
    """How many rows a batch added or replaced; what was there already is not counted."""

    touchpoints: int = 0
    consents: int = 0
    profiles: int = 0
    identifiers: int = 0
    links: int = 0
    changes: int = 0
    signals: int = 0
    activations: int = 0
    scores: int = 0
    decisions: int = 0
    policies: int = 0
    dead_letters: int = 0


@dataclass(frozen=True, slots=True)
class LakeSize:
    """How large a lake is.

    Attributes:
        snapshots: that can be asked for.
        file_bytes: of the data files of the newest one.
    """

    snapshots: int
    file_bytes: int


@dataclass(slots=True)
class LakeWriter:
    """The one writer of a lake. Not for use by several threads at once.

    Made by ``open_lake_writer``; close it, or use it as a context, to release the lake to another writer.
    """

    home: Path
    connection: duckdb.DuckDBPyConnection
    lock: TextIO
    on_read: InitVar[Callable[[int], None]]
    schedule: Schedule = field(default_factory=Schedule)
    known: KnownRows = field(init=False)
    _positions: dict[tuple[str, int], int] = field(init=False)

    def __post_init__(self, on_read: Callable[[int], None]) -> None:
        """Read how far the lake is."""
        found = self.connection.execute('SELECT topic, "partition", next_offset FROM _offsets').fetchall()
        self._positions = {(topic, partition): next_offset for topic, partition, next_offset in found}
        self.known = KnownRows(engine.known_path(self.home), self._positions, partial(self._stored_versions, on_read))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the lake and let another writer have it. Closing twice is fine."""
        self.known.close()
        self.connection.close()
        self.lock.close()

    def offsets(self) -> dict[tuple[str, int], int]:
        """Return the next offset of every partition that the lake has seen: where to read on."""
        return dict(self._positions)

    def write(self, batch: LakeBatch, offsets: Positions) -> WriteCounts:
        """Write a batch and the offsets that follow it: both or neither.

        Rows of touchpoints, consents, changes, signals, activations and dead letters that are there already are left
        alone; profiles, identifiers and links are replaced by a higher revision only, decisions and scores by newer
        ones; offsets only grow. A call that has nothing to add makes no snapshot.

        Raises:
            LakeWriteError: nothing was written; the same call may be made again.
        """
        ahead = {place: at for place, at in offsets.items() if at > self._positions.get(place, -1)}
        counts = WriteCounts()
        if not ahead and batch.is_empty():
            return counts
        positions = {**self._positions, **ahead}
        self.known.begin()
        with self._transaction():
            for step in _STEPS:
                step(self, batch, counts)
            if ahead:
                replace_all(self.connection, tables.OFFSETS, rows.offsets(positions))
            self.known.intend(positions)
        self.known.committed()
        self._positions = positions
        self.schedule.wrote()
        return counts

    def maintain(self, now: datetime) -> CompactionCounts:
        """Do that part of a compaction which is due by the schedule; call it after every write, and while idle.

        Args:
            now: the present moment, with a time zone.

        Raises:
            LakeWriteError: it was not finished; the lake is as good as before.
        """
        return self._compact(now, self.schedule.take(now), Retention(), DEFAULT_GRACE)

    def compact(
        self, now: datetime, retention: Retention | None = None, grace: timedelta = DEFAULT_GRACE
    ) -> CompactionCounts:
        """Bring small files together, give up old snapshots and delete what nobody can read any more.

        Args:
            now: the present moment, with a time zone.
            retention: which snapshots can still be asked for; None is the default of ``Retention``.
            grace: how long a query that is running now may go on.

        Raises:
            LakeWriteError: it was not finished; the lake is as good as before.
        """
        return self._compact(now, EVERYTHING, retention or Retention(), grace)

    def _compact(self, now: datetime, due: Due, retention: Retention, grace: timedelta) -> CompactionCounts:
        try:
            return compact(self.connection, now, due, retention, grace)
        except duckdb.Error as error:
            message = f"The lake in {self.home} could not be compacted: {sentence(error)}"
            raise LakeWriteError(message) from error

    def _stored_versions(self, on_read: Callable[[int], None]) -> Iterator[dict[bytes, int]]:
        parts = chain.from_iterable(stored_versions(self.connection, table) for table in tables.LOOKED_UP)
        read = 0
        for part in parts:
            yield part
            read += len(part)
            on_read(read)

    def size(self) -> LakeSize:
        """Return how large the lake is."""
        sizes = f"SELECT sum(file_size_bytes + delete_file_size_bytes) FROM ducklake_table_info('{engine.LAKE}')"  # noqa: S608 - a constant
        ((file_bytes,),) = self.connection.execute(sizes).fetchall()
        return LakeSize(len(snapshot_times(self.connection, with_tables=True)), int(file_bytes or 0))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with transaction(self.connection):
                yield
        except duckdb.Error as error:
            message = f"The lake in {self.home} could not be written: {sentence(error)}"
            raise LakeWriteError(message) from error


# --- the steps of a batch ------------------------------------------------------------------------------------------


def _write_touchpoints(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    unique = {(record["source"], record["touchpoint"]["event_id"]): record for record in reversed(batch.touchpoints)}
    fresh = new_records(writer.known, tables.TOUCHPOINTS, dict(reversed(unique.items())))
    counts.touchpoints = insert(writer.connection, tables.TOUCHPOINTS, rows.touchpoints(fresh))
    # Of every delivery, as each may have been received at another time.
    counts.consents = add(writer.connection, writer.known, tables.CONSENTS, rows.consents(batch.touchpoints))


def _add_new(
    writer: LakeWriter, table: Table, unique: Mapping[Key, Record], as_rows: Callable[[list[Record]], ArrowTable]
) -> int:
    """Add the records whose key the table does not have; return how many."""
    return insert(writer.connection, table, as_rows(new_records(writer.known, table, unique)))


def _newest(records: Iterable[_Record], key: Callable[[_Record], Hashable], version: str) -> list[_Record]:
    """Return of the records that share a key the one with the highest version, the first of several."""
    newest: dict[Hashable, _Record] = {}
    for record in records:
        name = key(record)
        if name not in newest or record[version] > newest[name][version]:
            newest[name] = record
    return list(newest.values())


def _write_profiles(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    incoming = rows.profiles(_newest(batch.profiles, lambda record: record["customer_id"], "revision"))
    counts.profiles = upsert(writer.connection, writer.known, tables.PROFILES, incoming)


def _write_identifiers(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    newest: dict[str, tuple[Profile, ProfileIdentifier]] = {}
    for record in batch.profiles:
        for node in record["identifiers"] if record["status"] == "active" else ():
            known = newest.get(node["node_id"])
            if known is None or record["revision"] > known[0]["revision"]:
                newest[node["node_id"]] = (record, node)
    incoming = rows.identifiers(list(newest.values()))
    counts.identifiers = upsert(writer.connection, writer.known, tables.IDENTIFIERS, incoming)


def _write_links(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    incoming = rows.links(_newest(batch.links, lambda record: (record["anchor_id"], record["node_id"]), "revision"))
    counts.links = upsert(writer.connection, writer.known, tables.LINKS, incoming)


def _write_changes(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    unique = {
        (record["kind"], record["customer_id"], record["other_customer_id"] or "", record["revision"]): record
        for record in batch.changes
    }
    counts.changes = _add_new(writer, tables.CHANGES, unique, rows.changes)


def _write_signals(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    unique = {(record["signal_id"],): record for record in batch.signals}
    counts.signals = _add_new(writer, tables.SIGNALS, unique, rows.signals)


def _write_activations(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    unique = {(record["activation_id"],): record for record in batch.activations}
    counts.activations = _add_new(writer, tables.ACTIVATIONS, unique, rows.activations)


def _write_scores(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    incoming = rows.scores(_newest(batch.scores, lambda record: (record["customer_id"], record["model"]), "made_at"))
    counts.scores = upsert(writer.connection, writer.known, tables.SCORES, incoming)


def _decided_on(decision: Decision) -> Hashable:
    return frozenset(part["node_id"] for part in (decision["one"], decision["other"]) if part is not None)


def _write_decisions(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    incoming = rows.decisions(_newest(batch.decisions, _decided_on, "made_at"))
    counts.decisions = upsert(writer.connection, writer.known, tables.DECISIONS, incoming)


def _write_policies(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    newest = {record["applied_at"]: record for record in batch.policies}  # every partition has the same
    incoming = rows.policies(list(newest.values()))
    counts.policies = upsert(writer.connection, writer.known, tables.POLICIES, incoming)
    if counts.policies:
        _renew_views(writer.connection)


def _write_dead_letters(writer: LakeWriter, batch: LakeBatch, counts: WriteCounts) -> None:
    unique = {(record["topic"], record["partition"], record["offset"]): record for record in batch.dead_letters}
    counts.dead_letters = _add_new(writer, tables.DEAD_LETTERS, unique, rows.dead_letters)


_STEPS: tuple[Callable[[LakeWriter, LakeBatch, WriteCounts], None], ...] = (
    _write_touchpoints,
    _write_profiles,
    _write_identifiers,
    _write_links,
    _write_changes,
    _write_signals,
    _write_activations,
    _write_scores,
    _write_decisions,
    _write_policies,
    _write_dead_letters,
)


# --- opening -------------------------------------------------------------------------------------------------------


def open_lake_writer(home: Path, on_read: Callable[[int], None] = lambda _: None) -> LakeWriter:
    """Open the lake of a home for writing and create what is missing.

    Args:
        home: of the installation.
        on_read: where what the lake has must be read whole, told now and then how many rows were.

    Raises:
        LakeBusyError: another process writes it.
        LakeVersionError: it was written by a newer version.
    """
    engine.data_path(home).mkdir(parents=True, exist_ok=True)
    lock = _take_lock(home)
    try:
        connection = engine.connect()
    except BaseException:
        lock.close()
        raise
    try:
        connection.execute(_ONE_THREAD)
        engine.attach(connection, home, "META_JOURNAL_MODE 'WAL'", "DATA_INLINING_ROW_LIMIT 0")
        _create_missing(connection, home)
        connection.execute(_INLINE_OFFSETS)
        return LakeWriter(home, connection, lock, on_read)
    except BaseException:
        connection.close()
        lock.close()
        raise


def _take_lock(home: Path) -> TextIO:
    """Hold the lock file; the system releases it when this process ends, however it ends."""
    path = home / "lake" / "writer.lock"
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        message = f"The lake in {home} is being written by another process (id {holder}): stop that one first."
        raise LakeBusyError(message) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _create_missing(connection: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Create the tables of a new lake and the views that it lacks: one transaction, one snapshot."""
    try:
        engine.check_format(connection, home)
    except LakeMissingError:
        statements = [table.create_sql() for table in tables.TABLES]
        statements.append(f"INSERT INTO _lake VALUES ({tables.LAKE_FORMAT}, '')")  # noqa: S608 - constants
    else:
        statements = []
    connection.execute("BEGIN")
    for statement in statements:
        connection.execute(statement)
    _renew_views(connection)
    connection.execute("COMMIT")


def _renew_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views anew where the policy in force, or this version, has others than the lake."""
    renewed = views.all_views(profile_policy_in(connection))
    fingerprint = views.fingerprint(renewed)
    if connection.execute("SELECT views FROM _lake").fetchone() != (fingerprint,):
        for view in renewed:
            connection.execute(view.create_sql())
        connection.execute("UPDATE _lake SET views = ?", [fingerprint])
