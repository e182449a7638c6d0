"""Whether an installation is as it must be: asked before a worker or sink starts, and by ``onefold check``."""

from collections.abc import Sequence

import structlog
from confluent_kafka import KafkaException

from streams.checks.brokers import broker_version
from streams.checks.findings import Check, Finding, Looking
from streams.checks.homes import free_space, lake_format
from streams.checks.probing import probe
from streams.checks.records import node_key_of_touchpoints, placement, state_format
from streams.checks.topics import replicas, topic_settings, topics_there
from streams.errors import BrokerDownError, CheckError
from streams.settings import Settings
from streams.topics import admin, partition_counts, topics_of

_FIRST: Sequence[Check] = (broker_version, topics_there)
"""The others ask the topics; while one of these refuses they are left out."""

_SHARED: Sequence[Check] = (topic_settings, replicas, probe, free_space)

FOR_WORKER: Sequence[Check] = (*_SHARED, placement, node_key_of_touchpoints, state_format)
FOR_SINK: Sequence[Check] = (*_SHARED, lake_format)
FOR_CLOCK: Sequence[Check] = (probe,)
"""A clock that is told ahead of time never goes back."""

ALL: Sequence[Check] = (*FOR_WORKER, lake_format)

log = structlog.get_logger()


def findings(settings: Settings, checks: Sequence[Check] = ALL) -> list[Finding]:
    """Return what the checks find.

    Raises:
        BrokerDownError: no broker answers, or it stops to.
    """
    client = admin(settings)
    partition_counts(client, settings)
    looking = Looking(settings, client, topics_of(settings))
    try:
        first = [finding for check in _FIRST for finding in check(looking)]
        if any(finding.verdict == "refused" for finding in first):
            return first
        return first + [finding for check in checks for finding in check(looking)]
    except KafkaException as error:  # as of a broker that just started and knows no leaders yet
        raise BrokerDownError(f"the broker at {settings.servers} cannot be asked: {error.args[0].str()}") from None
    except TimeoutError:
        raise BrokerDownError.at(settings.servers) from None


def check_start(settings: Settings, checks: Sequence[Check]) -> None:
    """Make sure that a process may start, and log warnings.

    Raises:
        BrokerDownError: no broker answers.
        CheckError: something is not as it must be; the message says all of it.
    """
    found = findings(settings, checks)
    for finding in found:
        if finding.verdict == "warning":
            log.warning(finding.sentence, check=finding.check)
    refuse(found)


def refuse(found: Sequence[Finding]) -> None:
    """Raise where one of the findings refuses.

    Raises:
        CheckError: one does.
    """
    refused = [finding.sentence for finding in found if finding.verdict == "refused"]
    if refused:
        raise CheckError("\n  ".join(refused))
