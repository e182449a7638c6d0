"""What is looked at before anything starts, and what is refused."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType

from identity.matching.blocks import KEY_BYTES
from identity.nodes import node_id
from schemas.accepted import Node, encode_accepted
from sinks.lake import open_lake_writer
from sinks.testing import a_node, a_touchpoint
from streams.batches import batch_records
from streams.checks import FOR_SINK, FOR_WORKER, check_start, findings
from streams.checks.findings import Finding, Looking
from streams.checks.probing import _reading, _write
from streams.errors import BrokerDownError, CheckError
from streams.partitioning import partition_of
from streams.producer import CheckedProducer
from streams.settings import Settings, node_key
from streams.store import FORMAT, Marker
from streams.topics import admin, create_topics, topics_of
from tests.faults.harness import installation, running

pytestmark = pytest.mark.broker


@pytest.fixture
def made(broker: str, tmp_path: Path) -> Settings:
    """An installation of its own."""
    return installation(broker, tmp_path, partitions=2)


def alter(settings: Settings, topic: str, changed: Mapping[str, str]) -> None:
    """Change the settings of a topic, as an administrator would."""
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in changed.items()]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    client = admin(settings)  # the answer comes only while it lives
    for future in client.incremental_alter_configs([resource]).values():
        future.result(10)


def troubles(settings: Settings) -> list[Finding]:
    return [finding for finding in findings(settings) if finding.verdict != "ok"]


def the_trouble(settings: Settings) -> tuple[str, str, str]:
    """Return check, verdict and sentence of the only trouble."""
    (finding,) = troubles(settings)
    return finding.check, finding.verdict, finding.sentence


def write(settings: Settings, topic: str, key: bytes, value: bytes, partition: int = -1) -> None:
    producer = CheckedProducer(settings.servers)
    sent = producer.begin()
    sent.send(topic, key, value, partition)
    sent.wait()
    producer.close()


def test_a_new_installation_has_no_trouble(made: Settings) -> None:
    assert troubles(made) == []


def test_the_command_prints_every_finding_and_ends_with_2_where_one_refuses(made: Settings) -> None:
    alter(made, topics_of(made).state, {"cleanup.policy": "delete"})
    command = [sys.executable, "-m", "streams", "check", "--format", "json"]
    environment = {f"ONEFOLD_{name.upper()}": str(value) for name, value in made if value is not None}

    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=180)

    told = {finding["where"]: finding["verdict"] for finding in json.loads(ended.stdout)}
    assert told[f"topic {topics_of(made).state}, cleanup.policy"] == "refused"
    assert told["the client library"] == "ok"
    assert ended.returncode == 2
    assert "expected compact, found delete; set it to compact" in ended.stderr


def test_topics_that_lose_or_refuse_records_are_found(made: Settings) -> None:
    topics = topics_of(made)
    alter(
        made,
        topics.state,
        {"cleanup.policy": "compact,delete", "min.compaction.lag.ms": "0", "delete.retention.ms": "0"},
    )
    alter(made, topics.touchpoints, {"cleanup.policy": "compact"})
    alter(made, topics.profiles, {"max.message.bytes": "1000000"})
    alter(made, topics.source("web"), {"retention.ms": "3600000", "max.message.bytes": "1100000"})
    alter(made, topics.graph, {"retention.bytes": "1000000"})
    alter(made, topics.changes, {"unclean.leader.election.enable": "true"})

    found = {(finding.where, finding.verdict, finding.expected, finding.found) for finding in troubles(made)}

    assert found == {
        (f"topic {topics.state}, cleanup.policy", "refused", "compact", "compact,delete"),
        (f"topic {topics.state}, min.compaction.lag.ms", "refused", "at least 604800000", "0"),
        (f"topic {topics.state}, delete.retention.ms", "refused", "at least 86400000", "0"),
        (f"topic {topics.touchpoints}, cleanup.policy", "refused", "delete", "compact"),
        (f"topic {topics.profiles}, max.message.bytes", "refused", "at least 8388608", "1000000"),
        (f"topic {topics.source('web')}, retention.ms", "warning", "-1, for ever", "3600000"),
        (f"topic {topics.graph}, retention.bytes", "warning", "-1", "1000000"),
        (f"topic {topics.changes}, unclean.leader.election.enable", "warning", "false", "true"),
    }


def test_more_replicas_in_step_than_there_are_is_found(made: Settings) -> None:
    alter(made, topics_of(made).touchpoints, {"min.insync.replicas": "2"})

    check, verdict, sentence = the_trouble(made)

    assert (check, verdict) == ("replicas", "warning")
    assert "expected at least 2 replicas (min.insync.replicas), found 1" in sentence


def test_a_broker_that_takes_no_record_is_refused(made: Settings) -> None:
    alter(made, topics_of(made).probe, {"max.message.bytes": "10"})

    assert [finding.check for finding in troubles(made)] == ["topic settings", "delivery"]


def test_a_record_that_cannot_be_read_is_refused(made: Settings) -> None:
    topic = topics_of(made).probe
    arrivals, problem = _write(made.servers, topic)
    assert problem is None
    arrived = arrivals[0]
    assert _reading(made.servers, topic, arrived).verdict == "ok"
    other = node_id(bytes(32), "email", "nobody@example.com")
    for wrong in (replace(arrived, offset=10**9), replace(arrived, key=other)):
        found = _reading(made.servers, topic, wrong)
        assert (found.check, found.verdict) == ("reading", "refused")


def test_topics_without_the_time_of_the_broker_leave_the_clocks_uncompared(made: Settings) -> None:
    alter(made, topics_of(made).probe, {"message.timestamp.type": "CreateTime"})

    assert the_trouble(made)[:2] == ("clock", "warning")


def test_missing_topics_are_found_before_anything_else_asks_them(settings: Settings) -> None:
    found = troubles(settings)

    assert {finding.check for finding in found} == {"topics"}
    assert found[0].sentence.endswith("found no topic; 'onefold up' creates it")
    create_topics(admin(settings), settings)
    assert troubles(settings) == []


def accepted(settings: Settings) -> tuple[bytes, bytes]:
    """Return key and value of an accepted touchpoint whose ids this installation made."""
    anchor = node_id(node_key(settings), "email", "ann@example.com")
    node = {**a_node("email", "ann@example.com"), "node_id": anchor}
    return anchor, encode_accepted(a_touchpoint("e-1", cast("Node", node)))


def test_touchpoints_where_they_belong_with_ids_of_this_key_are_no_trouble(made: Settings) -> None:
    write(made, topics_of(made).touchpoints, *accepted(made))

    assert troubles(made) == []


def test_keys_in_other_partitions_than_they_belong_to_are_refused(made: Settings) -> None:
    key, value = accepted(made)
    write(made, topics_of(made).touchpoints, key, value, (partition_of(key, made.partitions) + 1) % made.partitions)

    assert the_trouble(made)[:2] == ("placement", "refused")


def test_a_broker_that_knows_no_leaders_yet_is_told_in_a_sentence(made: Settings) -> None:
    def asks_too_early(_: Looking) -> Iterator[Finding]:
        raise KafkaException(KafkaError(KafkaError._NOENT, "no leaders found"))

    with pytest.raises(BrokerDownError, match=r"cannot be asked: no leaders found$"):
        findings(made, [asks_too_early])


def test_messages_to_blocks_of_records_are_no_trouble_where_they_belong(made: Settings) -> None:
    write(made, topics_of(made).graph, bytes(range(KEY_BYTES)), b"")

    assert troubles(made) == []


def test_a_record_that_is_no_touchpoint_of_ours_keeps_nobody_from_starting(made: Settings) -> None:
    write(made, topics_of(made).touchpoints, b"odd", b"noise", 0)
    write(made, topics_of(made).touchpoints, b"", b"", 1)

    assert troubles(made) == []


def test_another_node_key_is_refused_and_none_is_made(made: Settings, tmp_path: Path) -> None:
    write(made, topics_of(made).touchpoints, *accepted(made))
    elsewhere = made.model_copy(update={"home": tmp_path / "elsewhere"})

    check, verdict, sentence = the_trouble(elsewhere)

    assert (check, verdict) == ("node key", "refused")
    assert "found no file; copy the file" in sentence
    assert not elsewhere.node_key_path.exists()
    node_key(elsewhere)
    assert "found another one" in the_trouble(elsewhere)[2]
    with pytest.raises(CheckError, match="ONEFOLD_NODE_KEY_FILE"):
        check_start(elsewhere, FOR_WORKER)
    check_start(elsewhere, FOR_SINK)  # makes no ids


def test_a_changelog_of_a_newer_version_is_refused(made: Settings) -> None:
    for key, value, _ in batch_records({}, Marker(FORMAT + 1, 1, 0, {})):
        write(made, topics_of(made).state, key, value or b"", 1)

    assert the_trouble(made)[:2] == ("state format", "refused")


def test_a_lake_of_a_newer_version_is_refused(made: Settings) -> None:
    with open_lake_writer(made.home) as writer:
        writer.connection.execute("UPDATE _lake SET lake_format = 99")

    assert the_trouble(made)[:2] == ("lake format", "refused")


def test_a_worker_that_is_refused_says_all_that_is_wrong_and_ends_with_2(made: Settings) -> None:
    topics = topics_of(made)
    alter(made, topics.state, {"cleanup.policy": "delete"})
    alter(made, topics.links, {"max.message.bytes": "1000000"})

    with running(made) as engine:
        engine.start("refused", "worker")
        engine.until("it ended", lambda: f"{topics.links}, max.message.bytes" in engine.log("refused"))
        log = engine.log("refused")

    assert f"onefold worker: topic {topics.state}, cleanup.policy: expected compact, found delete" in log
    assert "Traceback" not in log


def test_a_warning_is_logged_and_the_worker_goes_on(made: Settings) -> None:
    alter(made, topics_of(made).touchpoints, {"retention.ms": "3600000"})

    with running(made) as engine:
        engine.start("warned", "worker")
        engine.until_assigned("warned")
        assert "retention.ms: expected -1, for ever, found 3600000" in engine.log("warned")


def test_a_broker_that_is_down_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.topics.ADMIN_TIMEOUT_SECONDS", 0.5)
    with pytest.raises(BrokerDownError, match=r"^no Kafka broker answers at"):
        findings(Settings(home=tmp_path, bootstrap_servers="127.0.0.1:1"))
