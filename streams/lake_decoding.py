"""From Kafka records to a batch of the lake: decoded, sorted by what they are, of each customer only the newest."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from confluent_kafka import Message

from identity.policy_file import PolicyError, parse_policy
from profiles.policy_file import parse_profile_policy
from schemas.accepted import AcceptedTouchpoint
from schemas.contracts import ACTIVATION, CHANGE, DEAD_LETTER, DECISION, LINK, POLICY, PROFILE, SCORE, SIGNAL
from schemas.framing import Framing
from schemas.reasons import RejectedError
from schemas.records import DeadLetter, Profile
from sinks.lake import LakeBatch
from streams.decisions import check_decision
from streams.errors import StreamsError
from streams.records import REVISION_HEADER, accepted_touchpoint
from streams.topics import Topics


class Decoding:
    """Sorts records by what they are, and decodes them.

    Args:
        topics: of the installation.
        frames: how their values are framed.

    Attributes:
        offsets: what follows the records that were taken, by topic and partition.
        oldest_ms: Kafka's timestamp of the oldest first record of a partition.
        rejected: how many records could not be used, by reason code.
    """

    def __init__(self, topics: Topics, frames: Framing) -> None:
        self._framing = frames
        self._topics = topics
        self._newest: dict[bytes | str, tuple[int, Message]] = {}
        self._expected = {
            topics.profiles: (PROFILE,),
            topics.links: (LINK,),
            topics.changes: (CHANGE, SIGNAL),
            topics.activations: (ACTIVATION,),
            topics.scores: (SCORE,),
            topics.decisions: (DECISION,),
            topics.policy: (POLICY,),
            topics.dead_letters: (DEAD_LETTER,),
        }
        self._touchpoints: list[AcceptedTouchpoint] = []
        self._records: dict[str, list[Any]] = {name: [] for names in self._expected.values() for name in names}
        self.offsets: dict[tuple[str, int], int] = {}
        self.oldest_ms = sys.maxsize
        self.rejected: Counter[str] = Counter()

    def add(self, message: Message) -> None:
        """Take one record.

        Raises:
            StreamsError: it is an error of the broker's.
        """
        error = message.error()
        if error is not None:
            raise StreamsError(f"the topics for the lake cannot be read: {error.str()}")
        topic, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
        if (topic, partition) not in self.offsets:
            self.oldest_ms = min(self.oldest_ms, message.timestamp()[1])
        self.offsets[topic, partition] = offset + 1
        revision = _revision(message) if topic == self._topics.profiles else None
        key = message.key()
        if topic == self._topics.touchpoints:
            self._decode_touchpoint(message)
        elif revision is None or key is None:
            self._decode(topic, message)
        elif key not in self._newest or revision > self._newest[key][0]:
            self._newest[key] = revision, message

    def _decode_touchpoint(self, message: Message) -> None:
        place = message.topic() or "", message.partition() or 0, message.offset() or 0
        try:
            self._touchpoints.append(accepted_touchpoint(*place, message.value()))
        except RejectedError as rejected:
            self._reject(message, rejected)

    def _decode(self, topic: str, message: Message) -> None:
        expected = self._expected[topic]
        try:
            name, record = self._framing.decode(message.value())
            check_record(name, record, expected)
        except RejectedError as rejected:
            self._reject(message, rejected)
        else:
            self._records[name].append(record)

    def _reject(self, message: Message, rejected: RejectedError) -> None:
        self.rejected[rejected.reason] += 1
        self._records[DEAD_LETTER].append(_dead_letter(message, rejected))

    def lake_batch(self) -> LakeBatch:
        """Return all records, of each customer only the highest revision; call once, last."""
        for _, message in self._newest.values():
            self._decode(self._topics.profiles, message)
        return LakeBatch(
            touchpoints=self._touchpoints,
            profiles=_highest_revisions(self._records[PROFILE]),
            links=self._records[LINK],
            changes=self._records[CHANGE],
            signals=self._records[SIGNAL],
            activations=self._records[ACTIVATION],
            scores=self._records[SCORE],
            decisions=self._records[DECISION],
            policies=self._records[POLICY],
            dead_letters=self._records[DEAD_LETTER],
        )


def check_record(name: str, record: Any, expected: Sequence[str]) -> None:  # noqa: ANN401  # of the named contract
    """Make sure that a record can be used.

    Raises:
        RejectedError: it is of no contract that is expected, or says what nobody can go by.
    """
    if name not in expected:
        raise RejectedError("unexpected_schema", f"expected {' or '.join(expected)}")
    if name == DECISION:
        check_decision(record)
    if name == POLICY:
        _check_policy(record)


def _check_policy(record: Any) -> None:  # noqa: ANN401  # a policy
    """Refuse a policy that nobody can go by: the views are made of it."""
    try:
        parse_policy(record["text"])
        parse_profile_policy(record["text"])
    except PolicyError as error:
        raise RejectedError("bad_value", f"text: expected a policy; {error.problems[0]}") from None


def _revision(message: Message) -> int | None:
    """Return the revision in a profile's header, None where there is none."""
    headers: Any = message.headers()
    value = dict(headers or ()).get(REVISION_HEADER, b"")
    return int(value) if value.isdigit() else None


def _highest_revisions(profiles: Sequence[Profile]) -> list[Profile]:
    highest: dict[str, Profile] = {}
    for profile in profiles:
        known = highest.get(profile["customer_id"])
        if known is None or profile["revision"] > known["revision"]:
            highest[profile["customer_id"]] = profile
    return list(highest.values())


def _dead_letter(message: Message, rejected: RejectedError) -> DeadLetter:
    key, value = message.key(), message.value()
    return {
        "reason": rejected.reason,
        "detail": rejected.detail,
        "stage": "lake",
        "topic": message.topic() or "",
        "partition": message.partition() or 0,
        "offset": message.offset() or 0,
        "timestamp": message.timestamp()[1],
        "key": key,
        "value": value,
    }
