"""Faults 26 and 27: text that means something to somebody, and personal data where it must not be."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from schemas.contracts import TOUCHPOINT
from schemas.records import Touchpoint
from sinks.reader import open_lake_reader
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import FRAMES, Sent, committed, installation, publish, running

AT = 1_770_000_000_000
TEXTS = {
    "composed": "Zo\u00e9",
    "decomposed": "Zoe\u0301",
    "bidi": "a\u202egnp.exe",
    "zero width": "a\u200bb",
    "nul": "a\x00b",
    "escape": "a\x1b[2Jb",
    "sql": "'); DROP TABLE touchpoints; --",
    "formula": '=HYPERLINK("http://example.org")',
    "template": "{{7*7}}${7*7}<script>alert(1)</script>",
    "path": "../../../../etc/passwd",
    "new line": "a\r\nlevel=error event=forged",
}
ADDRESS = "someone.secret@example.org"

FAILS = """
import streams.gather


def resolve_anew(self):
    raise LookupError(repr(self._state._nodes._known))


streams.gather.PartitionWork._resolve_anew = resolve_anew
"""


def event(event_id: str, cookie: str, **texts: str) -> Sent:
    """Return a touchpoint that holds texts."""
    touchpoint: Touchpoint = {
        "event_id": event_id,
        "event_time": AT,
        "type": "login",
        "identifiers": [{"type": "email", "value": ADDRESS}, {"type": "cookie", "value": cookie}],
        "traits": dict(texts),
        "order": None,
        "marketing": None,
        "consents": [],
        "interaction": None,
        "party": "first",
        "properties": {text: text for text in texts.values()},
    }
    return Sent("web", FRAMES.encode(TOUCHPOINT, touchpoint), ("web", event_id))


@pytest.fixture(scope="module")
def drained(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation that took all texts: as event id, name and value of a property, trait and cookie."""
    settings = installation(broker, tmp_path_factory.mktemp("fault 26"))
    lone_surrogate = event("lone", "cookie-1234", first_name="half").value.replace(b"half", b"\xed\xa0\x80!")
    with running(settings) as engine:
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        publish(settings, [event(text, f"cookie-{text}", first_name=text) for text in TEXTS.values()])
        publish(settings, [Sent("web", lone_surrogate, None)])
        engine.until_drained()
    return settings


def test_fault_26_texts_are_kept_as_they_came(drained: Settings) -> None:
    with open_lake_reader(drained.home) as reader:
        rows = reader.execute(
            "SELECT event_id, map_keys(properties), map_values(properties) FROM touchpoints"
        ).fetchall()
        letters = reader.execute("SELECT reason FROM dead_letters").fetchall()

    assert {event_id for event_id, *_ in rows} == set(TEXTS.values())
    assert all(keys == values == [event_id] for event_id, keys, values in rows)
    assert letters == [("undecodable",)]


def test_fault_26_two_forms_of_a_text_are_one_identifier(drained: Settings) -> None:
    with open_lake_reader(drained.home) as reader:
        cookies = reader.execute("SELECT value FROM identifiers WHERE type = 'cookie'").fetchall()

    composed = [value for (value,) in cookies if value.casefold() == "cookie-zo\u00e9"]
    assert len(composed) == 1
    assert not [value for (value,) in cookies if "\u0301" in value]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_fault_26_texts_are_harmless_where_they_are_shown(drained: Settings, form: str) -> None:
    command = [sys.executable, "-m", "streams", "sql", "SELECT event_id FROM touchpoints", "--format", form]
    environment = {**os.environ, "ONEFOLD_HOME": str(drained.home)}
    shown = subprocess.run(command, env=environment, check=True, capture_output=True).stdout.decode()

    assert not {"\x00", "\x1b", "\r", "\u202e", "\u200b"} & set(shown)
    assert not [line for line in shown.splitlines() if line.startswith("level=error")]
    if form == "json":
        assert {row["event_id"] for row in json.loads(shown)} == set(TEXTS.values())
    if form == "csv":
        cells = [row[0] for row in csv.reader(shown.splitlines())]
        assert "'" + TEXTS["formula"] in cells


def test_fault_26_no_text_makes_a_line_in_a_log(drained: Settings) -> None:
    logs = [line for file in drained.home.glob("logs/*.log") for line in file.read_text("utf-8").splitlines()]

    assert logs
    assert not [line for line in logs if "forged" in line]


def test_fault_27_dead_letters_have_no_header_and_no_key(drained: Settings) -> None:
    letters = list(_records(drained, topics_of(drained).dead_letters))

    assert letters == [(None, None)]


def _records(settings: Settings, topic: str) -> Iterator[tuple[object, object]]:
    client: dict[str, str | int | float | bool] = {
        "bootstrap.servers": settings.servers,
        "group.id": "test",
        "enable.partition.eof": True,
    }
    consumer = Consumer(client)
    consumer.assign([TopicPartition(topic, number, 0) for number in range(settings.partitions)])
    at_end = 0
    while at_end < settings.partitions:
        for message in consumer.consume(100, timeout=0.1):
            if message.error() is not None:
                at_end += 1
            else:
                yield message.key(), message.headers()
    consumer.close()


def test_fault_27_an_error_of_our_own_is_told_by_type_and_place_and_not_by_what_it_says(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such an error, where no record is at fault, stops the worker, and nothing unfinished is acknowledged."""
    (tmp_path / "sitecustomize.py").write_text(FAILS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path.cwd())]))
    settings = installation(broker, tmp_path / "home")
    publish(settings, [event("1", "cookie-1234", first_name="Someone")])
    with running(settings) as engine:
        engine.start("worker", "worker")
        code = engine.until_ended("worker")
        told = engine.log("worker")

    assert code == 1
    assert "LookupError" in told
    assert "in resolve_anew" in told
    assert "secret" not in told
    assert "Someone" not in told
    assert sum(committed(settings, topics_of(settings).touchpoints).values()) == 0
