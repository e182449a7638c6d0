"""The policy in force: published to every partition, read when a worker starts."""

import hashlib
import time
from contextlib import suppress
from functools import lru_cache
from itertools import chain

from identity.matching.default import model_in
from identity.matching.likeness import Likeness
from identity.matching.model import from_json
from identity.policy import IdentityPolicy
from identity.policy_file import PolicyError, parse_policy
from profiles.policy_file import default_text, parse_profile_policy
from schemas.contracts import POLICY
from schemas.framing import Framing
from schemas.reasons import RejectedError
from schemas.records import Policy
from streams.changelog import KafkaChangelog
from streams.errors import BrokerDownError, StoreError
from streams.producer import CheckedProducer
from streams.registry import framing
from streams.settings import Settings
from streams.topics import topics_of

_KEY = b"policy"
_NAME_BYTES = 8


def policy_in_force(settings: Settings) -> Policy:
    """Return the policy in force: the one applied last, else the default one, applied at 0.

    Waits while the topic's leader is not known or does not answer, as just after the start of a broker.

    Raises:
        BrokerDownError: nobody tells for a minute.
    """
    newest: Policy = {
        "version": parse_policy(default_text()).version,
        "text": default_text(),
        "applied_at": 0,
        "applied_by": "",
        "model": None,
    }
    for applied in _applied(settings, framing(settings)):
        if applied["applied_at"] > newest["applied_at"]:
            newest = applied
    return newest


def publish_policy(settings: Settings, text: str, policy: IdentityPolicy, model: str | None, applied_by: str) -> Policy:
    """Publish a policy, with the model that it names, to every partition, and wait until it has arrived.

    It is newer than the one in force.

    Raises:
        BrokerDownError, TopicsError: the topics cannot be used.
        DeliveryError: it did not arrive everywhere; publishing it again does no harm.
    """
    applied_at = max(time.time_ns() // 1_000_000, policy_in_force(settings)["applied_at"] + 1)
    applied: Policy = {
        "version": policy.version,
        "text": text,
        "applied_at": applied_at,
        "applied_by": applied_by,
        "model": model,
    }
    value = framing(settings).encode(POLICY, applied)
    producer = CheckedProducer(settings.servers)
    try:
        sent = producer.begin()
        for number in range(settings.partitions):
            sent.send(topics_of(settings).policy, _KEY, value, number)
        sent.wait()
    finally:
        producer.close()
    return applied


def read_policy(frames: Framing, value: bytes | None) -> Policy:
    """Return the policy in a Kafka value.

    Raises:
        RejectedError: it is no policy record, or comes without the model that it names.
        PolicyError: its text is no policy.
    """
    name, content = frames.decode(value)
    if name != POLICY:
        raise RejectedError("unexpected_schema", f"expected {POLICY}")
    applied: Policy = content  # type: ignore[assignment]  # the contract's name says so
    policy = parse_policy(applied["text"])
    parse_profile_policy(applied["text"])
    expected = policy.matching.model if policy.matching else ""
    if expected != (model_name(applied["model"]) if applied["model"] is not None else ""):
        raise RejectedError("bad_value", "model: expected the one that the policy names")
    if applied["model"] is not None:
        try:
            from_json(applied["model"].encode())
        except ValueError as error:
            raise RejectedError("bad_value", f"model: {error}") from None
    return applied


def model_name(model: str) -> str:
    """Return the name of a model's file, which follows from what is in it."""
    return f"model-{hashlib.blake2b(model.encode(), digest_size=_NAME_BYTES).hexdigest()}.json"


@lru_cache(maxsize=2)
def likeness_by(model: str | None) -> Likeness:
    """Return how alike records are by a model in JSON, or by the weights to start with; all who ask share it.

    Raises:
        ValueError: it is no model.
    """
    return Likeness(model_in(model))


def _applied(settings: Settings, frames: Framing) -> list[Policy]:
    """Return what lies in the topic's first partition, which holds what every one holds.

    Raises:
        BrokerDownError: nobody tells for a minute.
    """
    topic = KafkaChangelog(settings.servers, topics_of(settings).policy)
    found: list[Policy] = []
    try:
        for record in chain.from_iterable(topic.read(0, *topic.bounds(0))):
            with suppress(RejectedError, PolicyError):  # a dead letter of the stage that carries it out
                found.append(read_policy(frames, record.value))
    except StoreError as error:
        raise BrokerDownError(f"the policy in force is not known: {error}") from None
    return found
