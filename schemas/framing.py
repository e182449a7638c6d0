"""Framing: which contract the bytes of a Kafka value were written under.

Two framings, one interface:

- :class:`SingleObjectFraming`, Avro's own single-object encoding: ``C3 01``, the schema's 8-byte fingerprint, the
  record. Needs no service. (Apache Avro specification 1.12, "Single-object encoding".)
- :class:`RegistryFraming`, Confluent's: a zero byte, a 4-byte schema id, the record; ids live in a schema registry.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from schemas.contracts import Contract, compile_contract, contracts, contracts_by_fingerprint
from schemas.reasons import RejectedError

_SINGLE_OBJECT = b"\xc3\x01"
_SINGLE_OBJECT_HEADER = 10
_CONFLUENT = b"\x00"
_CONFLUENT_HEADER = 5


class Framed(NamedTuple):
    """A decoded value: the full name of its record, and the record."""

    name: str
    record: Mapping[str, Any]


class Framing(Protocol):
    """Turns records into Kafka values and back.

    Both methods may be called from any thread. Neither blocks, but for a registry asked for an id not seen before.
    """

    def encode(self, name: str, record: Mapping[str, Any]) -> bytes:
        """Return the framed value of a record of the current contract ``name``."""

    def decode(self, value: bytes | None) -> Framed:
        """Return the record in a value, read as the current version of its contract.

        Raises:
            RejectedError: ``null_value``, ``unknown_framing``, ``unknown_schema`` or ``undecodable``.
        """


def _required(value: bytes | None) -> bytes:
    if value is None:
        raise RejectedError("null_value", "expected an Avro record, got no value")
    return value


def _read(value: bytes, start: int, writer: Contract) -> Framed:
    reader = contracts()[writer.name]
    if reader.fingerprint == writer.fingerprint:
        return Framed(writer.name, writer.decode(value, start))
    return Framed(writer.name, writer.decode(value, start, reader))


class SingleObjectFraming:
    """Avro single-object encoding against the contracts in ``schemas/avro``."""

    def encode(self, name: str, record: Mapping[str, Any]) -> bytes:
        """See :meth:`Framing.encode`."""
        contract = contracts()[name]
        return _SINGLE_OBJECT + contract.fingerprint + contract.encode(record)

    def decode(self, value: bytes | None) -> Framed:
        """See :meth:`Framing.decode`."""
        data = _required(value)
        if data[:2] != _SINGLE_OBJECT or len(data) < _SINGLE_OBJECT_HEADER:
            raise RejectedError("unknown_framing", "expected C3 01 and an 8-byte schema fingerprint first")
        writer = contracts_by_fingerprint().get(data[2:_SINGLE_OBJECT_HEADER])
        if writer is None:
            raise RejectedError("unknown_schema", "no contract has this fingerprint")
        return _read(data, _SINGLE_OBJECT_HEADER, writer)


class UnknownSchemaIdError(Exception):
    """The registry answered that it has no schema of this id."""


class RegistryFraming:
    """Confluent framing against a schema registry.

    Args:
        id_of: registers the current contract and returns its id; called once a contract.
        schema_of: returns the schema document of an id, or raises :class:`UnknownSchemaIdError`; called once an id.
            Any other error it raises passes through: a registry that is away stops the work, it loses no record.
    """

    def __init__(self, id_of: Callable[[Contract], int], schema_of: Callable[[int], dict[str, Any]]) -> None:
        self._id_of = id_of
        self._schema_of = schema_of
        self._headers: dict[str, bytes] = {}
        self._writers: dict[bytes, Contract | None] = {}

    def register(self, names: Iterable[str]) -> None:
        """Have the ids of current contracts ready, so that encoding them asks nobody."""
        for name in names:
            self._header(name)

    def encode(self, name: str, record: Mapping[str, Any]) -> bytes:
        """See :meth:`Framing.encode`."""
        return self._header(name) + contracts()[name].encode(record)

    def decode(self, value: bytes | None) -> Framed:
        """See :meth:`Framing.decode`."""
        data = _required(value)
        if data[:1] != _CONFLUENT or len(data) < _CONFLUENT_HEADER:
            raise RejectedError("unknown_framing", "expected a zero byte and a 4-byte schema id first")
        writer = self._writer(data[1:_CONFLUENT_HEADER])
        if writer is None:
            raise RejectedError("unknown_schema", "the registry has no usable schema of this id")
        return _read(data, _CONFLUENT_HEADER, writer)

    def _header(self, name: str) -> bytes:
        header = self._headers.get(name)
        if header is None:
            header = self._headers[name] = _CONFLUENT + self._id_of(contracts()[name]).to_bytes(4, "big")
        return header

    def _writer(self, schema_id: bytes) -> Contract | None:
        if schema_id not in self._writers:
            self._writers[schema_id] = self._fetch(int.from_bytes(schema_id, "big"))
        return self._writers[schema_id]

    def _fetch(self, schema_id: int) -> Contract | None:
        try:
            document = self._schema_of(schema_id)
        except UnknownSchemaIdError:
            return None
        if f"{document.get('namespace')}.{document.get('name')}" not in contracts():
            return None
        return compile_contract(document)
