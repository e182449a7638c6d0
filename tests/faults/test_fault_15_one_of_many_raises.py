"""Fault 15: our own code fails at one record of many."""

import os
from pathlib import Path

import msgspec
import pytest

from identity.graph import Card, Member, Report
from identity.nodes import NODE_ID_BYTES, NodeId
from schemas.contracts import CALL_RECORD, MOBILE_EVENT, STORE_RECEIPT, TOUCHPOINT, WEB_EVENT
from sinks.reader import open_lake_reader
from streams.drain import drain
from streams.producer import CheckedProducer
from streams.settings import Settings
from streams.topics import topics_of
from tests.faults.harness import NOW_MS, events_of, installation, oracle, outcome, publish, running, world

SEED = 1515
NAMES = [TOUCHPOINT, WEB_EVENT, MOBILE_EVENT, STORE_RECEIPT, CALL_RECORD]

FAILS_IN_INGEST = """
import schemas.sources as sources


def failing(name):
    mapping = sources.TO_CANONICAL.get(name, lambda content: content)

    def map(content):
        if {event_id!r} in content.values():
            raise LookupError(str(content))
        return mapping(content)

    return map


sources.TO_CANONICAL = dict((name, failing(name)) for name in {names!r})
"""

FAILS_IN_GATHER = """
import profiles.folding

fold = profiles.folding.Folding.fold


def failing(self, fragment, accepted):
    fold(self, fragment, accepted)
    if accepted["touchpoint"]["event_id"] == {event_id!r}:
        raise LookupError(str(accepted))


profiles.folding.Folding.fold = failing
"""
OWNER, MEMBER = (NodeId(bytes([rank]) + bytes(NODE_ID_BYTES - 1)) for rank in (8, 9))
CARD = Card("email", "someone.secret@example.org", 1, NOW_MS, shared=False, links={}, neighbours={})
UNBEARABLE = msgspec.msgpack.encode([Report(OWNER, MEMBER, Member(CARD), b"\xc1", 0)])
"""A message in good form that tells of a fragment which is none."""


def test_fault_15_a_record_at_which_our_code_fails_is_the_only_dead_letter(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is the real one; Python runs a file before it that makes one mapping raise what it was given."""
    records = [record for record in world(100, 500, SEED) if record.event is not None]
    unlucky = records[250].event
    assert unlucky is not None
    fails = FAILS_IN_INGEST.format(event_id=unlucky[1], names=NAMES)
    (tmp_path / "sitecustomize.py").write_text(fails)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path.cwd())]))
    settings = installation(broker, tmp_path / "home")
    publish(settings, records)
    drain(settings, 1, lambda _: None)

    others = [record for record in records if record.event != unlucky]
    found = outcome(settings)
    assert set(found.dead_letters) == {"processing_failed"}
    assert found.events == dict.fromkeys(events_of(others), 1)
    assert found.digest == oracle(others)
    with open_lake_reader(settings.home) as reader:
        details = reader.execute("SELECT DISTINCT detail FROM dead_letters").fetchall()
    assert [detail.split(" of ")[0] for (detail,) in details] == ["LookupError in ingest"]


def test_fault_15_touchpoints_and_messages_at_which_gathering_fails_are_the_only_dead_letters(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The touchpoint lies in the lake as every accepted one does, but no customer has it."""
    records = [record for record in world(100, 500, SEED) if record.event is not None]
    unlucky = records[250].event
    assert unlucky is not None
    (tmp_path / "sitecustomize.py").write_text(FAILS_IN_GATHER.format(event_id=unlucky[1]))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path.cwd())]))
    settings = installation(broker, tmp_path / "home")
    publish(settings, records)
    send(settings, topics_of(settings).graph, OWNER, UNBEARABLE)
    with running(settings) as engine:
        engine.start("sink", "sink")
        engine.start("worker", "worker")
        engine.until_drained()
        told = engine.log("worker")

    others = [record for record in records if record.event != unlucky]
    with open_lake_reader(settings.home) as reader:
        letters = reader.execute("SELECT DISTINCT topic, reason, detail, stage FROM dead_letters ORDER BY 1").fetchall()
    cut = len(settings.topic_prefix)
    assert [(topic[cut:], reason, stage) for topic, reason, _, stage in letters] == [
        ("onefold.graph", "processing_failed", "gather"),
        ("onefold.touchpoints", "processing_failed", "gather"),
    ]
    assert [detail.split(", line")[0] for _, _, detail, _ in letters] == [
        "DecodeError in gather at profiles.fragment.decode",
        "LookupError in gather at sitecustomize.failing",
    ]
    assert outcome(settings).digest == oracle(others)
    assert "LookupError" in told
    assert "secret" not in told
    assert unlucky[1] not in told


def send(settings: Settings, topic: str, key: bytes, value: bytes) -> None:
    """Put a record on a topic."""
    producer = CheckedProducer(settings.servers)
    try:
        sent = producer.begin()
        sent.send(topic, key, value)
        sent.wait()
    finally:
        producer.close()
