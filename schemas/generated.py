"""Python source made from Avro schemas: what :mod:`schemas.writing` and :mod:`schemas.reading` have in common.

A general Avro library walks the schema for every record. Code made once from a schema does not, which makes writing a
profile five times and reading one three times as fast; such bytes are most of what a worker and a sink work on.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

_BRANCHES = 2
_INDENT = "    "


class UnsupportedSchemaError(Exception):
    """A schema has a type that no code is made for, such as a union of two records."""


class Optional(NamedTuple):
    """A union of null and another type; ``null`` and ``other`` are their branches as one byte of Avro."""

    kind: Any
    null: int
    other: int


class Source:
    """The source text of one function, line by line.

    Attributes:
        names: what the text refers to by name.
        named: the schemas that have names, by name, as they are met.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = dict(names)
        self.named: dict[str, Any] = {}
        self._lines: list[str] = []
        self._variables = 0

    def variable(self) -> str:
        """Return a name not used yet."""
        self._variables += 1
        return f"v{self._variables}"

    def constant(self, value: object) -> str:
        """Return a name for a value."""
        name = f"K{len(self.names)}"
        self.names[name] = value
        return name

    def line(self, depth: int, text: str) -> None:
        """Add a line."""
        self._lines.append(_INDENT * depth + text)

    def function(self, name: str) -> Any:  # noqa: ANN401  # of whatever signature the text gives it
        """Return the function that the text defines under a name."""
        exec(compile("\n".join(self._lines), f"<made of {name}>", "exec"), self.names)  # noqa: S102  # made here, of our own contracts
        return self.names[name]

    def resolved(self, kind: Any) -> Any:  # noqa: ANN401  # schemas nest freely
        """Return the schema that a type stands for: a primitive's name, or a dictionary; names are remembered."""
        if isinstance(kind, str):
            return self.named.get(kind.rpartition(".")[2], kind)
        if isinstance(kind, dict) and isinstance(kind["type"], (dict, list)):
            return self.resolved(kind["type"])
        if isinstance(kind, dict) and "name" in kind:
            self.named[kind["name"]] = kind
        if isinstance(kind, dict) and kind["type"] not in {"record", "enum", "array", "map"}:
            return kind["type"]
        return kind


def optional(kind: Any) -> Optional | None:  # noqa: ANN401  # schemas nest freely
    """Return a union of null and another type; None where the type is no union.

    Raises:
        UnsupportedSchemaError: it is another union.
    """
    if not isinstance(kind, list):
        return None
    if len(kind) != _BRANCHES or kind.count("null") != 1:
        raise UnsupportedSchemaError("a union that is not of null and one other type")
    null = kind.index("null")
    return Optional(kind[1 - null], 2 * null, 2 * (1 - null))
