"""Which framing values have here: a schema registry's where one is set, else Avro's own."""

import json
from typing import Any

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas.contracts import Contract
from schemas.framing import Framing, RegistryFraming, SingleObjectFraming, UnknownSchemaIdError
from streams.settings import Settings

_NOT_FOUND = 404


def framing(settings: Settings) -> Framing:
    """Return the framing of an installation. A registry is asked once for each schema, when it is first needed."""
    if settings.schema_registry_url is None:
        return SingleObjectFraming()
    config = {"url": settings.schema_registry_url}

    def id_of(contract: Contract) -> int:
        """Register a contract under its record's name (Confluent's RecordNameStrategy)."""
        with SchemaRegistryClient(config) as client:
            schema_id: int = client.register_schema(contract.name, Schema(json.dumps(contract.document), "AVRO"))
        return schema_id

    def schema_of(schema_id: int) -> dict[str, Any]:
        try:
            with SchemaRegistryClient(config) as client:
                text = client.get_schema(schema_id).schema_str
        except SchemaRegistryError as error:
            if error.http_status_code == _NOT_FOUND:
                raise UnknownSchemaIdError from None
            raise
        document: dict[str, Any] = json.loads(text or "{}")
        return document

    return RegistryFraming(id_of, schema_of)
