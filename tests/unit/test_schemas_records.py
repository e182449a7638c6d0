"""The typed dictionaries and the Avro contracts say the same, field by field."""

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from schemas import records
from schemas.contracts import Contract, contracts

PRIMITIVES = {"string": str, "long": int, "int": int, "double": float, "float": float, "boolean": bool, "bytes": bytes}


def record_types() -> dict[str, Any]:
    return {name: kind for name, kind in vars(records).items() if is_typeddict(kind)}


def named_types(schema: Any, found: dict[str, Any]) -> None:  # noqa: ANN401  # schemas nest freely
    """Collect the records, enums and fixed types of a schema by their short name."""
    if isinstance(schema, list):
        for part in schema:
            named_types(part, found)
    elif isinstance(schema, dict):
        if "name" in schema and schema.get("type") in ("record", "enum", "fixed"):
            found[schema["name"]] = schema
        for key in ("type", "items", "values", "fields"):
            if isinstance(schema.get(key), dict | list):
                named_types(schema[key], found)


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for contract in contracts().values():
        named_types(contract.document, found)
    return found


def matches(schema: Any, hint: Any, documents: dict[str, Any]) -> bool:  # noqa: ANN401, PLR0911  # a case a kind
    """Whether an Avro type and a type hint allow the same values."""
    if isinstance(schema, list):
        branches = set(get_args(hint)) if get_origin(hint) in {Union, UnionType} else {hint}
        return ("null" in schema) == (NoneType in branches) and any(
            matches(part, branch, documents)
            for part in schema
            if part != "null"
            for branch in branches
            if branch is not NoneType
        )
    if isinstance(schema, str) and schema in PRIMITIVES:
        return hint is PRIMITIVES[schema]
    if isinstance(schema, str):
        return matches(documents[schema.rsplit(".", 1)[-1]], hint, documents)
    kind = schema["type"]
    if kind == "array":
        return get_origin(hint) is list and matches(schema["items"], get_args(hint)[0], documents)
    if kind == "map":
        return get_origin(hint) is dict and matches(schema["values"], get_args(hint)[1], documents)
    if kind == "fixed":
        return hint is bytes
    if kind == "enum":
        return get_origin(hint) is Literal and get_args(hint) == tuple(schema["symbols"])
    if kind == "record":
        return is_typeddict(hint) and hint.__name__ == schema["name"]
    return matches(kind, hint, documents)


def test_every_record_of_the_contracts_has_a_typed_dictionary_and_the_other_way_round(
    documents: dict[str, Any],
) -> None:
    in_contracts = {name for name, schema in documents.items() if schema["type"] == "record"}
    assert set(record_types()) == in_contracts


@pytest.mark.parametrize("name", sorted(record_types()))
def test_both_sides_have_the_same_fields_of_the_same_types(name: str, documents: dict[str, Any]) -> None:
    hints = get_type_hints(record_types()[name])
    fields = {field["name"]: field["type"] for field in documents[name]["fields"]}
    assert list(hints) == list(fields)
    wrong = [field for field, schema in fields.items() if not matches(schema, hints[field], documents)]
    assert wrong == []


@pytest.mark.parametrize("contract", contracts().values(), ids=list(contracts()))
def test_every_record_and_field_is_documented(contract: Contract) -> None:
    found: dict[str, Any] = {}
    named_types(contract.document, found)
    document: Any = contract.document
    assert document["doc"]
    for schema in found.values():
        assert all(field.get("doc") for field in schema.get("fields", ()))


@pytest.mark.parametrize("contract", contracts().values(), ids=list(contracts()))
def test_a_field_that_may_be_missing_at_the_source_has_a_default(contract: Contract) -> None:
    """A nullable field without a default could not be added to older data."""
    found: dict[str, Any] = {}
    named_types(contract.document, found)
    for schema in found.values():
        for field in schema.get("fields", ()):
            if isinstance(field["type"], list):
                assert field["type"][0] == "null"
                assert field["default"] is None
