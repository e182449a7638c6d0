"""Fault 15: our own code fails at one record of many."""

import os
from pathlib import Path

import pytest

from schemas.contracts import CALL_RECORD, MOBILE_EVENT, STORE_RECEIPT, TOUCHPOINT, WEB_EVENT
from sinks.reader import open_lake_reader
from streams.drain import drain
from tests.faults.harness import events_of, installation, oracle, outcome, publish, world

SEED = 1515
NAMES = [TOUCHPOINT, WEB_EVENT, MOBILE_EVENT, STORE_RECEIPT, CALL_RECORD]

FAILS = """
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


def test_fault_15_a_record_at_which_our_code_fails_is_the_only_dead_letter(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is the real one; Python runs a file before it that makes one mapping raise what it was given."""
    records = [record for record in world(100, 500, SEED) if record.event is not None]
    unlucky = records[250].event
    assert unlucky is not None
    fails = FAILS.format(event_id=unlucky[1], names=NAMES)
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
