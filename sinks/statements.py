"""The statements of a batch: add rows that are new, replace rows by a higher version.

All take a whole batch as one Arrow table: a statement costs tens of milliseconds however few rows it has.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.types as pat

from sinks.columns import ArrowType, Table
from sinks.known import KnownRows, row_key
from sinks.rows import ArrowTable

Key = TypeVar("Key", bound=tuple[object, ...])
Record = TypeVar("Record")

_INCOMING: Final = "incoming"
_ROWS_TOGETHER: Final = 20_000


@contextmanager
def _incoming(connection: duckdb.DuckDBPyConnection, batch: ArrowTable) -> Iterator[None]:
    """Let SQL see an Arrow table as ``memory.main.incoming`` for the length of the block."""
    connection.register(_INCOMING, batch)
    try:
        yield
    finally:
        connection.unregister(_INCOMING)


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _changed_rows(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    result = connection.execute(statement).fetchone()
    return 0 if result is None else int(result[0])


def new_records(known: KnownRows, table: Table, unique: Mapping[Key, Record]) -> list[Record]:
    """Return the records whose key is not in the table, in their order, and note that they will be.

    The keys are the table's, in its order.
    """
    keys = [row_key(table, key) for key in unique]
    fresh = [
        (key, record)
        for key, record, version in zip(keys, unique.values(), known.versions(keys), strict=True)
        if version is None
    ]
    known.note({key: 0 for key, _ in fresh})
    return [record for _, record in fresh]


def insert(connection: duckdb.DuckDBPyConnection, table: Table, batch: ArrowTable) -> int:
    """Add rows and return how many."""
    if not batch.num_rows:
        return 0
    names = _names(table)
    statement = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {_INCOMING}"  # noqa: S608 - constants
    with _incoming(connection, batch):
        return _changed_rows(connection, statement)


def add(connection: duckdb.DuckDBPyConnection, known: KnownRows, table: Table, batch: ArrowTable) -> int:
    """Add the rows whose key is not in the table, the first of each key; return how many."""
    places = {key: place for place, key in reversed(list(enumerate(_row_keys(table, batch))))}
    keys = list(places)
    fresh = {key: places[key] for key, version in zip(keys, known.versions(keys), strict=True) if version is None}
    known.note(dict.fromkeys(fresh, 0))
    return insert(connection, table, batch.take(pa.array(sorted(fresh.values()), pa.int64())))


def upsert(connection: duckdb.DuckDBPyConnection, known: KnownRows, table: Table, batch: ArrowTable) -> int:
    """Add rows, or replace those with a lower version; return how many were added or replaced.

    No two rows of the batch share a key.
    """
    if table.version is None:
        message = f"the rows of {table.name} are never replaced"
        raise ValueError(message)
    keys = _row_keys(table, batch)
    told: list[int] = _plain(batch, table.version)
    found = known.versions(keys)
    newer = [
        place for place, (version, old) in enumerate(zip(told, found, strict=True)) if old is None or version > old
    ]
    known.note({keys[place]: told[place] for place in newer})
    replaced = [place for place in newer if found[place] is not None]
    if replaced:
        _delete(connection, table, batch.take(pa.array(replaced, pa.int64())))
    return insert(connection, table, batch if len(newer) == len(keys) else batch.take(pa.array(newer, pa.int64())))


def replace_all(connection: duckdb.DuckDBPyConnection, table: Table, batch: ArrowTable) -> None:
    """Put rows in the place of all that the table has."""
    connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 - a constant
    insert(connection, table, batch)


def _delete(connection: duckdb.DuckDBPyConnection, table: Table, batch: ArrowTable) -> None:
    """Delete the rows that have the key of one of these.

    Rows are deleted and added, not merged: a MERGE writes one file of what was there and one of what was not, and each
    file is one more to look into until the next compaction.
    """
    same = " AND ".join(f'{_INCOMING}."{name}" = {table.name}."{name}"' for name in table.key)
    with _incoming(connection, batch.select(list(table.key))):
        connection.execute(f"DELETE FROM {table.name} USING {_INCOMING} WHERE {same}")  # noqa: S608 - constants


def stored_versions(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[dict[bytes, int]]:
    """Yield the keys of all rows of a table, with their versions, in parts."""
    types = {column.name: column.type for column in table.columns}
    columns = [_sql(name, types[name]) for name in table.key]
    version = "0" if table.version is None else _sql(table.version, types[table.version])
    found = connection.execute(f"SELECT {', '.join(columns)}, {version} FROM {table.name}")  # noqa: S608 - constants
    while rows := found.fetchmany(_ROWS_TOGETHER):
        yield {row_key(table, key): version for *key, version in rows}


def _row_keys(table: Table, batch: ArrowTable) -> list[bytes]:
    return [row_key(table, key) for key in zip(*(_plain(batch, name) for name in table.key), strict=True)]


def _sql(name: str, type_: ArrowType) -> str:
    return f'epoch_us("{name}")' if pat.is_timestamp(type_) else f'"{name}"'


def _plain(batch: ArrowTable, name: str) -> list[Any]:
    """Return the values of a column, times in microseconds."""
    values = batch.column(name)
    found: list[Any] = (values.cast(pa.int64()) if pat.is_timestamp(values.type) else values).to_pylist()
    return found
