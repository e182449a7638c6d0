"""The statements of a batch: which records are new, add rows, replace rows by a higher revision.

All take a whole batch as one Arrow table: a statement costs tens of milliseconds however few rows it has.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, TypeVar

import duckdb
import pyarrow as pa

from sinks.columns import Table
from sinks.rows import ArrowTable

Key = TypeVar("Key", bound=tuple[object, ...])
Record = TypeVar("Record")

_INCOMING: Final = "incoming"
_PLACE: Final = "incoming_place"


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


def _same_key(table: Table, left: str, right: str) -> str:
    return " AND ".join(f'{left}."{name}" = {right}."{name}"' for name in table.key)


def _changed_rows(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    result = connection.execute(statement).fetchone()
    return 0 if result is None else int(result[0])


def new_records(connection: duckdb.DuckDBPyConnection, table: Table, unique: Mapping[Key, Record]) -> list[Record]:
    """Return the records whose key is not in the table, in their order.

    The keys are the table's, in its order. The whole table's keys are read: 0.15 s for 1,000,000 rows on one core.
    """
    if not unique:
        return []
    types = [column.type for name in table.key for column in table.columns if column.name == name]
    keys = [pa.array(values, type_) for values, type_ in zip(zip(*unique, strict=True), types, strict=True)]
    places = pa.array(range(len(unique)), pa.int32())
    batch = pa.Table.from_arrays([*keys, places], names=[*table.key, _PLACE])
    statement = (
        f"SELECT {_PLACE} FROM {_INCOMING} ANTI JOIN {table.name} "  # noqa: S608 - constants of this room
        f"ON {_same_key(table, _INCOMING, table.name)} ORDER BY {_PLACE}"
    )
    with _incoming(connection, batch):
        fresh = connection.execute(statement).fetchall()
    records = list(unique.values())
    return [records[place] for (place,) in fresh]


def insert(connection: duckdb.DuckDBPyConnection, table: Table, batch: ArrowTable) -> int:
    """Add rows and return how many."""
    if not batch.num_rows:
        return 0
    names = _names(table)
    statement = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {_INCOMING}"  # noqa: S608 - constants
    with _incoming(connection, batch):
        return _changed_rows(connection, statement)


def upsert(connection: duckdb.DuckDBPyConnection, table: Table, version: str, batch: ArrowTable) -> int:
    """Add rows, or replace those with a lower ``version``; return how many were added or replaced.

    No two rows of the batch share a key. Rows are deleted and added, not merged: a MERGE writes one file of what was
    there and one of what was not, and each file is one more to look into until the next compaction.
    """
    if not batch.num_rows:
        return 0
    known = _known_versions(connection, table, version, batch)
    outdated = [place for place, is_newer in known if not is_newer]
    if outdated:
        kept = set(range(batch.num_rows)).difference(outdated)
        batch = batch.take(pa.array(sorted(kept), pa.int64()))
    if len(known) > len(outdated):
        same = _same_key(table, _INCOMING, table.name)
        with _incoming(connection, batch):
            connection.execute(f"DELETE FROM {table.name} USING {_INCOMING} WHERE {same}")  # noqa: S608 - constants
    return insert(connection, table, batch)


def _known_versions(
    connection: duckdb.DuckDBPyConnection, table: Table, version: str, batch: ArrowTable
) -> list[tuple[int, bool]]:
    """Return of each row whose key the table has its place in the batch, and whether it is newer than the table's."""
    columns = list(dict.fromkeys([*table.key, version]))  # of a policy its time is both
    keys = batch.select(columns).append_column(_PLACE, pa.array(range(batch.num_rows), pa.int32()))
    statement = (
        f"SELECT {_PLACE}, {_INCOMING}.{version} > {table.name}.{version} "  # noqa: S608 - constants of this room
        f"FROM {_INCOMING} JOIN {table.name} ON {_same_key(table, _INCOMING, table.name)}"
    )
    with _incoming(connection, keys):
        return connection.execute(statement).fetchall()
