"""The code made from the contracts writes and reads what fastavro does, and stands whatever bytes come."""

import io
import math
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts import contracts
from schemas.generated import UnsupportedSchemaError
from schemas.reading import make_reader
from schemas.reasons import RejectedError
from schemas.writing import make_writer

LONGS = st.integers(-(2**63), 2**63 - 1)
PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "string": st.text(max_size=9) | st.text("aé", min_size=60, max_size=70),
    "bytes": st.binary(max_size=9),
    "long": LONGS | st.integers(-9, 9) | st.integers(1_700_000_000_000, 1_900_000_000_000),
    "int": st.integers(-(2**31), 2**31 - 1),
    "double": st.floats(allow_nan=False),
    "float": st.floats(allow_nan=False, width=32),
    "boolean": st.booleans(),
}
EVERYTHING: Any = {
    "type": "record",
    "name": "Everything",
    "fields": [
        *({"name": kind, "type": kind} for kind in PRIMITIVES if kind != "null"),
        {"name": "moment", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "last_null", "type": ["long", "null"]},
        {"name": "with_default", "type": "string", "default": "said nothing"},
        {"name": "enum", "type": {"type": "enum", "name": "Colour", "symbols": ["RED", "GREEN"]}},
        {"name": "again", "type": ["null", "Colour"]},
        {
            "name": "nested",
            "type": {"type": "array", "items": {"type": "map", "values": {"type": "array", "items": "long"}}},
        },
    ],
}
NAMES = sorted(contracts())


def records(kind: Any, named: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:  # noqa: ANN401  # schemas nest freely
    """Return what a schema has values of."""
    named = {} if named is None else named
    if isinstance(kind, list):
        return st.one_of([records(branch, named) for branch in kind])
    if isinstance(kind, str):
        return PRIMITIVES[kind] if kind in PRIMITIVES else named[kind.rpartition(".")[2]]
    match kind["type"]:
        case "record":
            fields = {field["name"]: records(field["type"], named) for field in kind["fields"]}
            found: st.SearchStrategy[Any] = st.fixed_dictionaries(fields)
        case "enum":
            found = st.sampled_from(kind["symbols"])
        case "array":
            found = st.lists(records(kind["items"], named), max_size=3)
        case "map":
            found = st.dictionaries(st.text(max_size=4), records(kind["values"], named), max_size=3)
        case inner:
            found = records(inner, named)
    named[kind.get("name", "")] = found
    return found


def fastavro_bytes(schema: Any, record: Any) -> bytes:  # noqa: ANN401  # schemas nest freely
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, record)
    return out.getvalue()


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_every_contract_is_written_and_read_as_fastavro_does(name: str, data: st.DataObject) -> None:
    contract = contracts()[name]
    record = data.draw(records(contract.document))

    encoded = contract.encode(record)

    assert encoded == fastavro_bytes(contract.compiled, record)
    assert contract.decode(b"xy" + encoded, 2) == record


@given(record=records(EVERYTHING))
def test_every_type_is_written_and_read_as_fastavro_does(record: dict[str, Any]) -> None:
    encoded = make_writer(EVERYTHING)(record)

    assert encoded == fastavro_bytes(fastavro.parse_schema(EVERYTHING), record)
    assert make_reader(EVERYTHING)(encoded, 0) == (record, len(encoded))


@given(record=records(EVERYTHING))
def test_a_field_with_a_default_may_be_missing(record: dict[str, Any]) -> None:
    del record["with_default"]

    found, _ = make_reader(EVERYTHING)(make_writer(EVERYTHING)(record), 0)

    assert found == {**record, "with_default": "said nothing"}


@given(numbers=st.lists(LONGS, max_size=5))
def test_blocks_that_tell_their_size_are_read(numbers: list[int]) -> None:
    schema = {
        "type": "record",
        "name": "Numbers",
        "fields": [{"name": "all", "type": {"type": "array", "items": "long"}}],
    }
    out = io.BytesIO()
    for number in numbers:
        content = io.BytesIO()
        fastavro.schemaless_writer(content, "long", number)
        fastavro.schemaless_writer(out, "long", -1)
        fastavro.schemaless_writer(out, "long", len(content.getvalue()))
        out.write(content.getvalue())
    encoded = out.getvalue() + b"\0"

    assert make_reader(schema)(encoded, 0) == ({"all": numbers}, len(encoded))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_whatever_the_bytes_are_they_are_read_as_fastavro_does_or_refused(name: str, data: st.DataObject) -> None:
    contract = contracts()[name]
    encoded = bytearray(contract.encode(data.draw(records(contract.document))))
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    broken = bytes(encoded[: data.draw(st.integers(0, len(encoded)))])
    try:
        found = contract.decode(broken, 0)
    except RejectedError:
        return
    source = io.BytesIO(broken)
    assert _same(found, fastavro.schemaless_reader(source, contract.compiled, None))
    assert source.tell() == len(broken)


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401  # schemas nest freely
    """Whether two records are equal, NaN being equal to itself."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other or (isinstance(one, float) and math.isnan(one) and math.isnan(other)))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_bytes_cut_short_are_refused(name: str, data: st.DataObject) -> None:
    contract = contracts()[name]
    encoded = contract.encode(data.draw(records(contract.document)))

    with pytest.raises(RejectedError, match="end early"):
        contract.decode(encoded[: data.draw(st.integers(0, len(encoded) - 1))], 0)


@pytest.mark.parametrize("value", [{}, {"all": None}, {"all": [2**63]}, {"all": ["1"]}])
def test_what_does_not_fit_is_not_written(value: Any) -> None:  # noqa: ANN401  # what does not fit
    schema = {
        "type": "record",
        "name": "Numbers",
        "fields": [{"name": "all", "type": {"type": "array", "items": "long"}}],
    }

    with pytest.raises((LookupError, TypeError, ValueError)):
        make_writer(schema)(value)


def test_no_code_is_made_for_a_union_of_two_types() -> None:
    schema = {"type": "record", "name": "Either", "fields": [{"name": "one", "type": ["long", "string"]}]}

    with pytest.raises(UnsupportedSchemaError):
        make_writer(schema)
    with pytest.raises(UnsupportedSchemaError):
        make_reader(schema)
