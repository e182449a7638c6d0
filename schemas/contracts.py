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
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import fastavro
from fastavro.read import SchemaResolutionError
from fastavro.schema import fingerprint, to_parsing_canonical_form
from fastavro.types import Schema

from schemas.reading import Reader, make_reader
from schemas.reasons import RejectedError
from schemas.writing import Writer, make_writer

FOLDER = Path(__file__).parent / "avro"
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
)
_LONGEST_DETAIL = 200
_ENCODE_ERRORS = (LookupError, AttributeError, struct.error)


@dataclass(frozen=True)
class Contract:
    """One version of one record.

    Attributes:
        name: full Avro name.
        document: the schema as written, with documentation and logical types.
        compiled: the schema as fastavro uses it.
        fingerprint: CRC-64-AVRO of the canonical form, little-endian, as in single-object encoding.
    """

    name: str
    document: Schema
    compiled: Schema
    fingerprint: bytes

    @cached_property
    def _write(self) -> Writer:
        return make_writer(self.document)

    @cached_property
    def _read(self) -> Reader:
        return make_reader(self.document)

    def encode(self, record: Mapping[str, Any]) -> bytes:
        """Return the Avro binary of a record, without any framing.

        Raises:
            ValueError, TypeError: the record does not fit the contract (a programmer's error).
        """
        try:
            return self._write(record)
        except _ENCODE_ERRORS as error:
            raise ValueError(f"a record does not fit {self.name}: {type(error).__name__}") from error

    def decode(self, data: bytes, start: int, reader: "Contract | None" = None) -> dict[str, Any]:
        """Read one record from ``data[start:]``, written under this contract.

        Args:
            data: the framed bytes.
            start: where the Avro binary begins.
            reader: the version to read it as; the writer's own where None.

        Raises:
            RejectedError: ``undecodable``: cut short, bytes left over, or not of this contract.
        """
        try:
            record, end = self._read(data, start) if reader is None else self._read_as(data, start, reader)
        except SchemaResolutionError as error:  # its text is of the schemas alone
            detail = f"{self.name}: its schema cannot be read as the current one: {str(error)[:_LONGEST_DETAIL]}"
            raise RejectedError("undecodable", detail) from None
        except _DECODE_ERRORS as error:
            detail = f"{self.name}: the bytes end early or do not fit ({type(error).__name__})"
            raise RejectedError("undecodable", detail) from None
        if end > len(data):
            raise RejectedError("undecodable", f"{self.name}: the bytes end early")
        if end < len(data):
            raise RejectedError("undecodable", f"{self.name}: {len(data) - end} bytes left over after the record")
        return record

    def _read_as(self, data: bytes, start: int, reader: "Contract") -> tuple[dict[str, Any], int]:
        source = io.BytesIO(data)
        source.seek(start)
        record: Any = fastavro.schemaless_reader(source, self.compiled, reader.compiled)
        return record, source.tell()


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
    return Contract(name, document, fastavro.parse_schema(plain), bytes.fromhex(print_of))


@cache
def contracts() -> Mapping[str, Contract]:
    """Return the current contract of each record, by full name."""
    return {name: compile_contract(document) for name, document in _documents().items()}


@cache
def contracts_by_fingerprint() -> Mapping[bytes, Contract]:
    """Return every version ever current, by fingerprint."""
    past = [compile_contract(json.loads(path.read_text("utf-8"))) for path in sorted(HISTORY.glob("*.avsc"))]
    return {contract.fingerprint: contract for contract in (*past, *contracts().values())}
