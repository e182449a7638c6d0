"""Who works on which partition: as far as all get about as many, whoever has worked on it, or has its state at hand.

Partition p of every topic goes to the same worker, which the partition store relies on. With every join a worker says
what it has of which partition; the group's leader shares all out by that.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

AT_HAND = -1
"""The claim of who has a copy of a partition's state and does not work on it."""
BEING_OPENED = 0
"""The claim of who is about to work on a partition. Who works on it claims it with the number of its opening."""

Claims = Mapping[int, int]
"""How good a worker's claim on partitions is, by partition: the higher the better."""

_decoder = msgspec.msgpack.Decoder(dict[int, int])


def shared_out(partitions: Collection[int], claims: Mapping[str, Claims]) -> dict[str, list[int]]:
    """Return the partitions of each worker: as many as of any other, or one more.

    The better claim comes first, so of two that think they work on a partition the one that opened it later has it.

    Args:
        partitions: to share out.
        claims: of every worker, by its id; at least one.
    """
    least, ones_more = divmod(len(partitions), len(claims))
    given: dict[str, list[int]] = {worker: [] for worker in sorted(claims)}
    free = set(partitions)
    claimed = sorted((-claim, number, worker) for worker, own in claims.items() for number, claim in own.items())
    for _, number, worker in claimed:
        has = len(given[worker])
        if number in free and has < least + (ones_more > 0):
            ones_more -= has == least
            free.discard(number)
            given[worker].append(number)
    for number in sorted(free):
        min(given.values(), key=len).append(number)
    return {worker: sorted(numbers) for worker, numbers in given.items()}


class StickyAssignor(AbstractPartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
    """Shares partitions out among the consumers of a group, as aiokafka asks for it.

    Args:
        claims: asked for this worker's claims with every join, in the consumer's thread.
    """

    name = "onefold"
    version = 0

    def __init__(self, claims: Callable[[], Claims]) -> None:
        self._claims = claims

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """Return what is sent with a join."""
        return ConsumerProtocolMemberMetadata(self.version, list(topics), msgspec.msgpack.encode(self._claims()))

    def assign(
        self,
        cluster: Any,  # noqa: ANN401  # aiokafka's
        members: Mapping[str, ConsumerProtocolMemberMetadata],
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Return the assignment of every member; topics that nobody knows the partitions of are left out."""
        topics = sorted({topic for member in members.values() for topic in member.subscription})
        known = {topic: cluster.partitions_for_topic(topic) or set() for topic in topics}
        claims = {name: _decoder.decode(member.user_data) for name, member in members.items()}
        shares = shared_out(set().union(*known.values()), claims)
        return {
            name: ConsumerProtocolMemberAssignment(
                self.version, [(topic, [one for one in share if one in known[topic]]) for topic in topics], b""
            )
            for name, share in shares.items()
        }

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Nothing is remembered here."""
