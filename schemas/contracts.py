"""The Avro contracts, loaded once: compiled readers and writers by name and fingerprint.

Current contracts are ``schemas/avro/*.avsc``; versions that were current once stay in ``schemas/avro/history``, so
that what was written under them can be read for ever. Logical types are documentation for other readers; here times
stay integers, so the compiled schemas carry none (they are no part of the fingerprint either).
"""

import io
import json
import struct
from collections.abc import Mapping
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
HISTORY = FOLDER / "history"

TOUCHPOINT = "onefold.Touchpoint"
ACCEPTED_TOUCHPOINT = "onefold.AcceptedTouchpoint"
PROFILE = "onefold.Profile"
LINK = "onefold.Link"
CHANGE = "onefold.Change"
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


@dataclass(frozen=True, slots=True)
class Contract:
    """One version of one record.

    Attributes:
        name: full Avro name.
        document: the schema as written, with documentation and logical types, references resolved.
        compiled: the schema as fastavro uses it.
        fingerprint: CRC-64-AVRO of the canonical form, little-endian, as in single-object encoding.
    """

    name: str
    document: Schema
    compiled: Schema
    fingerprint: bytes

    def encode(self, record: Mapping[str, Any]) -> bytes:
        """Return the Avro binary of a record, without any framing.

        Raises:
            ValueError, TypeError: the record does not fit the contract (a programmer's error).
        """
        out = io.BytesIO()
        fastavro.schemaless_writer(out, self.compiled, record)
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
    """Compile one schema document; records it names are looked up among the current contracts."""
    name = f"{document['namespace']}.{document['name']}"
    resolved = _inline(document, set())
    plain = _without_logical_types(resolved)
    print_of = fingerprint(to_parsing_canonical_form(plain), "CRC-64-AVRO")
    return Contract(name, resolved, fastavro.parse_schema(plain), bytes.fromhex(print_of))


def _inline(schema: Any, defined: set[str]) -> Any:  # noqa: ANN401  # schemas nest freely
    """Replace the first mention of another contract by its text, as Avro's own tools want it in one document."""
    if isinstance(schema, str) and schema in _documents() and schema not in defined:
        return _inline(_documents()[schema], defined)
    if isinstance(schema, list):
        return [_inline(part, defined) for part in schema]
    if isinstance(schema, dict):
        if "namespace" in schema:
            defined.add(f"{schema['namespace']}.{schema['name']}")
        return {
            key: _inline(value, defined) if key in {"type", "items", "values", "fields"} else value
            for key, value in schema.items()
        }
    return schema


@cache
def contracts() -> Mapping[str, Contract]:
    """Return the current contract of each record, by full name."""
    return {name: compile_contract(document) for name, document in _documents().items()}


@cache
def contracts_by_fingerprint() -> Mapping[bytes, Contract]:
    """Return every version ever current, by fingerprint."""
    past = [compile_contract(json.loads(path.read_text("utf-8"))) for path in sorted(HISTORY.glob("*.avsc"))]
    return {contract.fingerprint: contract for contract in (*past, *contracts().values())}
