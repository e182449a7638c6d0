"""Reading the lake, as of now or as of a snapshot, while another process writes it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import duckdb

from sinks import engine
from sinks.errors import LakeError, LakeMissingError, SnapshotMissingError
from sinks.limits import COMMANDS, Found, Limited, Limits, limited
from sinks.maintenance import snapshot_times
from sinks.views.moment import VARIABLE

AsOf = str | int | None
"""None is now; a number, or a text of digits, is a snapshot's version; any other text is a moment in ISO 8601."""


@dataclass(slots=True)
class LakeReader:
    """A read-only connection; each statement sees one snapshot, whatever is written meanwhile.

    Made by ``open_lake_reader``. It can open no files but the lake's, and its configuration is locked.
    """

    limited: Limited

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, for what reads nothing of the lake; nothing limits it."""
        return self.limited.connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. Closing twice is fine."""
        self.limited.close()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Found:
        """Run a statement and return its answer, to fetch rows from.

        Raises:
            QueryStoppedError: it takes more than the reader's limits.
            QueryError: the statement cannot be run.
        """
        return self.limited.execute(sql, parameters)

    def records(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Run a statement and return its rows by column name."""
        answer = self.execute(sql, parameters)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]


def open_lake_reader(
    home: Path, as_of: AsOf = None, moment: datetime | None = None, limits: Limits = COMMANDS
) -> LakeReader:
    """Open the lake of a home for reading.

    Names in SQL need no prefix, and with ``as_of`` tables and views alike show that snapshot: what was known then.
    With ``moment``, in UTC, views reckon from that moment: what had happened then. None is the present one.
    No statement takes more than ``limits``.

    Raises:
        QueryError: a limit does not have the form that it must have.
        QueryStoppedError: the lake cannot be opened with so little memory.
        LakeMissingError: there is no lake yet.
        LakeVersionError: it was written by a newer version.
        SnapshotMissingError: there is no such snapshot, or ``as_of`` is neither a version nor a moment.
    """
    engine.require_lake(home)
    snapshot = _snapshot_option(as_of)
    connection = engine.connect()
    closing = connection.close
    try:
        bounded = limited(connection, home / "lake", limits)
        closing = bounded.close
        try:
            engine.attach(connection, home, "READ_ONLY", *snapshot)
            engine.check_format(connection, home)
        except (LakeMissingError, SnapshotMissingError):
            if as_of is None:
                raise
            raise _snapshot_missing(home, as_of) from None
        except (LakeError, duckdb.OutOfMemoryException) as error:
            if duckdb.OutOfMemoryException in {type(error), type(error.__cause__)}:
                raise bounded.too_little_memory() from error
            raise
        connection.execute(f"SET allowed_directories = [{engine.quoted(f'{engine.data_path(home)}/')}]")
        connection.execute("SET enable_external_access = false")
        if moment is not None:
            connection.execute(f"SET VARIABLE {VARIABLE} = TIMESTAMP {engine.quoted(moment.isoformat(sep=' '))}")
        connection.execute("SET lock_configuration = true")
    except BaseException:
        closing()
        raise
    return LakeReader(bounded)


def _snapshot_missing(home: Path, as_of: AsOf) -> SnapshotMissingError:
    with open_lake_reader(home) as reader:
        found = snapshot_times(reader, with_tables=True)
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
