"""The Avro contracts, loaded once: compiled readers and writers by name and fingerprint.

Current contracts are ``schemas/avro/*.avsc``; versions that were current once stay in ``schemas/avro/history``, so
that what was written under them can be read for ever. Logical types are documentation for other readers; here times
stay integers, so the compiled schemas carry none (they are no part of the fingerprint either).
"""

import io
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import fastavro
from fastavro.read import SchemaResolutionError
from fastavro.schema import fingerprint, to_parsing_canonical_form
from fastavro.types import Schema

from schemas.reasons import RejectedError

FOLDER = Path(__file__).parent / "avro"
_OPTIONAL = 2
HISTORY = FOLDER / "history"

TOUCHPOINT = "onefold.Touchpoint"
PROFILE = "onefold.Profile"
LINK = "onefold.Link"
CHANGE = "onefold.Change"
SIGNAL = "onefold.Signal"
ACTIVATION = "onefold.Activation"
SCORE = "onefold.Score"
DECISION = "onefold.Decision"
POLICY = "onefold.Policy"
DEAD_LETTER = "onefold.DeadLetter"
WEB_EVENT = "onefold.raw.WebEvent"
MOBILE_EVENT = "onefold.raw.MobileEvent"
STORE_RECEIPT = "onefold.raw.StoreReceipt"
CALL_RECORD = "onefold.raw.CallRecord"

_DECODE_ERRORS = (
    EOFError,
    IndexError,
    KeyError,
    ValueError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    SchemaResolutionError,
)


Hint = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Contract:
    """One version of one record.

    Attributes:
        name: full Avro name.
        document: the schema as written, with documentation and logical types.
        compiled: the schema as fastavro uses it.
        fingerprint: CRC-64-AVRO of the canonical form, little-endian, as in single-object encoding.
        hint: names the branch of optional records for the writer; None where there are none.
    """

    name: str
    document: Schema
    compiled: Schema
    fingerprint: bytes
    hint: "Hint | None" = None

    def encode(self, record: Mapping[str, Any]) -> bytes:
        """Return the Avro binary of a record, without any framing.

        Raises:
            ValueError, TypeError: the record does not fit the contract (a programmer's error).
        """
        out = io.BytesIO()
        fastavro.schemaless_writer(out, self.compiled, self.hint(record) if self.hint else record)
        return out.getvalue()

    def decode(self, data: bytes, start: int, reader: "Contract | None" = None) -> dict[str, Any]:
        """Read one record from ``data[start:]``, written under this contract.

        Args:
            data: the framed bytes.
            start: where the Avro binary begins.
            reader: the version to read it as; the writer's own where None.

        Raises:
            RejectedError: ``undecodable``: cut short, bytes left over, or not of this contract.
        """
        source = io.BytesIO(data)
        source.seek(start)
        try:
            record = fastavro.schemaless_reader(source, self.compiled, reader.compiled if reader else None)
        except _DECODE_ERRORS as error:
            detail = f"{self.name}: the bytes end early or do not fit ({type(error).__name__})"
            raise RejectedError("undecodable", detail) from None
        if source.tell() != len(data):
            detail = f"{self.name}: {len(data) - source.tell()} bytes left over after the record"
            raise RejectedError("undecodable", detail)
        return record  # type: ignore[return-value]  # every contract is a record, so fastavro returns a dict


def _without_logical_types(schema: Any) -> Any:  # noqa: ANN401  # schemas nest freely
    if isinstance(schema, dict):
        return {key: _without_logical_types(value) for key, value in schema.items() if key != "logicalType"}
    if isinstance(schema, list):
        return [_without_logical_types(part) for part in schema]
    return schema


@cache
def _documents() -> dict[str, Any]:
    documents = [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.avsc"))]
    return {f"{document['namespace']}.{document['name']}": document for document in documents}


def compile_contract(document: dict[str, Any]) -> Contract:
    """Compile one schema document."""
    name = f"{document['namespace']}.{document['name']}"
    plain = _without_logical_types(document)
    print_of = fingerprint(to_parsing_canonical_form(plain), "CRC-64-AVRO")
    return Contract(name, document, fastavro.parse_schema(plain), bytes.fromhex(print_of), _hint(plain, namespace=""))


@cache
def contracts() -> Mapping[str, Contract]:
    """Return the current contract of each record, by full name."""
    return {name: compile_contract(document) for name, document in _documents().items()}


@cache
def contracts_by_fingerprint() -> Mapping[bytes, Contract]:
    """Return every version ever current, by fingerprint."""
    past = [compile_contract(json.loads(path.read_text("utf-8"))) for path in sorted(HISTORY.glob("*.avsc"))]
    return {contract.fingerprint: contract for contract in (*past, *contracts().values())}


def _hint(record: dict[str, Any], namespace: str) -> Hint | None:
    """Return what writes beside each optional record which branch it is.

    Without it, fastavro tries a whole validation of the record to find out, which doubles the cost of encoding.
    """
    namespace = record.get("namespace", namespace)
    kinds = {field["name"]: field["type"] for field in record["fields"]}
    optional = {name: branch for name, kind in kinds.items() if (branch := _optional_record(kind, namespace))}
    nested = {name: inner for name, kind in kinds.items() if (inner := _nested_hint(kind, namespace))}
    if not optional and not nested:
        return None

    def hinted(datum: Mapping[str, Any]) -> Mapping[str, Any]:
        named = dict(datum)
        for field, name in optional.items():
            value = named.get(field)
            if value is not None:
                named[field] = (name, value)
        for field, inner in nested.items():
            named[field] = inner(named[field])
        return named

    return hinted


def _nested_hint(kind: Any, namespace: str) -> Hint | None:  # noqa: ANN401  # schemas nest freely
    return _hint(kind, namespace) if isinstance(kind, dict) and kind["type"] == "record" else None


def _optional_record(kind: Any, namespace: str) -> str | None:  # noqa: ANN401  # schemas nest freely
    """Return the full name of the record in a union of null and a record, None for any other type."""
    if not isinstance(kind, list) or len(kind) != _OPTIONAL or kind[0] != "null":
        return None
    branch = kind[1]
    if isinstance(branch, str):
        return branch if "." in branch else None
    is_record = isinstance(branch, dict) and branch["type"] == "record"
    return f"{branch.get('namespace', namespace)}.{branch['name']}" if is_record else None
