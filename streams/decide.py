"""Publishing what a data steward decided."""

from schemas.contracts import DECISION
from schemas.records import Decision
from streams.decisions import decision_key
from streams.producer import CheckedProducer
from streams.registry import framing
from streams.settings import Settings
from streams.topics import admin, check_topics, topics_of


def publish_decision(settings: Settings, decision: Decision) -> None:
    """Publish a decision and wait until it has arrived; workers carry it out.

    Raises:
        BrokerDownError, TopicsError: the topics cannot be used.
        DeliveryError: it did not arrive.
    """
    check_topics(admin(settings), settings)
    value = framing(settings).encode(DECISION, decision)
    producer = CheckedProducer(settings.servers)
    try:
        sent = producer.begin()
        sent.send(topics_of(settings).decisions, decision_key(decision), value)
        sent.wait()
    finally:
        producer.close()
