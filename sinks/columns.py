"""The column types of the lake: one Arrow type each, and the SQL type that follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.types as pat

ArrowType = Any
"""pyarrow ships no types of its own."""

TEXT: ArrowType = pa.string()
BIGINT: ArrowType = pa.int64()
INTEGER: ArrowType = pa.int32()
BOOLEAN: ArrowType = pa.bool_()
DOUBLE: ArrowType = pa.float64()
BLOB: ArrowType = pa.binary()
TIMESTAMP: ArrowType = pa.timestamp("us")
"""UTC without a time zone: the same text in every session, plain arithmetic, and no time zone data to install."""
MONEY: ArrowType = pa.decimal128(19, 6)
"""Wide enough for every 64-bit number of millionths, so no amount that a contract can hold is refused here."""


def struct(**fields: ArrowType) -> ArrowType:
    """Return the type of a record with these fields."""
    return pa.struct(list(fields.items()))


def list_of(item: ArrowType) -> ArrowType:
    """Return the type of a list."""
    return pa.list_(item)


def map_to(value: ArrowType) -> ArrowType:
    """Return the type of a map from text."""
    return pa.map_(TEXT, value)


_SQL_NAMES: Mapping[ArrowType, str] = {
    TEXT: "VARCHAR",
    BIGINT: "BIGINT",
    INTEGER: "INTEGER",
    BOOLEAN: "BOOLEAN",
    DOUBLE: "DOUBLE",
    BLOB: "BLOB",
    TIMESTAMP: "TIMESTAMP",
    MONEY: "DECIMAL(19,6)",
}


def sql_type(arrow: ArrowType) -> str:
    """Return the DuckDB type that holds this Arrow type, spelled as DuckDB itself spells it."""
    if pat.is_map(arrow):
        return f"MAP({sql_type(arrow.key_type)}, {sql_type(arrow.item_type)})"
    if pat.is_list(arrow):
        return f"{sql_type(arrow.value_type)}[]"
    if pat.is_struct(arrow):
        fields = ", ".join(f'"{field.name}" {sql_type(field.type)}' for field in arrow)
        return f"STRUCT({fields})"
    return _SQL_NAMES[arrow]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, its Arrow type, and what it means, with its unit."""

    name: str
    type: ArrowType
    doc: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the lake.

    Attributes:
        name: its name; one that starts with an underscore is the lake's own bookkeeping.
        doc: what a row is, and when it changes.
        key: the columns that no two rows share.
        columns: in order.
        version: the column of which the higher value replaces a row; None where rows are never replaced.
    """

    name: str
    doc: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    version: str | None = None

    @property
    def schema(self) -> ArrowType:
        """The Arrow schema of the table."""
        return pa.schema([(column.name, column.type) for column in self.columns])

    def create_sql(self) -> str:
        """Return the statement that creates the table where it does not exist."""
        columns = ", ".join(f'"{column.name}" {sql_type(column.type)}' for column in self.columns)
        return f"CREATE TABLE IF NOT EXISTS {self.name} ({columns})"
