"""Which framing values have here: a schema registry's where one is set, else Avro's own."""

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from schemas.contracts import Contract
from schemas.framing import Framing, RegistryFraming, SingleObjectFraming, UnknownSchemaIdError
from streams.errors import RegistryDownError
from streams.settings import Settings

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import SchemaRegistryClient

_NOT_FOUND = 404
_TIMEOUT_SECONDS = 5

_Answer = TypeVar("_Answer")


def framing(settings: Settings, written: Iterable[str] = ()) -> Framing:
    """Return the framing of an installation. A registry is asked once for each schema, when it is first needed.

    Where it does not answer then, encoding and decoding raise RegistryDownError.

    Args:
        settings: of the installation.
        written: contracts that are registered at once, so that writing them needs no registry later.

    Raises:
        RegistryDownError: it does not answer.
    """
    if settings.schema_registry_url is None:
        return SingleObjectFraming()
    config: dict[str, Any] = {"url": settings.schema_registry_url, "timeout": _TIMEOUT_SECONDS, "max.retries": 0}

    def id_of(contract: Contract) -> int:
        """Register a contract under its record's name (Confluent's RecordNameStrategy)."""
        from confluent_kafka.schema_registry import Schema  # noqa: PLC0415 - heavy

        schema = Schema(json.dumps(contract.document), "AVRO")
        return _asked(config, lambda client: client.register_schema(contract.name, schema))

    def schema_of(schema_id: int) -> dict[str, Any]:
        text = _asked(config, lambda client: client.get_schema(schema_id).schema_str)
        document: dict[str, Any] = json.loads(text or "{}")
        return document

    frames = RegistryFraming(id_of, schema_of)
    frames.register(written)
    return frames


def _asked(config: dict[str, Any], question: "Callable[[SchemaRegistryClient], _Answer]") -> _Answer:
    from confluent_kafka.schema_registry import SchemaRegistryClient  # noqa: PLC0415 - heavy
    from confluent_kafka.schema_registry.error import SchemaRegistryError  # noqa: PLC0415 - heavy

    try:
        with SchemaRegistryClient(config) as client:
            return question(client)
    except SchemaRegistryError as error:
        if error.http_status_code == _NOT_FOUND:
            raise UnknownSchemaIdError from None
        raise RegistryDownError(f"the schema registry refuses an answer: {error.error_message}") from error
    except Exception as error:  # whatever its HTTP client raises
        raise RegistryDownError(f"the schema registry does not answer ({type(error).__name__})") from error
