"""Whether an installation has begun: what must be decided beforehand can be decided no more."""

from contextlib import closing

from confluent_kafka import KafkaException

from streams.errors import BrokerDownError
from streams.lag import LagReader
from streams.settings import Settings
from streams.topics import ADMIN_TIMEOUT_SECONDS, admin, topics_of


def has_begun(settings: Settings) -> bool:
    """Return whether any touchpoint was accepted, or any worker that might accept one runs.

    Raises:
        BrokerDownError: no broker answers.
    """
    topics = topics_of(settings)
    with closing(LagReader(settings)) as reader:
        lag = reader.read()  # which also waits for the groups of a fresh broker
    if any(stage.topic == topics.touchpoints and stage.total for stage in lag.stages):
        return True
    client = admin(settings)  # the answers come only while it lives
    groups = client.describe_consumer_groups([topics.group])
    try:
        return any(future.result(ADMIN_TIMEOUT_SECONDS).members for future in groups.values())
    except (KafkaException, TimeoutError):
        raise BrokerDownError.at(settings.servers) from None
