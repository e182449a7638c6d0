"""SQL for people: one read-only statement on the lake, as of now or as of a snapshot."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from sinks.errors import QueryError, QueryRefusedError, sentence
from sinks.limits import Found
from sinks.maintenance import snapshot_times
from sinks.reader import AsOf, LakeReader, open_lake_reader

_EXPLAIN: Final = re.compile(r"\s*explain(\s+analyze)?\s+", re.IGNORECASE)

_TABLE_FUNCTIONS: Final = frozenset(
    {
        "duckdb_columns",
        "duckdb_tables",
        "duckdb_views",
        "ducklake_list_files",
        "ducklake_snapshots",
        "ducklake_table_changes",
        "ducklake_table_deletions",
        "ducklake_table_info",
        "ducklake_table_insertions",
        "generate_series",
        "json_each",
        "json_tree",
        "range",
        "repeat",
        "snapshots",
        "table_changes",
        "table_deletions",
        "table_info",
        "table_insertions",
        "unnest",
    }
)
"""What may stand in a FROM clause beside tables and views: functions that read the lake or nothing.

Others clean up files, open other databases, or run a text as SQL.
"""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows of a statement, with Python values: decimals, UTC timestamps without a zone, lists and dictionaries."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state of the lake that can be asked for.

    Attributes:
        version: its number.
        committed_at: when it was committed, UTC.
    """

    version: int
    committed_at: datetime


def run_sql(home: Path, sql: str, as_of: AsOf = None, moment: datetime | None = None) -> QueryResult:
    """Run one read-only statement that sees all personal data, and return all its rows.

    Args:
        home: the data folder.
        sql: a SELECT, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN of one.
        as_of: a version or a moment; None is now.
        moment: that views reckon from, UTC; None is now.

    Raises:
        LakeMissingError, LakeVersionError, SnapshotMissingError: as ``open_lake_reader``.
        QueryRefusedError: it is not a single statement that only reads.
        QueryStoppedError, QueryError: as ``LakeReader.execute``.
    """
    with open_lake_reader(home, as_of, moment) as reader:
        answer = ask_clear(reader, sql)
        return QueryResult(answer.columns, answer.fetchall())


def ask_clear(reader: LakeReader, sql: str) -> Found:
    """Run one read-only statement that sees all personal data.

    Raises:
        QueryRefusedError: it is not a single statement that only reads.
        QueryStoppedError, QueryError: as ``LakeReader.execute``.
    """
    _refuse_writes(reader, sql)
    return reader.execute(sql)


def snapshots(home: Path) -> list[Snapshot]:
    """Return the snapshots of the lake that can be asked for, from old to new.

    Raises:
        LakeMissingError, LakeVersionError: as ``open_lake_reader``.
    """
    with open_lake_reader(home) as reader:
        return [Snapshot(version, at) for version, at in snapshot_times(reader, with_tables=True)]


def _refuse_writes(reader: LakeReader, sql: str) -> None:
    try:
        statements = reader.connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(sentence(error)) from error
    if len(statements) != 1:
        raise QueryRefusedError.of_number(len(statements))
    explained = _EXPLAIN.match(sql)
    tree = _syntax_tree(reader, sql[explained.end() :] if explained else sql)
    if tree.get("error"):
        message = "Only statements that read are run here: SELECT, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN."
        raise QueryRefusedError(message)
    for name in _table_functions(tree):
        if name not in _TABLE_FUNCTIONS:
            message = f"The table function {name} is not available here."
            raise QueryRefusedError(message)


def _syntax_tree(reader: LakeReader, sql: str) -> dict[str, Any]:
    row = reader.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    return tree


def _table_functions(tree: object) -> Iterator[str]:
    """Yield the name of every table function in a syntax tree."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            if node.get("type") == "TABLE_FUNCTION":
                yield str(node["function"]["function_name"]).lower()
            pending.extend(node.values())
