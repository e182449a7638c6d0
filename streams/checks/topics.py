"""Whether the topics are there, and set up so that nothing is lost."""

from collections.abc import Iterator, Mapping

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from streams.checks.findings import Finding, Looking, Verdict
from streams.errors import BrokerDownError
from streams.topics import ADMIN_TIMEOUT_SECONDS, partition_counts

_SEVERAL = 3
"""Brokers or replicas that are enough for one to be lost without a halt and without a loss."""

_KEPT = {
    "min.compaction.lag.ms": "what a crash cut short may otherwise not be set right",
    "delete.retention.ms": "what was deleted may otherwise come back with a restore",
}
"""For how long something must be kept, and what happens else."""


def topics_there(looking: Looking) -> Iterator[Finding]:
    """Find topics that are missing or have another number of partitions."""
    settings = looking.settings
    present = partition_counts(looking.client, settings)
    expected = f"{settings.partitions} partitions (ONEFOLD_PARTITIONS)"
    names = list(looking.topics.configs())
    others = [name for name in names if present.get(name) != settings.partitions]
    for name in others:
        if name not in present:
            yield Finding("topics", f"topic {name}", "refused", expected, "no topic", "'onefold up' creates it")
        else:
            remedy = "state is bound to the number of partitions, so it cannot change"
            yield Finding("topics", f"topic {name}", "refused", expected, f"{present[name]}", remedy)
    if not others:
        yield Finding("topics", f"{len(names)} topics", "ok", expected, "as expected")


def topic_settings(looking: Looking) -> Iterator[Finding]:
    """Find topics whose settings lose records, refuse them, or keep them for too short a time."""
    wanted = looking.topics.configs()
    own = {name for name in wanted if name not in looking.topics.sources}
    problems = [
        Finding("topic settings", f"topic {name}, {setting}", verdict, expected, found, remedy)
        for name, present in topic_configs(looking.client, wanted).items()
        for setting, verdict, expected, found, remedy in _deviations(wanted[name], present, is_own=name in own)
    ]
    yield from problems
    if not problems:
        yield Finding("topic settings", f"{len(wanted)} topics", "ok", "as 'onefold up' creates them", "as expected")


_Deviation = tuple[str, Verdict, str, str, str]


def _deviations(wanted: Mapping[str, str], present: Mapping[str, str], *, is_own: bool) -> Iterator[_Deviation]:
    """Yield setting, verdict, what was expected, what was found, and what to do."""
    policy = wanted.get("cleanup.policy", "delete")
    if present["cleanup.policy"] != policy:
        lost = "records that are still needed are deleted as it is"
        yield "cleanup.policy", "refused", policy, present["cleanup.policy"], f"set it to {policy}: {lost}"
    for setting, lost in _KEPT.items():
        least, kept = int(wanted.get(setting, 0)), int(present[setting])
        if kept < least:
            yield setting, "refused", f"at least {least}", f"{kept}", f"raise it: {lost}"
    if policy == "delete":
        yield from _retention(wanted, present)
    largest, most = int(wanted["max.message.bytes"]), int(present["max.message.bytes"])
    if is_own and most < largest:
        remedy = "raise it: a worker ends at a record that is not taken"
        yield "max.message.bytes", "refused", f"at least {largest}", f"{most}", remedy
    if present["unclean.leader.election.enable"] == "true":
        remedy = "set it to false: acknowledged records are lost when a replica that lags behind becomes the leader"
        yield "unclean.leader.election.enable", "warning", "false", "true", remedy


def _retention(wanted: Mapping[str, str], present: Mapping[str, str]) -> Iterator[_Deviation]:
    kept, least = int(present["retention.ms"]), int(wanted["retention.ms"])
    if kept != -1 and (least == -1 or kept < least):
        expected = "-1, for ever" if least == -1 else f"at least {least}"
        remedy = "raise it, or know that a replay lacks what was deleted and that unread records may be deleted too"
        yield "retention.ms", "warning", expected, f"{kept}", remedy
    if present["retention.bytes"] != "-1":
        remedy = "set it to -1: records are deleted by size, read or not"
        yield "retention.bytes", "warning", "-1", present["retention.bytes"], remedy


def replicas(looking: Looking) -> Iterator[Finding]:
    """Find topics that cannot be written, or that the loss of one broker takes away."""
    try:
        metadata = looking.client.list_topics(timeout=ADMIN_TIMEOUT_SECONDS)
    except KafkaException:
        raise BrokerDownError.at(looking.settings.servers) from None
    wanted = looking.topics.configs()
    problems: list[Finding] = []
    for name, present in topic_configs(looking.client, wanted).items():
        parts = metadata.topics[name].partitions.values()
        copies = min(len(part.replicas) for part in parts)
        in_sync = min(len(part.isrs) if part.leader >= 0 else 0 for part in parts)
        few = _too_few(int(present["min.insync.replicas"]), copies, in_sync, len(metadata.brokers))
        problems += [Finding("replicas", f"topic {name}", *deviation) for deviation in few]
    yield from problems
    if not problems:
        expected = "as many in step as a record needs to be taken"
        yield Finding("replicas", f"{len(wanted)} topics", "ok", expected, f"brokers: {len(metadata.brokers)}")


def _too_few(least: int, copies: int, in_sync: int, brokers: int) -> Iterator[tuple[Verdict, str, str, str]]:
    """Yield verdict, what was expected, what was found, and what to do."""
    if least > copies:
        remedy = "lower min.insync.replicas or add replicas: Kafka before 4.1 takes no record then"
        yield "warning", f"at least {least} replicas (min.insync.replicas)", f"{copies}", remedy
    if in_sync < min(least, copies):
        remedy = "wait for the brokers, or start them: no record can be written"
        yield "refused", f"{min(least, copies)} replicas in step in every partition", f"{in_sync}", remedy
    if copies >= _SEVERAL and least == 1:
        remedy = f"set it to {copies - 1}: a record on one broker alone counts as written"
        yield "warning", f"min.insync.replicas of {copies - 1}", "1", remedy
    if copies == 1 and brokers >= _SEVERAL:
        remedy = "add replicas (ONEFOLD_REPLICATION when topics are created): the loss of a broker is a loss of records"
        yield "warning", f"replicas on several of {brokers} brokers", "1", remedy


def topic_configs(client: AdminClient, names: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """Return the settings of topics that are there.

    Raises:
        BrokerDownError: no broker answers.
    """
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    futures = client.describe_configs(asked, request_timeout=ADMIN_TIMEOUT_SECONDS)
    try:
        answers = {resource.name: future.result(ADMIN_TIMEOUT_SECONDS) for resource, future in futures.items()}
    except (KafkaException, TimeoutError) as error:
        raise BrokerDownError(f"the broker does not tell the settings of the topics: {error}") from None
    return {
        name: {entry.name: entry.value for entry in answers[name].values() if entry.value is not None} for name in names
    }
