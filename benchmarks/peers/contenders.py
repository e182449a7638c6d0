"""Who takes part: how each is made ready, started and read."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from confluent_kafka.cimpl import NewTopic

from benchmarks.listening import EventKey
from benchmarks.peers.installing import kafka_streams_command, quix_python
from benchmarks.peers.task import Task, write_task
from identity.policy_file import default_policy_text, parse_policy
from schemas.contracts import FOLDER
from streams.policies import publish_policy
from streams.registry import framing
from streams.settings import Settings
from streams.topics import ADMIN_TIMEOUT_SECONDS, MAX_MESSAGE_BYTES, admin, create_topics, topics_of, wait_until_ready

_MATCHING = "[matching]"
ROOT = Path(__file__).parents[2]


class Standing(NamedTuple):
    """What a published profile says.

    Attributes:
        revision: of several under one key, the highest is right, and of equal ones the last.
        touchpoints: counted in it; none where it is another's now.
        recent: the ones it lists.
    """

    revision: int
    touchpoints: int
    recent: Sequence[EventKey]


@dataclass(frozen=True, slots=True)
class Contender:
    """One that is ready to start.

    Attributes:
        command: to start it with.
        environment: what it needs beside our own.
        home: folder of its state and its log.
        writes: all topics it publishes to; their ends tell how far it is.
        profiles: the one of these that has the updated profiles.
        read: what a value of that topic says.
        has_profiles: whether there are any; otherwise there is no latency to measure.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    home: Path
    writes: Sequence[str]
    profiles: str
    read: Callable[[bytes | None], Standing]
    has_profiles: bool = True


Prepare = Callable[[Settings, Path], Contender]
"""Makes one ready: with the settings of the bench, and an own folder."""


def onefold(settings: Settings, home: Path) -> Contender:
    """Onefold's worker without the sink, as a second installation beside the first, on the same sources."""
    return _onefold(_beside(settings, home, "peers."))


def _beside(settings: Settings, home: Path, prefix: str) -> Settings:
    """Return the settings of another installation on the same sources, whose topics are made."""
    update = {"home": home, "topic_prefix": prefix, "source_prefix": topics_of(settings).source_prefix}
    own = settings.model_copy(update=update)
    create_topics(admin(own), own)
    return own


def _onefold(own: Settings) -> Contender:
    topics, frames = topics_of(own), framing(own)

    def read(value: bytes | None) -> Standing:
        _, profile = frames.decode(value)
        recent = [(touch["channel"], touch["event_id"]) for touch in profile["recent_touches"]]
        return Standing(profile["revision"], profile["touches"], recent)

    return Contender(
        command=[sys.executable, "-m", "streams", "worker"],
        environment={
            "ONEFOLD_HOME": str(own.home),
            "ONEFOLD_BOOTSTRAP_SERVERS": own.servers,
            "ONEFOLD_TOPIC_PREFIX": topics.prefix,
            "ONEFOLD_SOURCE_PREFIX": topics.source_prefix,
            "ONEFOLD_PARTITIONS": str(own.partitions),
        },
        home=own.home,
        writes=[topics.touchpoints, topics.graph, topics.profiles],
        profiles=topics.profiles,
        read=read,
    )


def onefold_job(settings: Settings, home: Path) -> Contender:
    """The same under a policy that asks for the peers' job only: no matching, no declared traits, segments or signals.

    People are still who they are with all limits, and profiles have all fields that are not declared.
    """
    own = _beside(settings, home, "peers.job.")
    text = job_policy()
    publish_policy(own, text, parse_policy(text), None, "benchmark")
    return _onefold(own)


def job_policy() -> str:
    """Return the policy that asks for the peers' job: the default one less all that is beyond it."""
    identity, _, _ = default_policy_text().partition(f"\n{_MATCHING}\n")
    return f"{identity}\n\n[profile]\ndefaults = false\n"


def floor(settings: Settings, home: Path) -> Contender:
    """Consume and decode only."""
    return _peer("floor", settings, home, [sys.executable, "-m", "benchmarks.peers.floor"], has_profiles=False)


def quix(settings: Settings, home: Path) -> Contender:
    """Quix Streams, in a virtual environment of its own, since it needs older versions of what Onefold needs."""
    return _peer("quix", settings, home, [quix_python(), "-m", "benchmarks.peers.quix"])


def kafka_streams(settings: Settings, home: Path) -> Contender:
    """Kafka Streams in Java, compiled when it is asked for."""
    return _peer("kafka-streams", settings, home, kafka_streams_command(home / "classes"))


def plain_faust(settings: Settings, home: Path) -> Contender:
    """Faust with agents and a table, one message at a time."""
    return _peer("faust", settings, home, [sys.executable, "-m", "benchmarks.peers.plain_faust"])


PEERS: Mapping[str, Prepare] = {
    "onefold": onefold,
    "onefold-job": onefold_job,
    "floor": floor,
    "quix": quix,
    "kafka-streams": kafka_streams,
    "faust": plain_faust,
}
"""How each is made ready, by name, in the order in which they run."""


def _peer(name: str, settings: Settings, home: Path, command: Sequence[str], *, has_profiles: bool = True) -> Contender:
    topics = topics_of(settings)
    task = Task(
        servers=settings.servers,
        group=f"peers.{name}",
        sources={topic: topics.source_of(topic) for topic in topics.sources},
        partitions=settings.partitions,
        messages=f"peers.{name}.messages",
        profiles=f"peers.{name}.profiles",
        home=str(home / "state"),
        contracts=str(FOLDER),
    )
    config = {"retention.ms": "-1", "max.message.bytes": str(MAX_MESSAGE_BYTES)}
    new = [NewTopic(topic, settings.partitions, 1, config=config) for topic in (task.messages, task.profiles)]
    client = admin(settings)
    for future in client.create_topics(new).values():
        future.result(ADMIN_TIMEOUT_SECONDS)
    wait_until_ready(client, settings, [task.messages, task.profiles])
    file = home / "task.json"
    write_task(task, file)
    return Contender(
        command=[*command, str(file)],
        environment={"PYTHONPATH": str(ROOT)},
        home=home,
        writes=[task.messages, task.profiles],
        profiles=task.profiles,
        read=_read_json,
        has_profiles=has_profiles,
    )


def _read_json(value: bytes | None) -> Standing:
    update = json.loads(value or b"{}")
    recent = [(channel, event_id) for _, channel, event_id, _ in update.get("recent", ())]
    return Standing(0, update.get("touchpoints", 0), recent)
