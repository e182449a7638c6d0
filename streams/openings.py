"""Openings: which worker has which partition, and how far it is with opening it.

Who has a partition is what the group's coordinator says. How far an opening is, only the worker knows: it notes that as
an offset of ``onefold.state`` committed under a group of its own, where every machine can read it. That needs no topic,
no port and no common folder, and Kafka's own tools show what is left as that group's lag.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import uuid4

from confluent_kafka import Consumer, ConsumerGroupState, KafkaException, TopicPartition
from confluent_kafka.admin._group import ConsumerGroupDescription, MemberDescription

from streams.errors import BrokerDownError
from streams.logs import QUIET
from streams.settings import Settings
from streams.topics import ADMIN_TIMEOUT_SECONDS, admin, committed, topic_ends, topics_of

_RENEWED_SECONDS = 10.0
"""A note that a worker wrote which hung, and was not told of yet that it is out, stands no longer."""

State = Literal["at work", "restoring", "waiting", "being shared out", "no worker"]

_STATES: dict[str, State] = {"open": "at work", "restoring": "restoring", "waiting": "waiting"}
"""By what a worker notes."""


class Opening(NamedTuple):
    """How far a partition is with being opened.

    Attributes:
        read_to: offset up to which its changelog was read for it; None where none was.
        is_open: whether it is at work.
    """

    read_to: int | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """What is known of a partition.

    Attributes:
        partition: which.
        state: being shared out: a rebalance is under way; waiting: its worker has not begun to open it, or has not
            noted so yet.
        worker: the name that it goes by in the group; None where nobody has the partition.
        host: where from it talks to the broker.
        left: records of the changelog still to be read, and gaps between them; None where that is not known.
    """

    partition: int
    state: State
    worker: str | None = None
    host: str | None = None
    left: int | None = None


class OpeningNotes:
    """What a worker notes of its partitions.

    Attributes:
        worker: the name that it must go by in the group.
    """

    def __init__(self, settings: Settings) -> None:
        self.worker = f"onefold-{uuid4().hex[:8]}"
        self._topic = topics_of(settings).state
        self._group = _notes(settings)
        self._noted: Mapping[int, Opening] = {}
        self._noted_at = time.monotonic()

    def tell(self, openings: Mapping[int, Opening]) -> None:
        """Note how far the partitions of this worker are; does not wait for the broker.

        To be called every second. What has not changed is noted again only now and then.
        """
        now = time.monotonic()
        if not openings or (openings == self._noted and now - self._noted_at < _RENEWED_SECONDS):
            return
        self._noted, self._noted_at = dict(openings), now
        self._group.commit(offsets=[self._note(*opening) for opening in openings.items()], asynchronous=True)

    def _note(self, number: int, opening: Opening) -> TopicPartition:
        state = "open" if opening.is_open else "waiting" if opening.read_to is None else "restoring"
        return TopicPartition(self._topic, number, opening.read_to or 0, f"{self.worker} {state}")


def partition_statuses(settings: Settings) -> list[PartitionStatus]:
    """Return the status of every partition: who has it as of now, and of its opening what was noted last.

    Raises:
        BrokerDownError: no broker answers.
    """
    topics, client = topics_of(settings), admin(settings)
    group = _notes(settings)
    try:
        found = committed(group, [TopicPartition(topics.state, number) for number in range(settings.partitions)])
        ends = topic_ends(client, [topics.state], settings.partitions)
        workers: ConsumerGroupDescription = client.describe_consumer_groups(
            [topics.group], request_timeout=ADMIN_TIMEOUT_SECONDS
        )[topics.group].result()
    except KafkaException:
        raise BrokerDownError.at(settings.servers) from None
    finally:
        group.close()
    if workers.state in {ConsumerGroupState.PREPARING_REBALANCING, ConsumerGroupState.COMPLETING_REBALANCING}:
        return [PartitionStatus(number, "being shared out") for number in range(settings.partitions)]
    owners = _owners(workers.members, topics.touchpoints)
    return [_status(note, owners.get(note.partition), ends[topics.state, note.partition]) for note in found]


def _owners(members: Iterable[MemberDescription], topic: str) -> dict[int, MemberDescription]:
    return {
        place.partition: member
        for member in members
        for place in member.assignment.topic_partitions
        if place.topic == topic
    }


def _status(note: TopicPartition, owner: MemberDescription | None, end: int) -> PartitionStatus:
    number = note.partition
    if owner is None:
        return PartitionStatus(number, "no worker")
    worker, host = owner.client_id, owner.host.removeprefix("/")
    author, _, noted = (note.metadata or "").partition(" ")
    state = _STATES.get(noted, "waiting") if author == worker else "waiting"
    left = {"at work": 0, "restoring": max(0, end - note.offset)}.get(state)
    return PartitionStatus(number, state, worker, host, left)


def _notes(settings: Settings) -> Consumer:
    client: dict[str, str | int | float | bool] = {
        **QUIET,
        "bootstrap.servers": settings.servers,
        "group.id": f"{topics_of(settings).group}-openings",
        "enable.auto.commit": False,
    }
    return Consumer(client)
