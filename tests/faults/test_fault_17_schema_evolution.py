"""Fault 17: the schema of a source changes while the system runs."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from infra.registry import RunningRegistry
from schemas.contracts import TOUCHPOINT, contracts
from sinks.reader import open_lake_reader
from tests.faults.harness import Sent, installation, publish, running

AT = 1_770_000_000_000
Change = Callable[[dict[str, Any]], None]


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a field of a schema, to change it."""
    found: dict[str, Any] = next(each for each in schema["fields"] if each["name"] == name)
    return found


def add(schema: dict[str, Any]) -> None:
    schema["fields"].append({"name": "mood", "type": "string", "default": "good"})


def remove(schema: dict[str, Any]) -> None:
    schema["fields"] = [each for each in schema["fields"] if each["name"] not in {"properties", "consents"}]


def rename(schema: dict[str, Any]) -> None:
    field(schema, "event_id").update(name="id", aliases=["event_id"])


def alias(schema: dict[str, Any]) -> None:
    field(schema, "event_id")["aliases"] = ["id"]


def grow_an_enum(schema: dict[str, Any]) -> None:
    field(schema, "party")["type"]["symbols"].append("fourth")


def narrow_a_long(schema: dict[str, Any]) -> None:
    """As a source has it that once wrote an int, where the contract has a long."""
    order = field(schema, "order")["type"][1]
    field(order, "amount_micros")["type"] = "int"


def change_a_type(schema: dict[str, Any]) -> None:
    field(schema, "type")["type"] = {"type": "array", "items": "string"}


@dataclass(frozen=True)
class Evolved:
    """A later version of a source's schema.

    ``told`` is what it says of itself beside the fields that are left; ``read`` what of that must be in the lake.
    """

    change: Change
    told: dict[str, Any]
    read: dict[str, Any]


VERSIONS = {
    "now": Evolved(lambda _: None, {}, {"party": "second"}),
    "added": Evolved(add, {"mood": "bad"}, {"party": "second"}),
    "removed": Evolved(remove, {}, {"party": "second"}),
    "alias": Evolved(alias, {}, {"party": "second"}),
    "grown": Evolved(grow_an_enum, {"party": "fourth"}, {"party": "first"}),
    "int": Evolved(
        narrow_a_long,
        {
            "order": {
                "order_id": "o",
                "amount_micros": 12_340_000,
                "currency": "EUR",
                "margin_micros": None,
                "items": [],
            }
        },
        {"amount": Decimal("12.34")},
    ),
}
REFUSED = {
    "renamed": Evolved(rename, {"id": "renamed"}, {}),
    "retyped": Evolved(change_a_type, {"type": ["login"]}, {}),
}


def record(name: str) -> dict[str, Any]:
    """Return a touchpoint as the present version has it."""
    return {
        "event_id": name,
        "event_time": AT,
        "type": "login",
        "identifiers": [{"type": "email", "value": f"{name}.lund@example.org"}],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "second",
        "properties": {},
    }


def written(client: SchemaRegistryClient, name: str, version: Evolved) -> bytes:
    """Register a version and return a record written under it."""
    schema = copy.deepcopy(contracts()[TOUCHPOINT].document)
    assert isinstance(schema, dict)
    version.change(schema)
    schema_id: int = client.register_schema(f"fault.17.{name}", Schema(json.dumps(schema), "AVRO"))
    out = BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), {**record(name), **version.told})
    return b"\x00" + schema_id.to_bytes(4, "big") + out.getvalue()


def test_fault_17_versions_of_a_schema_live_side_by_side_and_an_incompatible_one_is_refused(
    broker: str, registry: RunningRegistry, tmp_path: Path
) -> None:
    """They come while the worker runs, old and new by turns."""
    settings = installation(broker, tmp_path, schema_registry_url=registry.url)
    with SchemaRegistryClient({"url": registry.url}) as client, running(settings) as engine:
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        first = Sent("crm", written(client, "now", VERSIONS["now"]), ("crm", "now"))
        publish(settings, [first])
        engine.until_drained()
        for name, version in {**VERSIONS, **REFUSED}.items():
            publish(settings, [Sent("crm", written(client, name, version), ("crm", name)), first])
        engine.until_drained()

    with open_lake_reader(settings.home) as reader:
        touchpoints = {
            each["event_id"]: each for each in reader.records("SELECT event_id, party, amount FROM touchpoints")
        }
        letters = reader.execute("SELECT reason, detail FROM dead_letters").fetchall()
    assert touchpoints.keys() == VERSIONS.keys()
    for name, version in VERSIONS.items():
        assert touchpoints[name].items() >= version.read.items(), name
    refused = "onefold.Touchpoint: its schema cannot be read as the current one"
    assert sorted(letters) == [
        ("undecodable", f"{refused}: No default value for field event_id in onefold.Touchpoint"),
        ("undecodable", f"{refused}: Schema mismatch: {{'type': 'array', 'items': 'string'}} is not string"),
    ]
