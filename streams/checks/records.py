"""Whether the records that are there fit this process: where they lie, whose key made their ids, their format."""

import time
from collections.abc import Iterator

import msgspec
from confluent_kafka import Consumer, Message, TopicPartition

from identity.matching.blocks import KEY_BYTES
from identity.nodes import NODE_ID_BYTES, NodeId, node_id
from schemas.accepted import NewerFormatError, decode_accepted
from schemas.reasons import RejectedError
from streams.batches import marker_of
from streams.checks.findings import Finding, Looking
from streams.errors import SettingsError
from streams.logs import QUIET
from streams.partitioning import partition_of
from streams.settings import node_key
from streams.store import FORMAT, is_read
from streams.topics import topic_ends

_READ_SECONDS = 5.0
_KEYS = {NODE_ID_BYTES, KEY_BYTES}
"""Lengths of keys: what is for a node, and in the graph's topic what is for a block."""


def placement(looking: Looking) -> Iterator[Finding]:
    """Find keys in other partitions than they belong to, as in topics that were copied or got more partitions."""
    partitions = looking.settings.partitions
    expected = "keys in the partition that murmur2 puts them in"
    for topic in (looking.topics.touchpoints, looking.topics.graph):
        keys = [(message.partition(), message.key() or b"") for message in _last_records(looking, topic)]
        placed = [(at, NodeId(key)) for at, key in keys if len(key) in _KEYS]  # others become dead letters
        strays = [at for at, key in placed if partition_of(key, partitions) != at]
        if strays:
            remedy = (
                "the topic was written or copied with another partitioner; replay the sources into a new installation"
            )
            found = f"another one in partition {strays[0]}"
            yield Finding("placement", f"topic {topic}", "refused", expected, found, remedy)
        else:
            yield Finding("placement", f"topic {topic}", "ok", expected, f"{len(placed)} records as expected")


def node_key_of_touchpoints(looking: Looking) -> Iterator[Finding]:
    """Find that the node ids in the topics were made with another key than this process has."""
    settings = looking.settings
    where, expected = f"node key {settings.node_key_path}", "the key that made the ids of the touchpoints"
    ids = []
    for message in _last_records(looking, looking.topics.touchpoints):
        try:
            ids += [
                (NodeId(node["node_id"]), node["type"], node["value"])
                for node in decode_accepted(message.value())["nodes"]
            ]
        except (RejectedError, NewerFormatError):  # the stages tell of it
            continue
    remedy = "copy the file from a machine of the installation, or name it by ONEFOLD_NODE_KEY_FILE"
    if ids and not settings.node_key_path.exists():
        yield Finding("node key", where, "refused", expected, "no file", remedy)
        return
    try:
        key = node_key(settings)
    except SettingsError as error:
        yield Finding("node key", where, "refused", expected, f"{error}", remedy)
        return
    if any(node_id(key, kind, value) != found for found, kind, value in ids):
        yield Finding("node key", where, "refused", expected, "another one", remedy)
    else:
        yield Finding("node key", where, "ok", expected, "as expected" if ids else "no touchpoints yet")


def state_format(looking: Looking) -> Iterator[Finding]:
    """Find a changelog that another version wrote in another format."""
    topic = looking.topics.state
    expected = f"format {FORMAT}"
    found: set[int] = set()
    for message in _last_records(looking, topic):
        try:
            marker = marker_of(message.key(), message.value())
        except msgspec.MsgspecError:
            remedy = "use the version that wrote it"
            yield Finding("state format", f"topic {topic}", "refused", expected, "one that cannot be read", remedy)
            return
        found |= set() if marker is None else {marker.format}
    others = sorted(other for other in found if not is_read(other))
    if others:
        remedy = "use the version that wrote it, or replay into a fresh installation"
        yield Finding("state format", f"topic {topic}", "refused", expected, f"format {others[-1]}", remedy)
    else:
        yield Finding("state format", f"topic {topic}", "ok", expected, expected if found else "no state yet")


def _last_records(looking: Looking, topic: str) -> list[Message]:
    """Return the last record of each partition, where there is one."""
    ends = topic_ends(looking.client, [topic], looking.settings.partitions)
    places = [TopicPartition(*position, end - 1) for position, end in ends.items() if end]
    if not places:
        return []
    config: dict[str, str | int | float | bool] = {
        **QUIET,
        "bootstrap.servers": looking.settings.servers,
        "group.id": f"{looking.topics.group}-check",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "earliest",
        "fetch.wait.max.ms": 50,
    }
    consumer = Consumer(config)
    records: list[Message] = []
    done: set[int | None] = set()
    until = time.monotonic() + _READ_SECONDS
    try:
        consumer.assign(places)
        while len(done) < len(places) and time.monotonic() < until:
            for message in consumer.consume(len(places), timeout=0.1):
                if message.error() is None and message.partition() not in done:
                    records.append(message)
                done.add(message.partition())
    finally:
        consumer.close()
    return records
