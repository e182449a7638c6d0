"""Reading the lake, as of now or as of a snapshot, while another process writes it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import duckdb

from sinks import engine
from sinks.errors import LakeMissingError, QueryError, SnapshotMissingError, sentence
from sinks.interrupting import interruptible
from sinks.maintenance import snapshot_times
from sinks.views.moment import VARIABLE

AsOf = str | int | None
"""None is now; a number, or a text of digits, is a snapshot's version; any other text is a moment in ISO 8601."""


@contextmanager
def _asking(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    try:
        with interruptible(connection):
            yield
    except duckdb.Error as error:
        raise QueryError(sentence(error)) from error


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement finds. The engine works on while rows are fetched, so each fetch may raise as ``execute`` does.

    Attributes:
        connection: that the statement was run on.
    """

    connection: duckdb.DuckDBPyConnection

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(column[0] for column in self.connection.description or ())

    def fetchone(self) -> Any:  # noqa: ANN401 - a row has the types of its statement
        """Return the next row, None after the last."""
        with _asking(self.connection):
            return self.connection.fetchone()

    def fetchmany(self, size: int) -> list[Any]:
        """Return up to so many rows, none after the last."""
        with _asking(self.connection):
            return self.connection.fetchmany(size)

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        with _asking(self.connection):
            return self.connection.fetchall()


@dataclass(slots=True)
class LakeReader:
    """A read-only connection; each statement sees one snapshot, whatever is written meanwhile.

    Made by ``open_lake_reader``. It can open no files but the lake's, and its configuration is locked.
    """

    connection: duckdb.DuckDBPyConnection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. Closing twice is fine."""
        self.connection.close()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Found:
        """Run a statement and return what it finds, which the next statement takes away.

        Raises:
            QueryError: the statement cannot be run.
            KeyboardInterrupt: Ctrl-C ended it.
        """
        with _asking(self.connection):
            self.connection.execute(sql, parameters)
        return Found(self.connection)

    def records(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Run a statement and return its rows by column name."""
        found = self.execute(sql, parameters)
        names = found.columns
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def open_lake_reader(home: Path, as_of: AsOf = None, moment: datetime | None = None) -> LakeReader:
    """Open the lake of a home for reading.

    Names in SQL need no prefix, and with ``as_of`` tables and views alike show that snapshot: what was known then.
    With ``moment``, in UTC, views reckon from that moment: what had happened then. None is the present one.

    Raises:
        LakeMissingError: there is no lake yet.
        LakeVersionError: it was written by a newer version.
        SnapshotMissingError: there is no such snapshot, or ``as_of`` is neither a version nor a moment.
    """
    engine.require_lake(home)
    snapshot = _snapshot_option(as_of)
    connection = engine.connect()
    try:
        connection.execute(f"SET temp_directory = {engine.quoted(home / 'lake' / 'spill')}")
        try:
            engine.attach(connection, home, "READ_ONLY", *snapshot)
            engine.check_format(connection, home)
        except (LakeMissingError, SnapshotMissingError):
            if as_of is None:
                raise
            raise _snapshot_missing(home, as_of) from None
        connection.execute(f"SET allowed_directories = [{engine.quoted(f'{engine.data_path(home)}/')}]")
        connection.execute("SET enable_external_access = false")
        if moment is not None:
            connection.execute(f"SET VARIABLE {VARIABLE} = TIMESTAMP {engine.quoted(moment.isoformat(sep=' '))}")
        connection.execute("SET lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return LakeReader(connection)


def _snapshot_missing(home: Path, as_of: AsOf) -> SnapshotMissingError:
    with open_lake_reader(home) as reader:
        found = snapshot_times(reader.connection, with_tables=True)
    oldest, newest = (f"version {version} of {at.isoformat()}" for version, at in (found[0], found[-1]))
    message = f"As of {as_of} there is no snapshot, or no longer: the oldest is {oldest}, the newest is {newest}."
    return SnapshotMissingError(message)


def _snapshot_option(as_of: AsOf) -> tuple[str, ...]:
    if as_of is None:
        return ()
    text = str(as_of).strip()
    if text.isascii() and text.isdecimal():
        return (f"SNAPSHOT_VERSION {text}",)
    moment: datetime | None = None
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment is None or isinstance(as_of, int):
        message = f"{as_of!r} is neither a snapshot's version nor a moment like 2026-03-01T12:00:00."
        raise SnapshotMissingError(message)
    return (f"SNAPSHOT_TIME {engine.quoted(moment.isoformat(sep=' '))}",)
