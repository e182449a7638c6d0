"""SQL without personal data: a statement sees masked views of the lake, and nothing else.

Two walls stand behind each other. The statement runs where names lead to masked views only: those that it names are
made for it in a schema of their own, and the lake stands under another name. And its syntax tree is read before: every
table it names, in whatever way, must be one of its own WITH or of these, without a name before it, and none of its own
may have a name that leads to a file; every table function
and function must be one that works on what it is given. What is not known to be harmless is refused.
"""

import json
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from profiles.policy import ProfilePolicy
from sinks.engine import LAKE, quoted
from sinks.errors import QueryError, QueryRefusedError
from sinks.limits import Found
from sinks.personal import KEY_VARIABLE, shown
from sinks.policies import profile_policy_in
from sinks.reader import LakeReader

_PLACE: Final = "memory.main"

_SMALL: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
"""How DuckDB folds the case of names: a wider folding would take two names for one that DuckDB tells apart."""

_PLAIN: Final = re.compile(r"[\w $-]+")
"""Names that DuckDB can take for no file."""

_TABLE_FUNCTIONS: Final = frozenset({"generate_series", "json_each", "json_tree", "range", "repeat", "unnest"})

LOOKING_AROUND: Final = frozenset(
    {
        "current_query",
        "current_setting",
        "format_type",
        "get_block_size",
        "getenv",
        "getvariable",
        "json_deserialize_sql",
        "json_serialize_plan",
        "json_serialize_sql",
        "nextval",
        "currval",
        "pg_get_constraintdef",
        "pg_get_viewdef",
        "stats",
        "write_log",
    }
)
"""Functions that tell of the session, the catalog, the statistics or the machine, and not of what they are given."""

_QUERIES: Final = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"})
_SOURCES: Final = frozenset({"EMPTY", "EXPRESSION_LIST", "JOIN", "PIVOT", "SUBQUERY"})
_LIST_OF_TABLES: Final = '"tables"'

_RELATIONS: Final = f"""
    SELECT table_name FROM duckdb_tables() WHERE database_name = {quoted(LAKE)} AND schema_name = 'main'
    UNION SELECT view_name FROM duckdb_views() WHERE database_name = {quoted(LAKE)} AND schema_name = 'main'
"""  # noqa: S608 - constants
_NAMES_OF_MACROS: Final = f"SELECT macro_name FROM __ducklake_metadata_{LAKE}.ducklake_macro"  # noqa: S608 - a constant
_MACROS: Final = f"""
    SELECT function_name, parameters, macro_definition FROM duckdb_functions()
    WHERE database_name = {quoted(LAKE)} AND function_type = 'macro'
"""  # noqa: S608 - constants


@dataclass(slots=True)
class _Named:
    """What a statement names: relations of the lake, functions, and whether it asks for the list of relations."""

    relations: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    lists_tables: bool = False


def ask_masked(reader: LakeReader, key: bytes, sql: str) -> Found:
    """Run one SELECT, FROM, VALUES, DESCRIBE, SHOW TABLES or SUMMARIZE on the masked lake.

    The reader is for this statement alone.

    Args:
        reader: of the lake.
        key: of the masks; the same key gives the same masks.
        sql: the statement.

    Raises:
        QueryRefusedError: it asks for something else than the masked tables and views.
        QueryStoppedError, QueryError: as ``LakeReader.execute``.
    """
    relations = {name for (name,) in reader.execute(_RELATIONS).fetchall()}
    named = _Named()
    try:
        _Reading(named, relations).query(_tree(reader, sql), frozenset())
    except RecursionError:
        message = "The statement nests too deeply to be read without --personal; let a WITH name parts of it."
        raise QueryRefusedError(message) from None
    macros = _macros_among(reader, named.functions)
    for _, definition in macros.values():
        _Reading(named, relations).query(_tree(reader, f"SELECT {definition}"), frozenset())
    reader.execute(f"SET VARIABLE {KEY_VARIABLE} = {quoted(key.hex())}")
    _make_views(reader, named, relations)
    for name, (parameters, definition) in macros.items():
        reader.execute(f"CREATE MACRO {_PLACE}.{name}({', '.join(parameters)}) AS {definition}")
    reader.execute(f"USE {_PLACE}")
    return reader.execute(sql)


def _macros_among(reader: LakeReader, functions: set[str]) -> dict[str, list[Any]]:
    """Return parameters and definition of the macros that are named; DuckDB's list of functions is a slow one."""
    if not functions & {name for (name,) in reader.execute(_NAMES_OF_MACROS).fetchall()}:
        return {}
    return {name: rest for name, *rest in reader.execute(_MACROS).fetchall() if name in functions}


def _make_views(reader: LakeReader, named: _Named, relations: Iterable[str]) -> None:
    policy = profile_policy_in(reader)
    for name in named.relations:
        reader.execute(_masked_view(reader, name, policy))
    if named.lists_tables:
        for name in sorted({*relations} - named.relations):
            reader.execute(f"CREATE VIEW {_PLACE}.{_identifier(name)} AS SELECT 1")  # has but to be in the list


def _masked_view(reader: LakeReader, name: str, policy: ProfilePolicy) -> str:
    columns = reader.execute(f"DESCRIBE {LAKE}.main.{_identifier(name)}").fetchall()
    parts = [f"{shown(name, column, kind, policy)} AS {_identifier(column)}" for column, kind, *_ in columns]
    source = f"{LAKE}.main.{_identifier(name)}"
    return f"CREATE VIEW {_PLACE}.{_identifier(name)} AS SELECT {', '.join(parts)} FROM {source}"  # noqa: S608


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _folded(name: str) -> str:
    return name.translate(_SMALL)


def _own(name: str) -> str:
    """Return the folded name of a query of WITH."""
    if not _PLAIN.fullmatch(name):
        raise QueryRefusedError(f"Without --personal, a name in WITH is letters, digits, blanks, _, $ and -: {name!r}.")
    return _folded(name)


def _tree(reader: LakeReader, sql: str) -> object:
    ((text,),) = reader.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    tree: dict[str, Any] = json.loads(text)
    if tree.get("error"):
        if tree["error_type"] == "parser":
            raise QueryError(" ".join(tree["error_message"].split()))
        message = (
            "Only statements that read are run here: SELECT, FROM, VALUES, DESCRIBE, SHOW TABLES, SUMMARIZE; EXPLAIN "
            "shows what lies below the masks and needs --personal."
        )
        raise QueryRefusedError(message)
    statements: list[object] = tree["statements"]
    if len(statements) != 1:
        raise QueryRefusedError.of_number(len(statements))
    return statements[0]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads a syntax tree as ``json_serialize_sql`` writes it, noting what it names and refusing what it may not."""

    named: _Named
    relations: set[str]

    def query(self, part: object, visible: frozenset[str]) -> None:
        """Read a part of the tree, in which the names of these WITH queries can be seen."""
        if isinstance(part, list):
            for one in part:
                self.query(one, visible)
        elif isinstance(part, dict):
            self._node(part, visible)

    def _node(self, node: Mapping[str, Any], visible: frozenset[str]) -> None:
        if "cte_map" in node:
            self._query_node(node, visible)
            return
        if "class" not in node and "sample" in node and "alias" in node:
            self._source(node, visible)
        if "function_name" in node:
            self._function(node)
        self.query(list(node.values()), visible)

    def _query_node(self, node: Mapping[str, Any], visible: frozenset[str]) -> None:
        """Read a query: each of its WITH queries sees the ones before it, and only a recursive one itself."""
        if node["type"] not in _QUERIES:
            raise QueryRefusedError(f"{node['type']} is not available without --personal.")
        for entry in node["cte_map"]["map"]:
            self.query(entry["value"], visible)
            visible |= {_own(entry["key"])}
        for name, part in node.items():
            if name != "cte_map":
                recursive = node["type"] == "RECURSIVE_CTE_NODE" and name == "right"
                self.query(part, visible | {_own(node["cte_name"])} if recursive else visible)

    def _source(self, node: Mapping[str, Any], visible: frozenset[str]) -> None:
        match node["type"]:
            case "BASE_TABLE":
                self._table(node, visible)
            case "TABLE_FUNCTION":
                name = _folded(node["function"]["function_name"])
                if name not in _TABLE_FUNCTIONS:
                    raise QueryRefusedError(f"The table function {name} is not available without --personal.")
            case "SHOW_REF" if node["query"] is not None:
                pass
            case "SHOW_REF" if node["table_name"] == _LIST_OF_TABLES and node["show_type"] == "SHOW_UNQUALIFIED":
                self.named.lists_tables = True
            case "SHOW_REF":
                raise QueryRefusedError("Without --personal, SHOW lists the tables: SHOW TABLES.")
            case kind if kind not in _SOURCES:
                raise QueryRefusedError(f"{kind} is not available without --personal.")

    def _table(self, node: Mapping[str, Any], visible: frozenset[str]) -> None:
        name = _folded(node["table_name"])
        if node["catalog_name"] or node["schema_name"]:
            raise QueryRefusedError(f"Without --personal, tables and views go by their bare names: {name}.")
        if name in visible:
            return
        if name not in self.relations:
            near = ", ".join(get_close_matches(name, self.relations))
            meant = f"did you mean {near}?" if near else "SHOW TABLES lists those that there are."
            raise QueryRefusedError(f"There is no table or view {name!r}; {meant}")
        if node["at_clause"] is not None:
            raise QueryRefusedError("AT asks a table as it was and needs --personal; --as-of asks all of them.")
        self.named.relations.add(name)

    def _function(self, node: Mapping[str, Any]) -> None:
        name = _folded(node["function_name"])
        if name in LOOKING_AROUND or node.get("catalog") or _folded(node.get("schema", "")) not in ("", "main"):
            raise QueryRefusedError(f"The function {name} is not available without --personal.")
        self.named.functions.add(name)
