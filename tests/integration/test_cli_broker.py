"""The commands that need a broker, on a real one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from infra.daemon import free_port
from infra.world import PoisonEmission, WorldConfig, generate
from schemas.contracts import TOUCHPOINT
from schemas.framing import SingleObjectFraming
from streams.program import main
from streams.publish import publish_world
from streams.settings import Settings
from streams.topics import admin, create_topics, topics_of

pytestmark = pytest.mark.broker

CONFIG = WorldConfig(customers=80, touchpoints=800, seed=3)
EXAMPLE: dict[str, Any] = {
    "event_id": "e-1",
    "event_time": "2026-03-01T12:00:00Z",
    "type": "login",
    "identifiers": [{"type": "email", "value": "ann@example.com"}],
}


@pytest.fixture
def installation(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of the test, in the environment, where the commands find them."""
    for name, value in settings.model_dump(exclude_none=True).items():
        monkeypatch.setenv(f"ONEFOLD_{name.upper()}", str(value))
    return settings


@pytest.fixture
def ready(installation: Settings) -> Settings:
    """The same with its topics."""
    create_topics(admin(installation), installation)
    return installation


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def records(settings: Settings, source: str) -> list[Message]:
    """Return everything in a source's topic."""
    topic = topics_of(settings).source(source)
    client = Consumer({"bootstrap.servers": settings.servers, "group.id": "test", "auto.offset.reset": "earliest"})
    try:
        partitions = [TopicPartition(topic, number, 0) for number in range(settings.partitions)]
        client.assign(partitions)
        expected = sum(client.get_watermark_offsets(partition, timeout=20)[1] for partition in partitions)
        found = client.consume(expected, timeout=20) if expected else []
    finally:
        client.close()
    assert len(found) == expected
    return found


def test_up_creates_the_topics_once(installation: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("up") == 0
    assert f"Kafka        {installation.servers} (your cluster)" in capsys.readouterr().out
    assert run("up") == 0
    assert "0 of them new" in capsys.readouterr().out


@pytest.mark.parametrize("command", [("up",), ("status",), ("generate", "--publish"), ("publish", "web", __file__)])
def test_topics_with_another_number_of_partitions_are_refused(
    command: tuple[str, ...],
    ready: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ONEFOLD_PARTITIONS", str(ready.partitions + 1))
    assert run(*command) == 2
    assert "has 4 partitions, expected 5 (ONEFOLD_PARTITIONS)" in capsys.readouterr().err


def test_publishing_before_up_says_what_to_do(
    installation: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "one.ndjson"
    file.write_text(json.dumps(EXAMPLE))
    assert run("publish", "web", str(file)) == 2
    assert f"is missing at {installation.servers}; 'onefold up' creates it" in capsys.readouterr().err


def test_published_lines_arrive_as_avro_and_bad_ones_are_told(
    ready: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.dumps(EXAMPLE | {"event_id": str(number)}) for number in range(3_000)]
    lines[11] = json.dumps(EXAMPLE | {"order": {"order_id": "1", "amount": "ann@example.com", "currency": "EUR"}})
    lines[17] = ""
    order = {"order_id": "1", "amount": 5, "currency": "EUR"}
    blank = {"type": "phone", "value": " "}
    told_less = EXAMPLE | {"type": "order_completed", "order": order}
    lines[23] = json.dumps(told_less | {"event_id": "23", "identifiers": [*EXAMPLE["identifiers"], blank]})
    lines[29] = json.dumps(EXAMPLE | {"event_id": "29", "identifiers": []})
    file = tmp_path / "lines.ndjson"
    file.write_text("\n".join(lines))

    assert run("publish", "crm", str(file)) == 1

    no_purchase = "1 touchpoint of the unknown type 'order_completed' carries an order; it counts as no purchase."
    out, err = capsys.readouterr()
    assert out == "2,997 published, 2 refused\n"
    told = err.splitlines()[1:]
    assert told[1:] == [
        "line 30: no_usable_identifier: identifiers: expected at least one that can be used (there is none)",
        f"warning: {no_purchase} Known types with orders: purchase, return",
        "warning: 1 identifier of type 'phone' left out (line 24): blank (empty, null or nothing that shows)",
    ]
    assert told[0].startswith("line 12: bad_value: order.amount:")
    assert "ann" not in told[0]
    found = records(ready, "crm")
    decoded = [SingleObjectFraming().decode(message.value()) for message in found]
    assert {name for name, _ in decoded} == {TOUCHPOINT}
    expected = {str(number) for number in range(3_000)} - {"11", "17", "29"}
    assert Counter(record["event_id"] for _, record in decoded) == Counter(expected)
    assert {message.key() for message in found} == {None}


def test_the_answer_as_json_has_every_problem(
    ready: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lines.ndjson"
    malformed = {"type": "email", "value": "ann"}
    first = EXAMPLE | {"identifiers": [*EXAMPLE["identifiers"], malformed, malformed]}
    segment = {"type": "track", "messageId": "m", "userId": "u", "event": "Order Completed"}
    file.write_text("\n".join(map(json.dumps, (first, segment, EXAMPLE | {"event_time": 5, "identifiers": None}))))

    assert run("publish", "crm", str(file), "--format", "json") == 1

    found = json.loads(capsys.readouterr().out)
    assert [(one["line"], one["reason"], one["field"]) for one in found["problems"]] == [
        (2, "missing_field", "event_id"),
        (2, "missing_field", "event_time"),
        (2, "missing_field", "identifiers"),
        (3, "time_too_old", "event_time"),
        (3, "no_usable_identifier", "identifiers"),
    ]
    assert found["left_out"] == [
        {"type": "email", "reason": "malformed", "identifiers": 2, "likely": [], "lines": 1, "first_lines": [1]}
    ]
    assert (found["interrupted"], found["published"], found["refused"]) == (False, 1, 2)
    assert [(one["what"], one["first_line"]) for one in found["looks_like"]] == [("a Segment event", 2)]
    assert len(records(ready, "crm")) == 1


@pytest.mark.parametrize(
    ("told", "looks_like"),
    [
        (EXAMPLE, "2 lines look like JSON on many lines, the first of them line 1. Publish one JSON object a line"),
        ([EXAMPLE], "line 1 looks like a JSON array. Publish one JSON object a line"),
    ],
)
def test_json_on_many_lines_is_told_once(
    told: object, looks_like: str, ready: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "pretty.json"
    file.write_text(json.dumps(told, indent=2))
    lines = len(file.read_text().splitlines())

    assert run("publish", "crm", str(file)) == 1

    _, first, others, advice = capsys.readouterr().err.splitlines()
    assert first == "line 1: undecodable: expected one JSON object a line"
    assert others == f"lines 2 to {lines}: the same"
    assert advice.startswith(looks_like)
    assert not records(ready, "crm")


def test_lines_that_are_no_json_are_told_by_number_where_they_are_not_in_a_row(
    ready: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lines.ndjson"
    rows = [f"no JSON\n{json.dumps(EXAMPLE | {'event_id': str(number)})}\n" for number in range(60)]
    file.write_text("".join(rows) + "no JSON\nno JSON\n")

    assert run("publish", "crm", str(file)) == 1

    _, *told, rest = capsys.readouterr().err.splitlines()
    assert told == [f"line {2 * number + 1}: undecodable: expected one JSON object a line" for number in range(50)]
    assert rest == "and 12 lines more (of all: 62 undecodable); --format json has all"
    assert len(records(ready, "crm")) == 60


def test_grants_without_a_purpose_are_warned_of(
    ready: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lines.ndjson"
    granted = [{"purpose": purpose, "channel": "email", "state": "granted"} for purpose in ("", "all", "marketing")]
    file.write_text(json.dumps(EXAMPLE | {"consents": granted}))

    assert run("publish", "crm", str(file)) == 0
    warned = " ".join(capsys.readouterr().err.split())
    assert "warning: 2 consents granted name no purpose; they grant nothing" in warned
    assert run("publish", "crm", str(file), "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["empty_grants"] == 2
    assert len(records(ready, "crm")) == 2


def test_a_world_is_published_whole_with_its_truth(ready: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("generate", "--customers", "80", "--touchpoints", "800", "--seed", "3", "--publish") == 0

    emissions = list(generate(CONFIG))
    out = capsys.readouterr().out
    assert f"truth in {ready.home / 'world'}" in out
    assert (ready.home / "world" / "truth_identifiers.parquet").exists()
    for source in ("web", "store", "crm"):
        expected = [one for one in emissions if one.source == source]
        found = Counter(message.value() for message in records(ready, source))
        assert found.total() == len(expected)
        frames = SingleObjectFraming()
        assert found == Counter(
            one.payload if isinstance(one, PoisonEmission) else frames.encode(one.record_name, one.record)
            for one in expected
        )


def test_a_published_world_is_counted_and_shuffled_worlds_hold_the_same(ready: Settings) -> None:
    steps: list[int] = []
    plain = publish_world(ready, CONFIG, None, steps.append)
    shuffled = publish_world(ready, CONFIG, 7, lambda _: None)
    assert (plain.records, plain.duplicates, plain.poison) == (shuffled.records, shuffled.duplicates, shuffled.poison)
    assert sum(steps) == sum(plain.records.values()) + plain.poison == sum(1 for _ in generate(CONFIG))
    found = Counter(message.value() for message in records(ready, "mobile"))
    assert set(found.values()) <= {2, 4}


def test_status_shows_what_waits(ready: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "lines.ndjson"
    file.write_text("\n".join(json.dumps(EXAMPLE) for _ in range(7)))
    assert run("publish", "web", str(file)) == 0
    capsys.readouterr()
    assert run("status", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["broker"] == {"servers": ready.servers, "runs_as": "external", "usable": True}
    waiting = {(entry["stage"], entry["topic"]): entry["waiting"] for entry in found["lag"] if entry["waiting"]}
    assert waiting == {("ingest", topics_of(ready).source("web")): 7}
    assert {partition["state"] for partition in found["partitions"]} == {"no worker"}
    assert found["lake"] is None
    assert run("status") == 0
    text = capsys.readouterr().out
    assert "ingest" in text
    assert "no worker: 0, 1" in text


@contextmanager
def publishing(*options: str) -> Iterator[subprocess.Popen[str]]:
    """A process that publishes what it is given on a pipe, once it has said that it does."""
    command = [sys.executable, "-m", "streams", "publish", "web", "-", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=os.environ, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "Publishing to web ...\n"
        yield process


def interrupted(settings: Settings, process: subprocess.Popen[str], *lines: str, arriving: int) -> tuple[str, str]:
    """Press Ctrl-C when so many of these lines have arrived; return what the process wrote."""
    assert process.stdin is not None
    process.stdin.write("".join(f"{line}\n" for line in lines))
    process.stdin.flush()
    until = time.monotonic() + 60
    while len(records(settings, "web")) < arriving:
        assert time.monotonic() < until
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=180)
    assert process.returncode == 130
    return out, err


def test_ctrl_c_before_any_line_says_that_nothing_is_published(ready: Settings) -> None:
    with publishing() as process:
        out, err = interrupted(ready, process, arriving=0)
    assert out == ""
    assert err in {"nothing was published before you stopped\n", "0 published before you stopped, 0 refused\n"}


def test_ctrl_c_tells_what_was_published_before(ready: Settings) -> None:
    lines = [json.dumps(EXAMPLE | {"event_id": str(number)}) for number in range(3)]
    with publishing() as process:
        out, err = interrupted(ready, process, "{}", *lines, arriving=3)
    assert out == ""
    assert err.splitlines()[1:] == ["3 published before you stopped, 1 refused"]
    assert len(records(ready, "web")) == 3


def test_ctrl_c_leaves_whole_json_that_says_so(ready: Settings) -> None:
    with publishing("--format", "json") as process:
        out, _ = interrupted(ready, process, "{}", json.dumps(EXAMPLE), arriving=1)
    found = json.loads(out)
    assert [found[name] for name in ("interrupted", "published", "refused")] == [True, 1, 1]
    assert {problem["line"] for problem in found["problems"]} == {1}


def test_the_local_broker_is_found_at_the_port_it_was_started_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    for name, value in {"HOME": str(tmp_path), "BROKER": "local", "KAFKA_PORT": str(port), "PARTITIONS": "1"}.items():
        monkeypatch.setenv(f"ONEFOLD_{name}", value)
    monkeypatch.delenv("ONEFOLD_BOOTSTRAP_SERVERS", raising=False)
    file = tmp_path / "one.ndjson"
    file.write_text(json.dumps(EXAMPLE))
    try:
        assert run("up") == 0
        monkeypatch.setenv("ONEFOLD_KAFKA_PORT", str(free_port()))
        assert run("up") == 0
        assert capsys.readouterr().out.count(f"Kafka        127.0.0.1:{port} (process ") == 2
        assert run("publish", "web", str(file)) == 0
    finally:
        assert run("down") == 0
    assert "Kafka has stopped" in capsys.readouterr().out
    assert run("down") == 0
    assert capsys.readouterr().out == "No local broker was running\n"
