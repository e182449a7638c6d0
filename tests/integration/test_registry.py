"""Confluent's framing against a real schema registry: what was written under other schemas, and under none."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import fastavro
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from infra.registry import RunningRegistry
from schemas.contracts import TOUCHPOINT, contracts
from schemas.framing import RegistryFraming, SingleObjectFraming
from schemas.records import Touchpoint
from sinks.reader import open_lake_reader
from streams.drain import drain
from streams.producer import CheckedProducer
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import installation

NOBODYS_ID = 1_900_000_001
AT = 1_770_000_000_000

_REASONS = "SELECT value, reason FROM dead_letters"


@dataclass(frozen=True)
class Drained:
    """What became of records under the current schema, an older, another and none."""

    touchpoints: dict[str, dict[str, Any]]
    reasons: dict[str, str]


@pytest.fixture(scope="module")
def drained(broker: str, registry: RunningRegistry, tmp_path_factory: pytest.TempPathFactory) -> Drained:
    home = tmp_path_factory.mktemp("home")
    settings = installation(broker, home, schema_registry_url=registry.url)
    with SchemaRegistryClient({"url": registry.url}) as client:
        current_id, old_id, foreign_id = (
            client.register_schema(f"their.subject.{number}", Schema(json.dumps(document), "AVRO"))
            for number, document in enumerate((contracts()[TOUCHPOINT].document, OLD, FOREIGN))
        )
    frames = RegistryFraming(lambda _: current_id, lambda _: {})
    current = frames.encode(TOUCHPOINT, a_touchpoint("current"))
    values = {
        "current": current,
        "old": _framed(old_id, OLD, OLD_RECORD),
        "foreign": _framed(foreign_id, FOREIGN, {"number": 7}),
        "nobody's": _framed(NOBODYS_ID, OLD, OLD_RECORD),
        "cut": current[:-2],
        "cut in its id": current[:3],
        "single object": SingleObjectFraming().encode(TOUCHPOINT, a_touchpoint("single")),
        "last": frames.encode(TOUCHPOINT, a_touchpoint("last")),
    }
    _publish(settings, values.values())
    drain(settings, 1, lambda _: None)
    with open_lake_reader(home) as reader:
        touchpoints = reader.records("SELECT event_id, type, party, properties FROM touchpoints")
        reason_of = {bytes(value): reason for value, reason in reader.execute(_REASONS).fetchall()}
    reasons = {name: reason_of[value] for name, value in values.items() if value in reason_of}
    return Drained({each["event_id"]: each for each in touchpoints}, reasons)


def a_touchpoint(event_id: str) -> Touchpoint:
    return {
        "event_id": event_id,
        "event_time": AT,
        "type": "login",
        "identifiers": [{"type": "email", "value": f"{event_id}@example.com"}],
        "traits": {},
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "second",
        "properties": {"a": "1"},
    }


OLD: dict[str, Any] = {
    "type": "record",
    "name": "Touchpoint",
    "namespace": "onefold",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "event_time", "type": "long"},
        {"name": "mood", "type": "string"},
        {"name": "type", "type": "string"},
        {
            "name": "identifiers",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "Identifier",
                    "fields": [{"name": "type", "type": "string"}, {"name": "value", "type": "string"}],
                },
            },
        },
    ],
}
"""An older writer's: with a field we dropped, without those that came later and have defaults."""

OLD_RECORD: dict[str, Any] = {
    "event_id": "old",
    "event_time": AT,
    "mood": "good",
    "type": "login",
    "identifiers": [{"type": "email", "value": "old@example.com"}],
}

FOREIGN: dict[str, Any] = {
    "type": "record",
    "name": "Invoice",
    "namespace": "elsewhere",
    "fields": [{"name": "number", "type": "int"}],
}


def _framed(schema_id: int, schema: dict[str, Any], record: dict[str, Any]) -> bytes:
    out = BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), record)
    return b"\x00" + schema_id.to_bytes(4, "big") + out.getvalue()


def _publish(settings: Settings, values: Iterable[bytes]) -> None:
    topic = topics_of(settings).source("crm")
    producer = CheckedProducer(settings.servers)
    try:
        sent = producer.begin()
        for value in values:
            sent.send(topic, None, value)
        sent.wait()
    finally:
        producer.close()


def test_a_touchpoint_under_the_current_schema_reaches_the_lake(drained: Drained) -> None:
    assert drained.touchpoints["current"]["party"] == "second"


def test_a_touchpoint_under_an_older_schema_is_read_as_the_current_one(drained: Drained) -> None:
    old = drained.touchpoints["old"]

    assert (old["type"], old["party"], old["properties"]) == ("login", "first", {})


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("nobody's", "unknown_schema"),
        ("foreign", "unknown_schema"),
        ("cut", "undecodable"),
        ("cut in its id", "unknown_framing"),
        ("single object", "unknown_framing"),
    ],
)
def test_what_the_registry_cannot_explain_is_a_dead_letter(drained: Drained, what: str, reason: str) -> None:
    assert drained.reasons[what] == reason


def test_neighbours_of_what_cannot_be_explained_go_on(drained: Drained) -> None:
    assert drained.touchpoints.keys() == {"current", "old", "last"}
