"""Look-alikes cost no link that was seen, and gather only so far."""

import random
from itertools import pairwise
from unittest.mock import patch

import pytest

from identity import crowds
from identity.graph import Card, Member
from identity.nodes import NodeId
from identity.room import linked_members
from tests.property.engine_model import Event, Identified, identifier
from tests.property.partition_model import Accidents, Cluster, Thresholds, stored_outcome

ANNA = (("first_name", "Anna"), ("last_name", "Huber"), ("birth_date", "1950-01-02"), ("postcode", "10115"))
PEOPLE = 30


def one_of_a_crowd(number: int) -> tuple[Identified, Identified]:
    return identifier("crm_id", f"record {number}"), identifier("phone", f"+4917012345{number:02}")


def told_by(number: int, *seen: Identified) -> Event:
    return Event(f"event {number} {len(seen)}", number, "crm", tuple(sorted(seen)), ANNA)


def settled(events: list[Event], thresholds: Thresholds, partitions: int) -> Cluster:
    cluster = Cluster(thresholds.text, random.Random(7), Accidents(partitions=partitions, largest_chunk=9))  # noqa: S311  # a test
    for one in events:
        cluster.deliver(one)
        cluster.some_work()
    cluster.settle()
    return cluster


def test_those_whom_likeness_brings_together_take_up_no_room_of_links() -> None:
    """Thirty people of one name and birth date, where five identifiers may gather: none is shared, no link is out."""
    alone = [told_by(number, one_of_a_crowd(number)[0]) for number in range(PEOPLE)]
    both = [told_by(number, *one_of_a_crowd(number)) for number in range(PEOPLE)]
    thresholds = Thresholds(60, gathering=5)
    cluster = settled([*alone, *both], thresholds, 3)
    assert not any(node.card.shared for node in cluster.nodes().values())
    verdicts = stored_outcome(cluster, thresholds.policy).verdicts
    for number in range(PEOPLE):
        link = frozenset((one.type, one.value) for one in one_of_a_crowd(number))
        assert (link, "joined") in verdicts


def test_likeness_gathers_only_so_many() -> None:
    """And who came while they were waiting to be welcomed."""
    events = [told_by(number, one_of_a_crowd(number)[0]) for number in range(PEOPLE)]
    with patch.object(crowds, "MOST_ALIKE", 6):
        cluster = settled(events, Thresholds(60), 1)
    sizes = [len(part.members) for part in cluster.gatherings().values()]
    assert 6 <= max(sizes) <= 12
    assert sum(sizes) == PEOPLE


def test_links_gather_whatever_likeness_gathered_before() -> None:
    """Two crowds that may not join by likeness do by a link between them."""
    events = [told_by(number, one_of_a_crowd(number)[0]) for number in range(PEOPLE)]
    ends = [one_of_a_crowd(number)[0] for number in range(PEOPLE)]
    chain = [told_by(number, *pair) for number, pair in enumerate(pairwise(ends))]
    with patch.object(crowds, "MOST_ALIKE", 6):
        cluster = settled([*events, *chain], Thresholds(60), 2)
    owners: set[NodeId] = {node.owner for node in cluster.nodes().values()}
    assert len(owners) == 1


def member(number: int, *linked: int, alike: dict[int, int] | None = None) -> tuple[NodeId, Member]:
    neighbours = {node(other): False for other in linked}
    likeness = {node(other): bits for other, bits in (alike or {}).items()}
    return node(number), Member(Card("cookie", f"{number}", 1, 1, False, {}, neighbours, alike=likeness))  # noqa: FBT003


def node(number: int) -> NodeId:
    return NodeId(bytes([number]) * 16)


@pytest.mark.parametrize(
    ("alike", "room"),
    [
        ({}, 5),
        ({1: 99}, 5),  # too little to bring anybody
        ({1: 100}, 3),  # brought with all of its chain
        ({3: 100}, 5),  # its own chain, to which links led
    ],
)
def test_a_chain_takes_up_room_unless_likeness_to_another_chain_brought_it(alike: dict[int, int], room: int) -> None:
    newcomer, told = member(9, 0)
    chains = [member(0), member(1, 0), member(2, 1), member(3, 4), member(4, alike=alike)]
    assert linked_members(dict(chains), newcomer, told.card, 100) == room
