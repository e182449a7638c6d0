"""Writing Avro by code made from the schema."""

import struct
from collections.abc import Callable, Mapping
from typing import Any

from schemas.generated import Source, UnsupportedSchemaError, optional

Writer = Callable[[Mapping[str, Any]], bytes]

_TWO_BYTES = 1 << 14
_FOUR_BYTES = 1 << 28
_GROUP, _MORE_FOLLOWS = 0x7F, 0x80


def make_writer(schema: Any) -> Writer:  # noqa: ANN401  # schemas nest freely
    """Return a function that writes a record of a schema in Avro's binary encoding (specification 1.12).

    It takes what the schema says, a field with a default may be missing; of anything else it raises LookupError,
    TypeError, ValueError, AttributeError or struct.error.

    Raises:
        UnsupportedSchemaError: no such function can be made.
    """
    source = Source(
        {"L": long, "N": _LENGTHS, "D": struct.Struct("<d").pack, "F": struct.Struct("<f").pack, "J": b"".join}
    )
    source.line(0, "def write(record):")
    source.line(1, "out = []")
    source.line(1, "put = out.append")
    _write(source, schema, "record", 1)
    source.line(1, "return J(out)")
    write: Writer = source.function("write")
    return write


def long(number: int) -> bytes:
    """Return a whole number in zigzag and variable length.

    Raises:
        ValueError: it has more than 64 bits.
    """
    zigzag = (number << 1) ^ (number >> 63)
    if zigzag < _TWO_BYTES:
        return _LAST[zigzag]
    if zigzag < _FOUR_BYTES:
        return _MORE[zigzag & 0x3FFF] + _LAST[zigzag >> 14]
    if zigzag >> 28 < _TWO_BYTES:
        return _MORE[zigzag & 0x3FFF] + _MORE[zigzag >> 14 & 0x3FFF] + _LAST[zigzag >> 28]
    if zigzag >> 64:
        raise ValueError("expected a whole number of at most 64 bits")
    return _MORE[zigzag & 0x3FFF] + long_rest(zigzag >> 14)


def long_rest(zigzag: int) -> bytes:
    """Return the rest of a number whose first groups were written."""
    groups = bytearray()
    while zigzag & ~_GROUP:
        groups.append(zigzag & _GROUP | _MORE_FOLLOWS)
        zigzag >>= 7
    groups.append(zigzag)
    return bytes(groups)


_LAST = [long_rest(zigzag) for zigzag in range(_TWO_BYTES)]
"""The end of a number, by its last 14 bits."""
_MORE = [bytes([bits & _GROUP | _MORE_FOLLOWS, bits >> 7 | _MORE_FOLLOWS]) for bits in range(_TWO_BYTES)]
"""What goes before more, by 14 bits."""


class _Lengths(dict[int, bytes]):
    """Numbers of bytes or items, as they are written; what is not here is large and seldom."""

    def __missing__(self, number: int) -> bytes:
        return long(number)


_LENGTHS = _Lengths({number: long(number) for number in range(1 << 10)})


def _write(source: Source, kind: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    """Add the lines that write a value, an expression, of a type."""
    union = optional(kind)
    if union is not None:
        name = source.variable()
        source.line(depth, f"{name} = {value}")
        source.line(depth, f"if {name} is None: put({bytes([union.null])!r})")
        source.line(depth, "else:")
        source.line(depth + 1, f"put({bytes([union.other])!r})")
        _write(source, union.kind, name, depth + 1)
        return
    kind = source.resolved(kind)
    shape = kind["type"] if isinstance(kind, dict) else kind
    if shape not in _SHAPES:
        raise UnsupportedSchemaError(f"type {shape}")
    _SHAPES[shape](source, kind, value, depth)


def _record(source: Source, kind: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    name = source.variable()
    source.line(depth, f"{name} = {value}")
    for field in kind["fields"]:
        key = field["name"]
        of_field = (
            f"{name}.get({key!r}, {source.constant(field['default'])})" if "default" in field else f"{name}[{key!r}]"
        )
        _write(source, field["type"], of_field, depth)


def _array(source: Source, kind: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    name, item = source.variable(), source.variable()
    source.line(depth, f"{name} = {value}")
    source.line(depth, f"if len({name}):")
    source.line(depth + 1, f"put(N[len({name})])")
    source.line(depth + 1, f"for {item} in {name}:")
    _write(source, kind["items"], item, depth + 2)
    source.line(depth, r"put(b'\0')")


def _map(source: Source, kind: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    name, key, item = source.variable(), source.variable(), source.variable()
    source.line(depth, f"{name} = {value}")
    source.line(depth, f"if len({name}):")
    source.line(depth + 1, f"put(N[len({name})])")
    source.line(depth + 1, f"for {key}, {item} in {name}.items():")
    _text(source, kind, key, depth + 2)
    _write(source, kind["values"], item, depth + 2)
    source.line(depth, r"put(b'\0')")


def _enum(source: Source, kind: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    symbols = {symbol: long(number) for number, symbol in enumerate(kind["symbols"])}
    source.line(depth, f"put({source.constant(symbols)}[{value}])")


def _text(source: Source, _: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    name = source.variable()
    source.line(depth, f"{name} = {value}.encode()")
    source.line(depth, f"put(N[len({name})])")
    source.line(depth, f"put({name})")


def _bytes(source: Source, _: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    name = source.variable()
    source.line(depth, f"{name} = {value}")
    source.line(depth, f"put(N[len({name})])")
    source.line(depth, f"put({name})")


def _long(source: Source, _: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    source.line(depth, f"put(L({value}))")


def _double(source: Source, _: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    source.line(depth, f"put(D({value}))")


def _float(source: Source, _: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    source.line(depth, f"put(F({value}))")


def _boolean(source: Source, _: Any, value: str, depth: int) -> None:  # noqa: ANN401  # schemas nest freely
    source.line(depth, f"put(b'\\1' if {value} else b'\\0')")


_SHAPES: Mapping[str, Callable[[Source, Any, str, int], None]] = {
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
