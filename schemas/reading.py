"""Reading Avro by code made from the schema."""

import struct
from collections.abc import Callable, Mapping
from typing import Any

from schemas.generated import Source, UnsupportedSchemaError, optional

Reader = Callable[[bytes, int], tuple[dict[str, Any], int]]

_MORE = 0x80
_MOST_BITS = 63
_ONE_BYTE = 64
"""A whole number below is one byte."""


def make_reader(schema: Any) -> Reader:  # noqa: ANN401  # schemas nest freely
    """Return a function that reads one record of a schema from Avro's binary encoding (specification 1.12).

    It takes the bytes and where the record begins, and returns the record and where it ends: past the end of the bytes
    where they were cut short within a text. Whatever the bytes are, it ends, in time and memory of their length. Where
    they are no such record, it raises IndexError, ValueError or struct.error.

    Raises:
        UnsupportedSchemaError: no such function can be made.
    """
    names = {"M": more, "N": length, "D": struct.Struct("<d").unpack_from, "F": struct.Struct("<f").unpack_from}
    source = Source({**names, "W": wrong})
    source.line(0, "def read(data, at):")
    result = _read(source, schema, 1)
    source.line(1, f"return {result}, at")
    read: Reader = source.function("read")
    return read


def more(data: bytes, at: int, first: int) -> tuple[int, int]:
    """Return a number in variable length whose first byte, which was read, is not its last, and where it ends.

    Raises:
        IndexError: the bytes end before it.
        ValueError: it has more than 64 bits.
    """
    number, shift = first & 0x7F, 7
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < _MORE:
            return number, at
        shift += 7
        if shift > _MOST_BITS:
            raise ValueError("a number of more than 64 bits")


def length(data: bytes, at: int, first: int) -> tuple[int, int]:
    """Return a length whose first byte was read, and where it ends.

    Raises:
        IndexError: the bytes end before it.
        ValueError: it is negative or has more than 64 bits.
    """
    zigzag, at = more(data, at, first) if first >= _MORE else (first, at)
    if zigzag & 1:
        raise ValueError("a negative length")
    return zigzag >> 1, at


def wrong(what: str) -> int:
    """Raise ValueError."""
    raise ValueError(what)


def _read(source: Source, kind: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    """Add the lines that read a value of a type, and return the name it has then."""
    union = optional(kind)
    if union is not None:
        branch = source.variable()
        source.line(depth, f"{branch} = data[at]")
        source.line(depth, "at += 1")
        source.line(depth, f"if {branch} == {union.other}:")
        name = _read(source, union.kind, depth + 1)
        source.line(depth, "else:")
        source.line(depth + 1, f"{name} = None if {branch} == {union.null} else W('an unknown branch')")
        return name
    kind = source.resolved(kind)
    shape = kind["type"] if isinstance(kind, dict) else kind
    if shape not in _SHAPES:
        raise UnsupportedSchemaError(f"type {shape}")
    return _SHAPES[shape](source, kind, depth)


def _record(source: Source, kind: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    fields = {field["name"]: _read(source, field["type"], depth) for field in kind["fields"]}
    name = source.variable()
    pairs = ", ".join(f"{field!r}: {value}" for field, value in fields.items())
    source.line(depth, f"{name} = {{{pairs}}}")
    return name


def _blocks(source: Source, name: str, empty: str, depth: int) -> int:
    """Add the lines around the items of an array or map; return how deep these are."""
    count, at = source.variable(), depth + 1
    source.line(depth, f"{name} = {empty}")
    source.line(depth, "while True:")
    source.line(at, f"{count} = data[at]")
    source.line(at, "at += 1")
    source.line(at, f"if {count} == 0: break")
    source.line(at, f"if {count} & {_MORE}: {count}, at = M(data, at, {count})")
    source.line(at, f"if {count} & 1:")  # its length in bytes follows
    source.line(at + 1, "_, at = N(data, at + 1, data[at])")
    source.line(at, f"for _ in range(({count} >> 1) + ({count} & 1)):")
    return at + 1


def _array(source: Source, kind: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    name = source.variable()
    inside = _blocks(source, name, "[]", depth)
    item = _read(source, kind["items"], inside)
    source.line(inside, f"{name}.append({item})")
    return name


def _map(source: Source, kind: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    name = source.variable()
    inside = _blocks(source, name, "{}", depth)
    key = _text(source, kind, inside)
    item = _read(source, kind["values"], inside)
    source.line(inside, f"{name}[{key}] = {item}")
    return name


def _enum(source: Source, kind: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    if len(kind["symbols"]) > _ONE_BYTE:
        raise UnsupportedSchemaError(f"an enum of more than {_ONE_BYTE} symbols")
    name = source.variable()
    symbols = source.constant({2 * number: symbol for number, symbol in enumerate(kind["symbols"])})
    source.line(depth, f"{name} = {symbols}.get(data[at]) or W('an unknown symbol')")
    source.line(depth, "at += 1")
    return name


def _bytes(source: Source, _: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    name = source.variable()
    source.line(depth, f"{name} = data[at]")
    source.line(depth, "at += 1")
    source.line(depth, f"if {name} & 129: {name}, at = N(data, at, {name})")  # more bytes follow, or it is negative
    source.line(depth, f"else: {name} >>= 1")
    source.line(depth, f"{name} = data[at:(at := at + {name})]")
    return name


def _text(source: Source, kind: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    name = _bytes(source, kind, depth)
    source.line(depth, f"{name} = {name}.decode()")
    return name


def _long(source: Source, _: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    name = source.variable()
    source.line(depth, f"{name} = data[at]")
    source.line(depth, "at += 1")
    source.line(depth, f"if {name} & {_MORE}: {name}, at = M(data, at, {name})")
    source.line(depth, f"{name} = -({name} >> 1) - 1 if {name} & 1 else {name} >> 1")
    return name


def _double(source: Source, _: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    return _number(source, "D", 8, depth)


def _float(source: Source, _: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    return _number(source, "F", 4, depth)


def _number(source: Source, unpack: str, size: int, depth: int) -> str:
    name = source.variable()
    source.line(depth, f"{name}, = {unpack}(data, at)")
    source.line(depth, f"at += {size}")
    return name


def _boolean(source: Source, _: Any, depth: int) -> str:  # noqa: ANN401  # schemas nest freely
    name = source.variable()
    source.line(depth, f"{name} = data[at] != 0")
    source.line(depth, "at += 1")
    return name


_SHAPES: Mapping[str, Callable[[Source, Any, int], str]] = {
    "record": _record,
    "array": _array,
    "map": _map,
    "enum": _enum,
    "string": _text,
    "bytes": _bytes,
    "long": _long,
    "int": _long,
    "double": _double,
    "float": _float,
    "boolean": _boolean,
}
